"""What a runner and its home say to each other: plain values with a JSON form. Pure; both sides import it.

The runner is a process without a database. Its home is the HTTP server, at
`/internal/bots/{bot_id}/attempts/{attempt}/…`, which knows it by the bearer token of its ticket:

    GET  orders                        → Orders
    POST heartbeat   {"state", "sent", "answers": [CommandAnswer, …]} → {"stop": bool, "commands": [CommandOrder, …]}
                                                         every second; a command comes until it is answered
    GET  commands/{id}/sound             → s16le mono at 16 kHz: what is to be said
    POST reports     [RunnerReport, …]       → {"next": seq}             in order; a `seq` that is known is passed over
    PUT  media/{stream}/{index}?start_ms=&length_ms=   bytes       again and again without harm
    PUT  screenshots/{index}?name=&taken_ms=           PNG bytes

A token is good for its bot as a whole, so that a second attempt can deliver what the first one left on the disk. Where
home cannot be reached, the runner keeps everything in its spool folder and tries again; 401, 404 and 410 mean that
nobody wants this bot any more.

Times are milliseconds since the epoch (`…_ms`). Media streams and their pieces of at most `Orders.chunk_s`:

    audio             FLAC, mono, 24 kHz: everything that was heard, mixed
    track.<key>       FLAC, mono, 24 kHz: one participant alone; pieces of silence are not sent. `<key>` is letters,
                      digits, - and _
    video             MP4 fragment-free file, H.264, time base of milliseconds, first frame at `start_ms`
    observations      JSON lines, see `Observation`
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

AUDIO_RATE: Final = 24_000
"""Hz of everything that a runner records."""

AUDIO: Final = "audio"
VIDEO: Final = "video"
OBSERVATIONS: Final = "observations"
TRACK_PREFIX: Final = "track."
SPEAKER_VIEW: Final = "speaker_view"
GALLERY_VIEW: Final = "gallery_view"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Handed to the runner on its standard input, one line of JSON: where home is and who it is there. `spool` is a
    folder of this bot on this machine, kept between attempts."""

    home: str
    bot_id: str
    attempt: int
    token: str
    spool: str


@dataclass(frozen=True, slots=True)
class Orders:
    """What the runner is to do. `platform` names the driver. `rejoin` says that an earlier attempt was in the call:
    nothing is posted into the chat again; `stop` that there is nothing to join any more: deliver what the spool still
    holds and report the end with `end_reason`; `paused` that the recording is paused; `layout` how the
    others are to be seen (`SPEAKER_VIEW`, `GALLERY_VIEW`, or empty). Rules are
    seconds, as in `model.LeaveRules`."""

    bot_id: str
    attempt: int
    bot_name: str
    meeting_url: str
    platform: str
    video: bool
    leave: Mapping[str, int]
    bot_image: str | None = None
    entry_message: str | None = None
    stream_output: str | None = None
    stream_input: str | None = None
    stream_frequency: int = 24_000
    rejoin: bool = False
    recording_started_ms: int | None = None
    stop: bool = False
    paused: bool = False
    chunk_s: float = 10.0
    layout: str = ""
    zoom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandOrder:
    """Something that the bot is told in its call: `kind` is a `commands.CommandKind`, `text` what is to be written,
    `sound` says that there is one to be fetched. It is not begun any more `left_s` seconds from now."""

    id: str
    kind: str
    text: str | None = None
    sound: bool = False
    left_s: float = 60.0


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What became of a command; `message` says why it was not done."""

    id: str
    done: bool
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """What home answers to a heartbeat: whether the bot is to leave, and what it is told."""

    stop: bool
    commands: tuple[CommandOrder, ...] = ()


class ReportKind(StrEnum):
    """What a runner reports."""

    STATE = "state"
    ENDED = "ended"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class RunnerReport:
    """One report, numbered from 0 within its attempt. `state`: `state` is a `BotState` that was reached. `ended`: the
    call is over for the bot, with `end_reason` (there is a recording) or `failure` (there is none); `message` is a
    sentence for people. `notice`: `message`, for the log; a `code` that is a `SoundTrouble` is kept for the record."""

    seq: int
    kind: ReportKind
    at_ms: int
    state: str | None = None
    end_reason: str | None = None
    failure: str | None = None
    message: str | None = None
    code: str | None = None


class ObservationKind(StrEnum):
    """What is observed in the call."""

    PARTICIPANT = "participant"
    LEFT = "left"
    SPEAKING = "speaking"
    CHAT = "chat"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Observation:
    """One line of the `observations` stream.

    `participant`: somebody is in the call (sent again when the name changes); `key` is the runner's stable key for
    them, `name` what the platform shows, `track` whether `track.<key>` holds their sound alone. `left`: they went.
    `speaking`: they spoke from `start_ms` to `end_ms`; `source` is where that is known from (`track`: the sound of
    their own track; `network`; `page`), `confidence` 0 to 1, `lag_ms` how late that source usually is (not yet taken
    off). `chat`: `name` wrote `text`; `key` is the line's. `paused`: from `start_ms` to `end_ms` nothing was recorded,
    since somebody wanted it so.
    """

    kind: ObservationKind
    at_ms: int
    key: str
    name: str = ""
    track: bool = False
    start_ms: int = 0
    end_ms: int = 0
    source: str = ""
    confidence: float = 1.0
    lag_ms: int = 0
    text: str = ""


def epoch_ms(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


def to_json(value: Ticket | Orders | RunnerReport | Observation | CommandAnswer) -> dict[str, Any]:
    """The JSON form: the fields by their names."""
    return asdict(value)


def observations_to_lines(observations: Iterable[Observation]) -> bytes:
    """The bytes of a piece of the `observations` stream."""
    return b"".join(json.dumps(asdict(each), ensure_ascii=False).encode() + b"\n" for each in observations)


def observations_from_lines(data: bytes) -> list[Observation]:
    """The inverse. A last line that was cut off by a crash is passed over."""
    whole = data[: data.rfind(b"\n") + 1]
    rows = [json.loads(line) for line in whole.splitlines() if line.strip()]
    return [Observation(**{**row, "kind": ObservationKind(row["kind"])}) for row in rows]
