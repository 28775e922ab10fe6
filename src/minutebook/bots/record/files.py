"""The files of a bot's recording by name; all but the sound lie under the recording's prefix. Pure."""

from collections.abc import Collection
from typing import Final

from minutebook.bots.model import BotMedia
from minutebook.recordings.model import Recording, prefix_of

AUDIO: Final = "recording.wav"
VIDEO: Final = "recording.mp4"
DIARIZATION: Final = "diarization.jsonl"
NETWORK_DIARIZATION: Final = "network_diarization.jsonl"
PARTICIPANTS: Final = "participants.jsonl"


def file_key(recording_id: str, name: str) -> str:
    """Where such a file is kept."""
    return f"{prefix_of(recording_id)}bot/{name}"


def media_of(recording: Recording | None, names: Collection[str]) -> BotMedia:
    """The keys of what there is; all None without a recording."""
    if recording is None:
        return BotMedia()
    keys = {name: file_key(recording.id, name) for name in names}
    return BotMedia(
        audio=recording.storage_key,
        mp4=keys.get(VIDEO),
        diarization=keys.get(DIARIZATION),
        network_diarization=keys.get(NETWORK_DIARIZATION),
        participants=keys.get(PARTICIPANTS),
    )
