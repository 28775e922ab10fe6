"""Remembered voices and how they are recognised. Pure.

A voice is a unit vector; two are compared by the cosine between them. What decides was measured by `bench.voices`.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from minutebook.errors import invalid
from minutebook.kit.text import clean_text, folded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PEOPLE_MAX: Final = 500
STATEMENT_MAX: Final = 1000
LEAST_S: Final = 6.0
"""Seconds of a voice, heard alone, from which it can be remembered."""
LEAST_HEARD_S: Final = 4.0
"""Seconds of a voice, heard alone, from which it can be recognised."""
LEAST_LIKENESS: Final = 0.64
"""Cosine from which a voice is taken for a remembered one."""
SURE_LIKENESS: Final = 0.70
"""Cosine from which an attendee of the meeting gets their name by it."""
MARGIN: Final = 0.10
"""By so much a voice must be more like a remembered one than like any other remembered one, and the remembered one more
like it than like any other voice of the recording."""

ALIKE: Final = 0.85
"""Cosine from which two remembered people can hardly be told apart: a voice is seldom more like the one by `MARGIN`."""

Vector: TypeAlias = "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Consent:
    """That a person agreed to be remembered: `said_by` is the e-mail address of who says so, `statement` how they
    agreed."""

    said_by: str
    statement: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """Somebody whose voice is remembered, or is about to be (`enrolments` is 0). `seconds` were listened to, in so many
    meetings (`enrolments`); `problem` is the code of why the last one could not be listened to. The vector itself is
    kept apart, sealed."""

    id: str
    owner_id: str
    name: str
    email: str | None
    consent: Consent
    enrolments: int
    seconds: float
    created_at: datetime
    updated_at: datetime
    problem: str | None = None

    def state(self, *, is_learning: bool) -> str:
        """`learning` while a recording is to be listened to, `remembered` once one was, else `failed`."""
        if is_learning:
            return "learning"
        return "remembered" if self.enrolments else "failed"

    def is_called(self, name: str, email: str | None) -> bool:
        """Whether this is the person of this name and e-mail address: by the address where both have one."""
        if self.email and email:
            return folded(self.email) == folded(email)
        return folded(self.name) == folded(name)


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """A person by the mean of the voices that they were heard with: the sum of unit vectors, and of how many."""

    total: "NDArray[np.float64]"
    count: int

    @property
    def vector(self) -> Vector:
        """The mean, of unit length."""
        import numpy as np  # who only lists people compares no voices

        return np.asarray(self.total / max(float(np.linalg.norm(self.total)), 1e-9), dtype=np.float32)

    def with_another(self, vector: Vector) -> "Known":
        """Heard once more."""
        return Known(self.total + vector.astype("float64"), self.count + 1)

    def to_text(self) -> str:
        """As text, for sealing."""
        total = base64.b64encode(self.total.astype("<f4").tobytes()).decode()
        return json.dumps({"total": total, "count": self.count})

    @classmethod
    def from_text(cls, text: str) -> "Known":
        """The inverse of `to_text`."""
        import numpy as np

        kept = json.loads(text)
        return cls(np.frombuffer(base64.b64decode(kept["total"]), "<f4").astype(np.float64), kept["count"])


@dataclass(frozen=True, slots=True)
class Match:
    """A voice of a recording sounds like a remembered person: by the cosine, `sure` where an attendee may be named."""

    speaker_id: str
    person_id: str
    likeness: float
    sure: bool


def recognised(heard: Mapping[str, Vector], known: Mapping[str, Vector]) -> tuple[Match, ...]:
    """Which of the voices (by speaker) are whose (by person). Two alike abstain: two remembered people whom a voice may
    be, and two voices that may be one person."""
    if not heard or not known:
        return ()
    import numpy as np

    speakers, people = list(heard), list(known)
    likeness = np.stack([heard[s] for s in speakers]) @ np.stack([known[p] for p in people]).T
    found = []
    for row, speaker in enumerate(speakers):
        column = int(likeness[row].argmax())
        best = float(likeness[row, column])
        others = np.concatenate([np.delete(likeness[row], column), np.delete(likeness[:, column], row)])
        if best >= LEAST_LIKENESS and (not len(others) or best - float(others.max()) >= MARGIN):
            found.append(Match(speaker, people[column], round(best, 3), best >= SURE_LIKENESS))
    return tuple(found)


def alike(known: Mapping[str, Vector]) -> Mapping[str, Sequence[str]]:
    """The people whose voices are too much alike for either to be recognised: by person the others."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    people = list(known)
    for one in people:
        for other in people:
            if one != other and float(known[one] @ known[other]) >= ALIKE:
                found[one].append(other)
    return found


def checked_statement(text: str) -> str:
    """What is recorded of a consent; `consent_required`, and the codes of text."""
    statement = clean_text(text, "consent", at_most=STATEMENT_MAX)
    if not statement:
        message = "A voice is remembered only of somebody who agreed to it. Write how and when they agreed."
        raise invalid("consent_required", message, "consent")
    return statement


def receipt(person: Remembered, withdrawn: Sequence[str], at: datetime) -> dict[str, object]:
    """What says that a voice is forgotten, as JSON values. It names nobody: the name is there as its SHA-256.
    `withdrawn` are the recordings in which a name was taken back, `sha256` is over the rest (sorted keys, no blanks).
    """
    document: dict[str, object] = {
        "voice_id": person.id,
        "name_sha256": hashlib.sha256(person.name.encode()).hexdigest(),
        "removed_at": at.isoformat(),
        "vectors": int(person.enrolments > 0),
        "enrolments": person.enrolments,
        "withdrawn": list(withdrawn),
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return document | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}
