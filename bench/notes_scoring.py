"""Scores a note against what a careful person would have written, by rules that can be checked by hand.

1. A line matches an expected one of its kind when at least half of the expected line's content words (stems, numbers as
   values; no stopwords) stand in the line's text, context or quotes, and at least one of them in text or context.
   Matches are taken best first, one to one.
2. An action counts when its owner is the expected person, too. A due date counts when the dates that the two
   expressions stand for are equal, or one expression's words contain the other's.
3. A decision or action that matches nothing expected is "extra". It is "invented" when a quote is not what its speaker
   said at that time (compared with the reference turns).
4. Of what was withdrawn or said in jest, a line is "shown" when an extra item says it: it matches by rule 1, names and
   what stands in brackets left aside, with at least two of its words (or its only one) in text or context.
5. A name is right when the voice belongs to that person, wrong otherwise; unassigned voices are neither.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bench.labelled import read_talk
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Evidence, Item, ItemKind, NameProposal, Note
from minutebook.transcript.model import Segment, Speaker, Transcript, Word

_ENGLISH = lexicon_of("en")
_ENOUGH = 0.5
_SAME_WORDS, _SHORT = 0.5, 4
"""Share of a quote's words that the reference has at that time, and words of a quote of which one is enough:
recognition errors are not inventions."""
_SLACK_S = 1.5


@dataclass(frozen=True)
class Meeting:
    """A scripted meeting: reference turns (speaker, start, end, text) and the expected note."""

    name: str
    turns: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]

    @property
    def people(self) -> list[str]:
        return list(dict.fromkeys(turn["speaker"] for turn in self.turns))

    @property
    def held_on(self) -> date:
        """The day that "tomorrow" is counted from; any will do where the script names none."""
        return date.fromisoformat(self.expect.get("held_on", "2026-03-02"))

    @property
    def language(self) -> str:
        return str(self.expect.get("language", "en"))

    def transcript(self) -> Transcript:
        """The turns as a transcript of unknown voices, with word times spread evenly over each turn."""
        ids = {name: f"speaker_{n}" for n, name in enumerate(self.people, 1)}
        segments = tuple(_segment(ids[t["speaker"]], t) for t in self.turns)
        talk = {i: sum(s.end - s.start for s in segments if s.speaker == i) for i in ids.values()}
        speakers = tuple(Speaker(i, f"Speaker {n}", talk[i]) for n, i in enumerate(ids.values(), 1))
        return Transcript(self.language, max(t["end"] for t in self.turns), speakers, segments)

    def voices(self, transcript: Transcript) -> dict[str, str]:
        """Who each voice of a transcript is: the person whose turns it overlaps longest."""
        heard: dict[str, dict[str, float]] = {}
        for segment in transcript.segments:
            for turn in self.turns:
                shared = min(segment.end, turn["end"]) - max(segment.start, turn["start"])
                if shared > 0:
                    person = heard.setdefault(segment.speaker, {})
                    person[turn["speaker"]] = person.get(turn["speaker"], 0.0) + shared
        return {voice: max(people, key=lambda p: people[p]) for voice, people in heard.items()}


def load(folder: Path) -> list[Meeting]:
    """Every `<name>.turns.json` with its `<name>.expect.json`, and every labelled talk (`<name>.txt`), by name."""
    found = sorted(folder.glob("*.turns.json"))
    labelled = [read_talk(path) for path in sorted(folder.glob("*.txt"))]
    return [Meeting(talk.name, talk.turns(), talk.expected()) for talk in labelled] + [
        Meeting(
            path.name.removesuffix(".turns.json"),
            json.loads(path.read_text(encoding="utf-8")),
            json.loads(path.with_name(path.name.replace(".turns.", ".expect.")).read_text(encoding="utf-8")),
        )
        for path in found
    ]


@dataclass
class Score:
    """Counts for one meeting; `missed` and `extra` are for reading."""

    actions: int = 0
    actions_right: int = 0
    decisions: int = 0
    decisions_right: int = 0
    questions: int = 0
    questions_right: int = 0
    dues: int = 0
    dues_right: int = 0
    items: int = 0
    evidence_right: int = 0
    invented: int = 0
    withdrawn: int = 0
    withdrawn_shown: int = 0
    jokes: int = 0
    jokes_shown: int = 0
    voices: int = 0
    names_right: int = 0
    names_wrong: int = 0
    moods: int = 0
    moods_right: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    extra_items: list[Item] = field(default_factory=list)


def score(
    meeting: Meeting,
    transcript: Transcript,
    note: Note,
    names: Sequence[NameProposal] = (),
    moods: Mapping[str, str] | None = None,
) -> Score:
    """Compare a note (and proposed names, and mood labels by speaker id) with the meeting's expectations."""
    voices = meeting.voices(transcript)
    result = Score(items=len(note.items))
    _score_actions(result, meeting, note, voices)
    for kind, key in ((ItemKind.DECISION, "decisions"), (ItemKind.QUESTION, "questions")):
        _score_texts(result, meeting, note, kind, key)
    result.withdrawn, result.withdrawn_shown = _shown(meeting, result.extra_items, "withdrawn")
    result.jokes, result.jokes_shown = _shown(meeting, result.extra_items, "jokes")
    for item in note.items:
        if all(_was_said(e, meeting, voices) for e in item.evidence):
            result.evidence_right += 1
        else:
            result.invented += 1
            result.extra.append(f"INVENTED {item.kind.value}: {item.text}")
    assigned = [p for p in names if p.assigned]
    result.voices = len(voices)
    result.names_right = sum(voices.get(p.speaker) == p.name for p in assigned)
    result.names_wrong = len(assigned) - result.names_right
    for person, label in meeting.expect.get("sentiment", {}).items():
        result.moods += 1
        heard = [mood for voice, mood in (moods or {}).items() if voices.get(voice) == person]
        result.moods_right += label in heard
        if label not in heard:
            result.missed.append(f"mood of {person}: {label}, not {', '.join(heard) or 'heard'}")
    return result


