"""A bot: a guest that joins a call under its own name, records it and leaves; what was asked of it, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from minutebook.bots.states import BotState


class RecordingMode(StrEnum):
    """What is recorded: sound always, the picture in the two views."""

    SPEAKER_VIEW = "speaker_view"
    GALLERY_VIEW = "gallery_view"
    AUDIO_ONLY = "audio_only"

    @property
    def has_video(self) -> bool:
        """Whether the picture is recorded too."""
        return self is not RecordingMode.AUDIO_ONLY


class SpeechProvider(StrEnum):
    """Who transcribes, by its name; `Default` is our own pipeline."""

    GLADIA = "Gladia"
    RUNPOD = "Runpod"
    DEFAULT = "Default"


@dataclass(frozen=True, slots=True)
class SpeechToText:
    """The wish for a transcript. `sealed_api_key` is the caller's key for that provider, sealed (see `sealing`);
    `parameters` are the provider's own and not looked at."""

    provider: SpeechProvider = SpeechProvider.DEFAULT
    sealed_api_key: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeaveRules:
    """When a bot leaves by itself; seconds. The first three are the caller's; `alone_s` counts from the moment the last
    other participant left, `longest_s` from the start of the recording (4 h, as bots of other makers record)."""

    waiting_room_s: int = 600
    noone_joined_s: int = 600
    silence_s: int = 600
    alone_s: int = 60
    longest_s: int = 4 * 3600


@dataclass(frozen=True, slots=True)
class Streaming:
    """WebSocket addresses that the bot dials: `output` gets what it hears, `input` sends what it says; equal ones are
    one connection. `frequency` is the sample rate of both, in Hz."""

    output: str | None = None
    input: str | None = None
    frequency: int = 24_000


@dataclass(frozen=True, slots=True)
class ZoomAccess:
    """What the caller gave for Zoom; secrets sealed."""

    sealed_sdk_id: str | None = None
    sealed_sdk_pwd: str | None = None
    access_token_url: str | None = None
    sealed_obf_token: str | None = None
    obf_token_url: str | None = None
    obf_token_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class BotWish:
    """What was asked of a bot, checked: everything that does not change after its creation.

    `start_at` is None for "now". `extra` and the transcription's parameters are the caller's own JSON, kept verbatim.
    """

    meeting_url: str
    bot_name: str
    recording_mode: RecordingMode = RecordingMode.SPEAKER_VIEW
    bot_image: str | None = None
    entry_message: str | None = None
    reserved: bool = False
    start_at: datetime | None = None
    speech_to_text: SpeechToText | None = None
    leave: LeaveRules = field(default_factory=LeaveRules)
    streaming: Streaming = field(default_factory=Streaming)
    webhook_url: str | None = None
    deduplication_key: str | None = None
    extra: object = field(default_factory=dict)
    transcription_parameters: object = field(default_factory=dict)
    zoom: ZoomAccess = field(default_factory=ZoomAccess)


class Failure(StrEnum):
    """Why there is no record."""

    CANNOT_JOIN = "cannot_join"
    NOT_ADMITTED_IN_TIME = "not_admitted_in_time"
    NOT_ACCEPTED = "not_accepted"
    REMOVED = "removed"
    INVALID_URL = "invalid_url"
    STOPPED = "stopped"
    STREAMING = "streaming"
    INTERNAL = "internal"
    SIGN_IN_REQUIRED = "sign_in_required"
    PASSCODE_REQUIRED = "passcode_required"
    REGISTRATION_REQUIRED = "registration_required"
    HOST_NOT_STARTED = "host_not_started"
    BLOCKED = "blocked"
    CAPTCHA = "captcha"


class EndReason(StrEnum):
    """Why a recording ended."""

    REMOVED = "removed"
    NO_ATTENDEES = "no_attendees"
    SILENCE = "silence"
    LONGEST = "longest"
    STOPPED = "stopped"
    MEETING_ENDED = "meeting_ended"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot. `number` is a small integer beside the UUID, for lists and for APIs that want one. `recording_id` and
    `meeting_id` are set once its recording became a meeting; `sealed_api_key` is the key it was created with, which its
    webhooks carry. `failure` and `failure_message` tell why there is no record."""

    id: str
    number: int
    owner_id: str
    wish: BotWish
    state: BotState
    created_at: datetime
    updated_at: datetime
    start_at: datetime
    attempt: int = 0
    sealed_api_key: str | None = None
    joined_at: datetime | None = None
    recording_started_at: datetime | None = None
    exited_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float = 0.0
    end_reason: EndReason | None = None
    failure: Failure | None = None
    failure_message: str | None = None
    stop_requested: bool = False
    data_deleted: bool = False
    meeting_id: str | None = None
    recording_id: str | None = None
    stop_requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One runner's try. `host` is the machine that runs it; `stop_reason` is set when it has nothing to join any more
    and only brings home what is left; `next_seq` is the report that is expected next; `ended_at` is set when its
    process is gone or given up."""

    bot_id: str
    attempt: int
    token_hash: str
    host: str
    started_at: datetime
    heartbeat_at: datetime
    pid: int | None = None
    stop_reason: EndReason | None = None
    next_seq: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """A piece of a media stream in the storage; times in milliseconds since the epoch, `size` in bytes."""

    bot_id: str
    attempt: int
    stream: str
    index: int
    start_ms: int
    length_ms: int
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Screenshot:
    """A picture (PNG) that a runner took of the page; `number` counts from 0 within the bot."""

    number: int
    name: str
    taken_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class BotMedia:
    """Where in the storage the files of a bot's recording are; None for one that does not exist."""

    audio: str | None = None
    mp4: str | None = None
    diarization: str | None = None
    network_diarization: str | None = None
    participants: str | None = None


class Deletion(StrEnum):
    """What became of a request to delete a bot's data."""

    DELETED = "deleted"
    PARTIALLY_DELETED = "partially_deleted"
    ALREADY_DELETED = "already_deleted"
    NO_DATA_FOUND = "no_data_found"
