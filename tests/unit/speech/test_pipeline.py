"""The speech pipeline as a durable task uses it: in stages, in chunks, across processes."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.config import SpeechSettings
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.engines import ENGINES
from minutebook.speech.engines.fake import FakeEngine
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import (
    SpeechPipeline,
    plan_chunks,
    recognised_from_json,
    recognised_to_json,
    turns_from_json,
    turns_to_json,
)
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import NO_SPEECH, Transcript, Turn, Word
from support.no_speech import KINDS
from support.speech import sample_meeting, sample_word_error_rate, write_pcm

SECONDS = 48.0
MOST_WORD_ERRORS = 15.0  # percent; figures for words ("500 users") count as errors
SETTINGS = SpeechSettings(threads=2, chunk_s=20.0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def pcm(tmp_path_factory: pytest.TempPathFactory) -> Pcm:
    return Pcm(write_pcm(sample_meeting(SECONDS), tmp_path_factory.mktemp("sound") / "meeting.pcm"))


@pytest.fixture(scope="module")
def transcript(pcm: Pcm, models: Path) -> Transcript:
    return SpeechPipeline(SETTINGS, models).transcribe(pcm)


def test_a_meeting_becomes_words_of_speakers(transcript: Transcript) -> None:
    text = " ".join(segment.text for segment in transcript.segments)
    assert sample_word_error_rate(text, SECONDS) <= MOST_WORD_ERRORS
    assert transcript.language == "en"
    assert len(transcript.speakers) == 4
    assert [speaker.name for speaker in transcript.speakers] == [f"Speaker {n}" for n in range(1, 5)]
    assert transcript.notices == ()
    assert all(0 <= s.start < s.end <= SECONDS for s in transcript.segments)


def test_stages_in_pipelines_of_their_own_give_the_same(pcm: Pcm, models: Path, transcript: Transcript) -> None:
    chunks = plan_chunks(pcm.duration_s, SETTINGS.chunk_s)
    assert len(chunks) == 3
    stored = [SpeechPipeline(SETTINGS, models).voices(pcm, chunk).to_bytes() for chunk in chunks]
    turns_json = turns_to_json(SpeechPipeline(SETTINGS, models).turns([ChunkVoices.from_bytes(b) for b in stored]))
    turns = turns_from_json(turns_json)
    parts = [
        recognised_to_json(SpeechPipeline(SETTINGS, models).recognise(pcm, chunk, turns, "en"))
        for chunk in reversed(chunks)
    ]
    recognised = [each for part in parts for each in recognised_from_json(part)]
    assert SpeechPipeline(SETTINGS, models).transcript(recognised, turns, "en", pcm.duration_s) == transcript


def test_without_diarization_all_words_are_one_speaker(
    pcm: Pcm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(ENGINES, "faster-whisper", lambda settings, models: FakeEngine())
    told: list[float] = []
    found = SpeechPipeline(SETTINGS, tmp_path).transcribe(pcm, diarize=False, progress=told.append)
    assert [speaker.name for speaker in found.speakers] == ["Speaker 1"]
    assert found.speakers[0].talk_time_s > 0.7 * SECONDS
    assert told == sorted(told)
    assert 0.95 * SECONDS < told[-1] <= SECONDS


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_speaks_no_words_are_found(kind: str, models: Path, tmp_path: Path) -> None:
    silent = Pcm(write_pcm(KINDS[kind](25.0), tmp_path / "silent.pcm"))
    found = SpeechPipeline(SETTINGS, models).transcribe(silent, notices=("The file is cut.",))
    assert found.segments == ()
    assert found.speakers == ()
    assert found.notices == ("The file is cut.", NO_SPEECH)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_half_an_hour_in_which_nobody_speaks_has_hardly_a_word(kind: str, models: Path, tmp_path: Path) -> None:
    silent = Pcm(write_pcm(KINDS[kind](1800.0), tmp_path / "silent.pcm"))
    found = SpeechPipeline(SETTINGS.model_copy(update={"chunk_s": 600.0}), models).transcribe(silent)
    assert sum(len(segment.words) for segment in found.segments) <= 5


def test_an_empty_recording_has_an_empty_transcript(tmp_path: Path) -> None:
    empty = Pcm(write_pcm(np.zeros(0, np.float32), tmp_path / "empty.pcm"))
    assert SpeechPipeline(SETTINGS, tmp_path).transcribe(empty).notices == (NO_SPEECH,)


def test_a_configured_language_is_not_detected(pcm: Pcm, tmp_path: Path) -> None:
    pipeline = SpeechPipeline(SETTINGS.model_copy(update={"language": "pt"}), tmp_path)
    assert pipeline.language(pcm, [Turn("A", 0, 5)]).code == "pt"


times = st.floats(0, 20_000, allow_nan=False)
turns = st.builds(Turn, st.text(max_size=12), times, times)
words = st.builds(Word, st.text(max_size=12), times, times, st.floats(0, 1))


@given(recognised=st.lists(st.builds(Recognised, turns, st.lists(words, max_size=5).map(tuple)), max_size=5))
def test_values_between_stages_survive_json(recognised: list[Recognised]) -> None:
    assert recognised_from_json(recognised_to_json(recognised)) == recognised
    plain = [each.turn for each in recognised]
    assert turns_from_json(turns_to_json(plain)) == plain
    json.loads(recognised_to_json(recognised))