def _score_actions(result: Score, meeting: Meeting, note: Note, voices: Mapping[str, str]) -> None:
    items = [i for i in note.items if i.kind is ItemKind.ACTION]
    expected = meeting.expect["actions"]
    pairs = _matched([text for _, text, _ in expected], items, lambda n, item: _owner(item, voices) == expected[n][0])
    for number, (owner, text, due) in enumerate(expected):
        item = pairs.get(number)
        result.actions += 1
        result.dues += due is not None
        if item is None:
            result.missed.append(f"action: {owner}: {text}")
            continue
        result.actions_right += 1
        if due is not None and _same_due(due, item, meeting.held_on):
            result.dues_right += 1
        elif due is not None:
            result.missed.append(f"due: {text}: {due}, not {item.due.said if item.due else None}")
    spare = [i for i in items if i not in pairs.values()]
    result.extra_items += spare
    result.extra += [f"action: {_owner(i, voices)}: {i.text}" for i in spare]


def _score_texts(result: Score, meeting: Meeting, note: Note, kind: ItemKind, key: str) -> None:
    items = [i for i in note.items if i.kind is kind]
    expected = meeting.expect[key]
    pairs = _matched(expected, items, lambda n, item: True)
    setattr(result, key, len(expected))
    setattr(result, f"{key}_right", len(pairs))
    result.missed += [f"{kind.value}: {text}" for n, text in enumerate(expected) if n not in pairs]
    if kind is ItemKind.DECISION:
        spare = [i for i in items if i not in pairs.values()]
        result.extra_items += spare
        result.extra += [f"decision: {i.text}" for i in spare]


def _shown(meeting: Meeting, extra: Sequence[Item], key: str) -> tuple[int, int]:
    """How many lines there are that should not become items, and how many did."""
    names = content(" ".join(meeting.people))
    wanted = [content(text.partition("(")[0]) - names for text in meeting.expect.get(key, ())]
    return len(wanted), sum(any(_says(words, item) for item in extra) for words in wanted)


