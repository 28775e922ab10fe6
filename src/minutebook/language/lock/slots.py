"""Who, when and how many: how a line's slots are carried by what is cited for it, as figures for a model.

An owner takes it on or is asked in the clause that has most of the line, and nobody else does. A due date is the time
that is said there, or the last one. A number stands next to the words that it stands next to in the line.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from minutebook.language.lock.likeness import with_readings
from minutebook.language.lock.reading import Reading, Told

_TAKES_ON = 0.4
"""Likelihood from which a sentence takes something on."""
_NEAR = 4
"""Words beside a number among which its neighbours are looked for."""
_MANY_DUES = 3


def owner_features(reading: Reading) -> Mapping[str, float]:
    """Whether the owner is the one who does it."""
    if reading.owner is None:
        return {}
    own = [t for t in reading.told if reading.is_owner(t)]
    others = [t for t in reading.told if not reading.is_owner(t)]
    named = any(reading.owner in t.names for t in others)
    agents = list(_agents(reading))
    found = {
        "spoke": bool(own),
        "named": named,
        "neither": not own and not named,
        "alone": bool(own) and not others,
        "about": reading.is_owner(reading.about),
        "agent": True in agents,
        "agent_only": True in agents and False not in agents,
        "other_agent": False in agents,
        "other_agent_only": False in agents and True not in agents,
        "no_agent": not agents,
        "last": reading.is_owner(reading.told[-1]),
        "more": max((t.commits for t in own), default=0.0) - max((t.commits for t in others), default=0.0),
        **_taking_on(reading),
        **_last_words(own, others, reading.owner),
    }
    return {f"owner_{name}": float(value) for name, value in found.items()}


def _taking_on(reading: Reading) -> dict[str, bool]:
    """Who takes something on first, and who last."""
    taking = [reading.is_owner(t) for t in reading.told if t.commits > _TAKES_ON]
    if not taking:
        return {}
    return {
        "takes_on_first": taking[0],
        "other_first": not taking[0],
        "takes_on_last": taking[-1],
        "other_last": not taking[-1],
    }


def _last_words(own: Sequence[Told], others: Sequence[Told], owner: str) -> dict[str, bool]:
    """How the owner and the others speak where they speak last."""
    found: dict[str, bool] = {}
    if own:
        said = own[-1]
        found |= {"denies": said.negations > 0, "of_self": said.first_person, "asks": said.asks}
        found["names_other"] = any(name != owner for name in said.names)
    if others:
        found |= {"other_of_self": others[-1].first_person, "other_asks": others[-1].asks}
    return found


def _agents(reading: Reading) -> Iterator[bool]:
    """For each part that has most of the line and says who does it: whether that is the owner."""
    parts = [
        (len(reading.wanted & reading.content(part)), agent, at)
        for at, told in enumerate(reading.told)
        for part, agent in _with_agents(told, reading)
    ]
    most = max((shared for shared, _, _ in parts), default=0)
    for shared, agent, at in parts:
        if shared == most > 0 and (owns := _is_owner(agent, at, reading)) is not None:
            yield owns


def _with_agents(told: Told, reading: Reading) -> Iterator[tuple[str, str | None]]:
    """The parts of a sentence, each with its first "me", "you" or name; a part without one has that of the last."""
    lists, last = reading.lexicon.lists, None
    for part in told.parts:
        for word in part.split():
            spelt = set(reading.lexicon.words.normal_words(word))
            if spelt & lists["of_me"]:
                last = "me"
            elif spelt & lists["of_you"]:
                last = "you"
            elif (key := reading.people.key_of(word)) is not None:
                last = f"@{key}"
            else:
                continue
            break
        yield part, last


def _is_owner(agent: str | None, at: int, reading: Reading) -> bool | None:
    """Whether who is said to do something in a sentence is the owner; None where it is not said."""
    told = reading.told[at]
    following = next((t for t in reading.told[at + 1 :] if t.speaker != told.speaker), None)
    if agent == "me":
        return reading.is_owner(told)
    if agent == "you" and told.names:
        return reading.owner in told.names
    if agent is not None and agent != "you":
        return agent == f"@{reading.owner}"
    asked = following if agent == "you" or told.asks else None
    return None if asked is None else reading.is_owner(asked)


def due_features(reading: Reading, times: Mapping[str, set[str]]) -> Mapping[str, float]:
    """Whether the due date is that of the line. `times` has the words of time of the due date ("") and of each text
    that tells of one."""
    if reading.item.due is None:
        return {}
    wanted, lexicon = times[""], reading.lexicon
    told = [(at, part) for at, t in enumerate(reading.told) for part in t.parts
            if lexicon.dates.find_due(lexicon.words.norm(part)) is not None]  # fmt: skip
    hits = [n for n, (_, part) in enumerate(told) if wanted & times[part]]
    whole = [at for at, t in enumerate(reading.told) if wanted <= times[t.text]]
    said = set(chain.from_iterable(times[t.text] for t in reading.told))
    last = reading.told[whole[-1]] if whole else None
    most = max((len(reading.wanted & reading.content(p)) for t in reading.told for p in t.parts), default=0)
    there = [len(reading.wanted & reading.content(part)) for _, part in told if wanted & times[part]]
    found = {
        "many": min(len(told), _MANY_DUES) / _MANY_DUES,
        "told": bool(hits),
        "whole": bool(whole),
        "share": len(wanted & said) / max(1, len(wanted)),
        "last": len(told) - 1 in hits,
        "not_last": bool(hits) and len(told) - 1 not in hits,
        "only": len(told) == 1 and bool(hits),
        "others": len(told) > len(hits),
        "about": reading.best in whole,
        "owners": last is not None and reading.is_owner(last),
        "beside": bool(there) and max(there) == most,
        "apart": bool(there) and max(there) == 0,
        "asked": last is not None and last.asks,
        "denied": last is not None and last.negations > 0,
    }
    return {f"due_{name}": float(value) for name, value in found.items()}


def number_features(reading: Reading) -> Mapping[str, float]:
    """Whether the numbers of a line are those of what it is about."""
    words = reading.lexicon.words
    line = words.numbers_in(reading.words)
    if not line:
        return {}
    mine = {n.value for n in line}
    said = [_values(t.words, mine, reading) for t in reading.told]
    row = list(chain.from_iterable(said))
    beside = (_nearest(n.value, _around(reading.words, n.first, n.last), reading) for n in line)
    near = [found for found in beside if found is not None]
    found = {
        "all": mine <= set(row),
        "about": mine <= set(said[reading.best]),
        "others": bool(set(row) - mine),
        "others_later": any(set(later) - mine for later in said[reading.best + 1 :]),
        "last": bool(row) and row[-1] in mine,
        "first": len(set(row)) > 1 and row[0] in mine and row[-1] not in mine,
        "near": bool(near) and all(near),
        "far": not all(near),
    }
    return {f"number_{name}": float(value) for name, value in found.items()}


def _values(words: Sequence[str], wanted: Collection[float], reading: Reading) -> list[float]:
    """The numbers of a sentence in their order; two that are read as one wanted number ("four fifty") are that."""
    found = list(with_readings(reading.lexicon.words.numbers_in(words)))
    joined = [n for n in found if n.value in wanted]
    inside = [n for n in found if any(j is not n and j.first <= n.first and n.last <= j.last for j in joined)]
    return [n.value for n in sorted(found, key=lambda n: n.first) if n not in inside]


def _around(words: Sequence[str], first: int, last: int) -> Sequence[str]:
    return [*words[max(0, first - _NEAR) : first], *words[last : last + _NEAR]]


def _nearest(value: float, around: Collection[str], reading: Reading) -> bool | None:
    """Whether of all numbers cited this one stands nearest to the words beside it; None where none of them is cited."""
    lexicon = reading.lexicon
    stems = {lexicon.words.stem(w) for w in around if w not in lexicon.stopwords}
    places: list[tuple[int, bool]] = []
    for told in reading.told:
        at = {lexicon.words.stem(w): n for n, w in enumerate(told.words)}
        for number in lexicon.words.numbers_in(told.words):
            apart = [abs(at[s] - number.first) for s in stems & at.keys()]
            places += [(min(apart), number.value == value)] if apart else []
    least = min((apart for apart, _ in places), default=None)
    return None if least is None else any(mine for apart, mine in places if apart == least)
