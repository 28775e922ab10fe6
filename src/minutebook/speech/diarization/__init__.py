"""Who spoke when: from audio to turns of voices, with no account and no network."""

from minutebook.speech.diarization.diarizer import Diarizer, silence
from minutebook.speech.diarization.model import ChunkVoices
from minutebook.speech.diarization.parameters import DiarizationParameters
from minutebook.speech.diarization.turns import speaker_turns

__all__ = ["ChunkVoices", "DiarizationParameters", "Diarizer", "silence", "speaker_turns"]