def _says(wanted: set[str], item: Item) -> bool:
    told = content(f"{item.text} . {item.context or ''}")
    cited = told | set().union(*(content(e.quote) for e in item.evidence))
    return len(wanted & told) >= min(2, len(wanted)) > 0 and len(wanted & cited) >= _ENOUGH * len(wanted)


def _matched(expected: Sequence[str], items: Sequence[Item], fits: Any) -> dict[int, Item]:
    scored = sorted(
        (
            (_overlap(text, item), n, k)
            for n, text in enumerate(expected)
            for k, item in enumerate(items)
            if fits(n, item)
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for overlap, n, k in scored:
        if overlap >= _ENOUGH and n not in pairs and k not in pairs.values():
            pairs[n] = k
    return {n: items[k] for n, k in pairs.items()}


def _overlap(expected: str, item: Item) -> float:
    wanted = content(expected)
    told = content(f"{item.text} . {item.context or ''}")
    cited = told | set().union(*(content(e.quote) for e in item.evidence))
    if not wanted & told:
        return 0.0
    return len(wanted & cited) / len(wanted) + 0.01 * len(wanted & told)


def content(text: str) -> set[str]:
    """Stems of a text's content words; numbers as values."""
    words = _ENGLISH.words.normal_words(text)
    skipped = lexicon_of("en").stopwords | _ENGLISH.words.number_words(words)
    return {_ENGLISH.words.stem(w) for w in words if w not in skipped and w.isalnum()} | {
        f"{n.value:g}" for n in _ENGLISH.words.numbers_in(words)
    }


def _owner(item: Item, voices: Mapping[str, str]) -> str | None:
    if item.owner is None:
        return None
    return voices.get(item.owner.speaker or "") or item.owner.name


def _same_due(expected: str, item: Item, held_on: date) -> bool:
    if item.due is None:
        return False
    plain = expected.partition("(")[0]
    wanted, said = (
        {_ENGLISH.words.stem(w) for w in _comparable(t)} - {"the", "by", "on", "until"} for t in (plain, item.due.said)
    )
    day = _ENGLISH.dates.resolve(expected, held_on)
    return wanted <= said or said <= wanted or (day is not None and day == item.due.on)


def _was_said(evidence: Evidence, meeting: Meeting, voices: Mapping[str, str]) -> bool:
    said: set[str] = set()
    for turn in meeting.turns:
        inside = turn["start"] < evidence.end + _SLACK_S and turn["end"] > evidence.start - _SLACK_S
        if inside and turn["speaker"] == voices.get(evidence.speaker):
            said |= set(_comparable(turn["text"]))
    quoted = _comparable(evidence.quote)
    heard = sum(w in said for w in quoted)
    return heard >= _SAME_WORDS * len(quoted) > 0 or (len(quoted) <= _SHORT and heard > 0)


def _comparable(text: str) -> list[str]:
    """Words, with numbers as values: recognition writes "5" for "five"."""
    words = _ENGLISH.words.normal_words(text)
    spelling = _ENGLISH.words.number_words(words)
    return [w for w in words if w not in spelling] + [f"{n.value:g}" for n in _ENGLISH.words.numbers_in(words)]


def _segment(speaker: str, turn: Mapping[str, Any]) -> Segment:
    written = turn["text"].split()
    step = (turn["end"] - turn["start"]) / len(written)
    words = (Word(w, turn["start"] + i * step, turn["start"] + (i + 1) * step, 1.0) for i, w in enumerate(written))
    return Segment(speaker, turn["start"], turn["end"], turn["text"], tuple(words))


def total(scores: Iterable[Score]) -> Score:
    """The sums over several meetings."""
    result = Score()
    for each in scores:
        for name, value in vars(each).items():
            setattr(result, name, getattr(result, name) + value)
    return result
