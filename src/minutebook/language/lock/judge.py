"""Whether cited words carry a line in somebody's own words: linear models over what is known of its slots.

Rules know what they were made for. A line that does not quote is judged by all of them together: what each rule objects
to, who takes it on, when, how many, how surely it is said and how others answer, weighed by logistic models that have
learnt from lines of which it is known whether they are true (`python -m bench.judges --train`). One looks at the whole
line; three look at its owner, its due date and its numbers alone.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from minutebook.language.lexicon import Lexicon
from minutebook.language.lock.bearing import bearing_features
from minutebook.language.lock.reading import Reading, reading_of
from minutebook.language.lock.slots import due_features, number_features, owner_features
from minutebook.language.lock.wording import Wording
from minutebook.language.model import Item
from minutebook.transcript.model import Transcript

_SURER = 0.45
"""Log-odds by which the models have to be surer that a line is false to which no rule objects."""
_PLAIN = ("always", "answer", "first_answer", "last", "voices")
SLOTS: Mapping[str, tuple[str, ...]] = {
    "owner": ("owner_", *_PLAIN),
    "due": ("due_", "always"),
    "number": ("number_", "always"),
    "whole": ("",),
}
"""The models, and what the names of the features begin with that each looks at."""
_REASONS = {
    "owner": "In the cited words it is hardly {owner} who takes it on.",
    "due": "The cited words hardly set that date for it.",
    "number": "The number is hardly said of that in the cited words.",
    "whole": "The cited words do not carry the line as it is told.",
}


@dataclass(frozen=True)
class Model:
    """Logistic regression: the weight of each feature, and the score from which a line stands."""

    weights: Mapping[str, float]
    least: float

    def score(self, features: Mapping[str, float]) -> float:
        """The log-odds that a line with these features is true."""
        return math.fsum(self.weights.get(name, 0.0) * value for name, value in features.items())


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Model]:
    """The models in the package, by slot."""
    data = tomllib.loads(files(__package__).joinpath("judge.toml").read_text(encoding="utf-8"))
    return {slot: Model(kept["weights"], kept["least"]) for slot, kept in data.items()}


class Judge:
    """Judges lines of one transcript. `times_of` gives the words of time of a due date, `times_told` those that cited
    words tell."""

    def __init__(
        self,
        lexicon: Lexicon,
        transcript: Transcript,
        wording: Wording,
        times_of: Callable[[str], set[str]],
        times_told: Callable[[str], set[str]],
    ) -> None:
        self._lexicon = lexicon
        self._transcript = transcript
        self._wording = wording
        self._times_of = times_of
        self._times_told = times_told

    def reason_against(self, item: Item, objections: Mapping[str, str]) -> str | None:
        """Why a line is not believed, as a sentence; None where it is. `objections` are the reasons of single rules:
        they count, and tell why."""
        features = self.features(item, objections)
        surer = 0.0 if objections else _SURER
        for slot, model in shipped().items():
            looked_at = features_of_slot(slot, features)
            if looked_at and model.score(looked_at) < model.least - surer:
                told = next(iter(objections.values()), None) if slot == "whole" else None
                owner = item.owner and (item.owner.name or self._transcript.name_of(item.owner.speaker or ""))
                return told or _REASONS[slot].format(owner=owner)
        return None

    def features(self, item: Item, objections: Mapping[str, str]) -> Mapping[str, float]:
        """What the models see of a line, by name."""
        reading = reading_of(item, self._transcript, self._lexicon)
        return {
            "always": 1.0,
            f"kind_{item.kind}": 1.0,
            **{f"rule_{rule}": 1.0 for rule in objections or ("none",)},
            **{f"word_{name}": value for name, value in self._wording.features(item).items()},
            **owner_features(reading),
            **due_features(reading, self._times(reading)),
            **number_features(reading),
            **bearing_features(reading),
        }

    def _times(self, reading: Reading) -> dict[str, set[str]]:
        due = reading.item.due
        if due is None:
            return {}
        texts = {text for told in reading.told for text in (told.text, *told.parts)}
        return {**{text: self._times_told(text) for text in texts}, "": self._times_of(due.said)}


def features_of_slot(slot: str, features: Mapping[str, float]) -> Mapping[str, float]:
    """The features that the model of a slot looks at; none, where the line has no such slot."""
    begins = SLOTS[slot]
    if begins[0] and not any(name.startswith(begins[0]) for name in features):
        return {}
    return {name: value for name, value in features.items() if name.startswith(begins)}
