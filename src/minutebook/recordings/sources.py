"""What a recording of a call knows besides its sound: who took part, who has a track of their own, and when each of
them spoke by the platform's signs. Kept beside the recording, under its prefix. Times are seconds from its start."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from minutebook.recordings.model import prefix_of


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who was in the call. `key` is the runner's, of letters, digits, - and _; `track` says whether their
    sound alone is kept at `track_key`. `person` is the key of the participant whom this one is: somebody who came back
    under another key; empty for everybody's first one."""

    key: str
    name: str
    track: bool = False
    person: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A participant spoke from `start_s` to `end_s`. `source` is where that is known from (`track`, `network`,
    `page`), `confidence` from 0 to 1; the source's usual lag is taken off."""

    key: str
    start_s: float
    end_s: float
    source: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class ChatLine:
    """`author` wrote `text` into the call's chat; `at_s` is when the bot first saw it, which may be later."""

    at_s: float
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a recording: participants in the order in which they were first seen, intervals by start, the
    chat by time. `notices` are sentences on what was wrong with the sound, and on what was not to be recorded."""

    participants: tuple[Participant, ...] = ()
    intervals: tuple[Interval, ...] = ()
    notices: tuple[str, ...] = ()
    chat: tuple[ChatLine, ...] = ()

    def person_of(self, key: str) -> str:
        """The key of the first participant whom this one is."""
        return next((p.person for p in self.participants if p.key == key and p.person), key)


def sources_key(recording_id: str) -> str:
    """Where the sources of a recording are kept; nothing is there for a recording that is only sound."""
    return f"{prefix_of(recording_id)}sources.json"


def track_key(recording_id: str, participant_key: str) -> str:
    """Where the sound of one participant is kept: FLAC on the recording's own clock."""
    return f"{prefix_of(recording_id)}tracks/{participant_key}.flac"


def sources_to_json(sources: Sources) -> str:
    """Sources as JSON."""
    return json.dumps(asdict(sources), ensure_ascii=False, separators=(",", ":"))


def sources_from_json(text: str | bytes) -> Sources:
    """The inverse of `sources_to_json`; members that are not known here are passed over."""
    value: Mapping[str, Any] = json.loads(text)
    return Sources(
        tuple(Participant(**_known(row, Participant)) for row in value["participants"]),
        tuple(Interval(**_known(row, Interval)) for row in value["intervals"]),
        tuple(value.get("notices", ())),
        tuple(ChatLine(**_known(row, ChatLine)) for row in value.get("chat", ())),
    )


def _known(row: Mapping[str, Any], form: type[Participant] | type[Interval] | type[ChatLine]) -> dict[str, Any]:
    return {name: row[name] for name in form.__slots__ if name in row}
