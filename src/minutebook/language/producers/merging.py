"""The rules' items and a model's, as one list: none of the rules' is lost, what both found stands once. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Evidence, Item, ItemKind
from minutebook.language.talk.people import bare

_SAME: Final = 0.6
"""Share of the shorter line's content words from which two lines say the same of the same moment."""
_NEAR_S: Final = 45.0
"""Seconds within which the same words mean the same thing although other sentences are cited."""
_REPEATED: Final = 0.8
"""Share, of both lines, from which a line under another kind only repeats."""
_MOST_LOST: Final = 0.5
"""Share of a line's content words that a better wording may do without."""
_LONG: Final = 16
_SHORT: Final = 12
_SHORTEST: Final = 3
"""Words of a line that is worth shortening, of one that is short, and of the shortest that says something."""
_MOST_SPANS: Final = 12


def joined(
    rules: Sequence[Item], model: Sequence[Item], lexicon: Lexicon, passes: Callable[[Item], bool]
) -> list[Item]:
    """The rules' items, in their order and reworded where the model says the same thing better, then what only the
    model found. All of them pass the lock, which `passes` asks; what is made of two is asked again."""
    kept = list(rules)
    for item in model:
        at = next((at for at, other in enumerate(kept) if _is_same(other, item, lexicon)), None)
        if at is not None:
            kept[at] = next((each for each in _made_of(kept[at], item, lexicon) if passes(each)), kept[at])
        elif not any(_is_repeated(other, item, lexicon) for other in kept):
            kept.append(item)
    return kept


def is_better(new: str, old: str, lexicon: Lexicon) -> bool:
    """Whether a line reads better than another: it speaks less in the first person, or is short where the other is
    long; and it loses no number, date, name or negation of it, and half of its words at most."""
    length, before = len(new.split()), len(old.split())
    if length < _SHORTEST or _strict(old, lexicon) - _strict(new, lexicon):
        return False
    if _is_negated(new, lexicon) != _is_negated(old, lexicon):
        return False
    had = _content(old, lexicon)
    if len(had - _content(new, lexicon)) > _MOST_LOST * len(had):
        return False
    spoken, was_spoken = _spoken(new, lexicon), _spoken(old, lexicon)
    return spoken < was_spoken or (spoken == was_spoken and before > _LONG and length <= _SHORT)


def _is_same(old: Item, new: Item, lexicon: Lexicon) -> bool:
    if old.kind != new.kind:
        return False
    if old.kind is ItemKind.TOPIC and old.span is not None:
        return old.span.start <= new.evidence[0].start <= old.span.end
    shared = _share(old, new)
    if not shared and (not _is_near(old, new) or _is_somebody_elses(old, new)):
        return False
    numbers, others = _numbers(old.text, lexicon), _numbers(new.text, lexicon)
    if numbers and others and numbers != others:
        return False
    mine, theirs = _content(old.text, lexicon), _content(new.text, lexicon)
    return len(mine & theirs) >= _SAME * max(1, min(len(mine), len(theirs)))


def _is_repeated(old: Item, new: Item, lexicon: Lexicon) -> bool:
    """Whether a line only says under another kind what stands there already."""
    if old.kind == new.kind or ItemKind.TOPIC in (old.kind, new.kind) or not _share(old, new):
        return False
    mine, theirs = _content(old.text, lexicon), _content(new.text, lexicon)
    return len(mine & theirs) >= _REPEATED * max(1, len(mine), len(theirs))


def _made_of(old: Item, new: Item, lexicon: Lexicon) -> Iterator[Item]:
    """What two lines that say the same could become, best first; the rules' word stands where both give one."""
    if old.kind is ItemKind.TOPIC:
        if is_better(new.text, old.text, lexicon):
            yield replace(old, text=new.text, evidence=new.evidence)
        return
    both = replace(old, owner=old.owner or new.owner, due=old.due or new.due, evidence=_spans(old, new))
    if is_better(new.text, old.text, lexicon):
        yield replace(both, text=new.text, context=None)
        yield replace(both, text=new.text)
        yield replace(both, text=new.text, owner=old.owner, due=old.due)
    if both.owner != old.owner or both.due != old.due:
        yield both
        yield replace(both, owner=old.owner)
        yield replace(both, due=old.due)


def _spans(old: Item, new: Item) -> tuple[Evidence, ...]:
    spans = [*old.evidence, *(e for e in new.evidence if not any(_overlap(e, other) for other in old.evidence))]
    return tuple(sorted(spans[:_MOST_SPANS], key=lambda e: e.start))


def _share(old: Item, new: Item) -> bool:
    return any(_overlap(one, other) for one in old.evidence for other in new.evidence)


def _overlap(one: Evidence, other: Evidence) -> bool:
    return one.speaker == other.speaker and one.start < other.end and other.start < one.end


def _is_near(old: Item, new: Item) -> bool:
    return any(abs(one.start - other.start) <= _NEAR_S for one in old.evidence for other in new.evidence)


def _is_somebody_elses(old: Item, new: Item) -> bool:
    return old.owner is not None and new.owner is not None and old.owner != new.owner


def _content(text: str, lexicon: Lexicon) -> set[str]:
    return lexicon.words.stems_of(text, lexicon.stopwords)


def _strict(text: str, lexicon: Lexicon) -> set[str]:
    """Numbers by value, words of dates, and names of a line."""
    words = lexicon.words.normal_words(text)
    written = text.split()
    inside = () if lexicon.nouns_have_capitals else pairwise(written)
    names = {bare(w).casefold() for before, w in inside if w[:1].isupper() and before[-1:] not in ".?!:"}
    spoken = lexicon.first_person | lexicon.words.number_words(words)
    return (
        _numbers(text, lexicon)
        | (lexicon.date_words & set(words))
        | {name for name in names if name and name not in spoken}
    )


def _numbers(text: str, lexicon: Lexicon) -> set[str]:
    return {f"{number.value:g}" for number in lexicon.words.numbers_in(lexicon.words.normal_words(text))}


def _is_negated(text: str, lexicon: Lexicon) -> bool:
    return bool(lexicon.negators & set(lexicon.words.normal_words(text)))


def _spoken(text: str, lexicon: Lexicon) -> int:
    """How much of a line is talk rather than minutes: its words in the first person."""
    return sum(word in lexicon.first_person for word in lexicon.words.normal_words(text))
