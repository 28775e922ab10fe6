"""Labelled talks: scripted meetings whose every sentence says what it does (`bench/data/talks`, form in its README).

`NAME.txt` holds the sentences with their labels and the minutes as they stand at the end, `NAME.links` which sentences
carry which line of the minutes.
"""

import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk.likelihood import Label
from minutebook.language.talk.people import People, people_of
from minutebook.language.talk.sentences import Sentence, words_of
from minutebook.transcript.model import Segment, Speaker, Transcript

TALKS: Final = Path(__file__).parent / "data" / "talks"
_WORDS_A_SECOND: Final = 2.6
_LINK = re.compile(r"\s*(action|decision|withdrawn|open)\s+(\d+)\s*:\s*(.*)$")


@dataclass(frozen=True)
class Line:
    """A line of the minutes, by its kind and number from 1, and the sentences that carry it, from 0: all `members`, the
    one that tells it best, the one that makes the owner, the one that holds the date."""

    kind: str
    number: int
    members: frozenset[int]
    telling: int
    owning: int | None = None
    dated: int | None = None


@dataclass(frozen=True)
class Talk:
    """Sentences as (speaker, text, what it does), the sections of the minutes, and the links, None where nobody has
    made them."""

    name: str
    head: Mapping[str, str]
    sentences: Sequence[tuple[str, str, frozenset[Label]]]
    minutes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lines: Sequence[Line] | None = None

    @property
    def language(self) -> str:
        return self.head.get("language", "en")[:2]

    @property
    def people(self) -> list[str]:
        return list(dict.fromkeys(speaker for speaker, _, _ in self.sentences))

    def turns(self) -> list[dict[str, Any]]:
        """What each speaker said in one go, with times at an even pace: the form of `*.turns.json`."""
        chance, turns, now = random.Random(self.name), list[dict[str, Any]](), 0.0
        for speaker, text, _ in self.sentences:
            if turns and turns[-1]["speaker"] == speaker:
                turns[-1]["text"] += f" {text}"
            else:
                turns.append({"speaker": speaker, "text": text})
        for turn in turns:
            now += chance.uniform(0.25, 0.7)
            turn["start"] = round(now, 2)
            now += max(0.4, len(turn["text"].split()) / _WORDS_A_SECOND)
            turn["end"] = round(now, 2)
        return turns

    def said(self, line: Line) -> str:
        """What the minutes say in a line, nothing where they have no such line."""
        section = self.minutes.get({"action": "actions", "decision": "decisions"}.get(line.kind, line.kind), ())
        told = section[line.number - 1] if line.number <= len(section) else ""
        return _cells(told)[1] if line.kind == "action" else told

    def expected(self) -> dict[str, Any]:
        """The minutes in the form of `*.expect.json`."""
        moods = (mood.partition(":") for mood in self.minutes.get("moods", ()))
        return {
            "language": self.language,
            "held_on": self.head.get("date", "2026-03-02"),
            "actions": [_action(line) for line in self.minutes.get("actions", ())],
            "decisions": list(self.minutes.get("decisions", ())),
            "questions": list(self.minutes.get("open", ())),
            "sentiment": {who.strip(): mood.split()[0] for who, _, mood in moods if mood.strip()},
            "withdrawn": [_cells(line)[1] for line in self.minutes.get("withdrawn", ())],
            "jokes": list(self.minutes.get("jokes", ())),
        }


def is_kept_back(name: str) -> bool:
    """Whether a talk judges the weights instead of making them: one of six, by its name."""
    return zlib.crc32(name.encode()) % 6 == 0


def talks_of(folder: Path = TALKS) -> list[Talk]:
    """The talks of a folder, by name."""
    return [read_talk(path) for path in sorted(folder.glob("*.txt"))]


def read_talk(path: Path) -> Talk:
    """One talk, with its links where they lie beside it. Raises `ValueError` for a label that nobody knows."""
    head: dict[str, str] = {}
    minutes: dict[str, list[str]] = {}
    sentences: list[tuple[str, str, frozenset[Label]]] = []
    section: list[str] | None = None
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("## "):
            section = minutes.setdefault(line[3:].strip(), [])
        elif line.startswith("# "):
            name, _, value = line[2:].partition(":")
            head[name.strip()] = value.strip()
        elif line and section is not None:
            section.append(line)
        elif line:
            sentences.append(_sentence(line))
    beside = path.with_suffix(".links")
    lines = list(_links(beside, len(sentences))) if beside.exists() else None
    return Talk(path.stem, head, sentences, minutes, lines)


def _sentence(line: str) -> tuple[str, str, frozenset[Label]]:
    spoken, _, marks = line.partition(" | ")
    speaker, _, text = spoken.partition(":")
    return speaker.strip(), text.strip(), frozenset(Label(mark.strip()) for mark in marks.split(",") if mark.strip())


def _links(path: Path, sentences: int) -> Iterator[Line]:
    for raw in path.read_text(encoding="utf-8").splitlines():
        told = _LINK.match(raw)
        if told is None:
            continue
        members = re.split(r"@|due", told[3])[0]
        carried = [(int(at) - 1, star) for at, star in re.findall(r"(\d+)(\*?)", members)]
        owning, dated = (_number(pattern, told[3]) for pattern in (r"@\s*(\d+)", r"due\s*(\d+)"))
        named = {at for at, _ in carried} | {at for at in (owning, dated) if at is not None}
        if carried and max(named) < sentences:
            telling = next((at for at, star in carried if star), carried[0][0])
            yield Line(told[1], int(told[2]), frozenset(named), telling, owning, dated)


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) - 1 if found else None


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.split("|")]
    return [*cells, "-", "-"] if len(cells) > 1 else ["-", *cells, "-"]


def _action(line: str) -> list[str | None]:
    owner, what, due = _cells(line)[:3]
    return [owner.split()[0], what, None if due == "-" else due]


def spoken(talk: Talk) -> tuple[tuple[Sentence, ...], People]:
    """A labelled talk's sentences as they are read, one every three seconds, and the people it can name."""
    voices = {name: f"speaker_{n}" for n, name in enumerate(talk.people, 1)}
    sentences, turn, previous = list[Sentence](), -1, ""
    for at, (name, text, _) in enumerate(talk.sentences):
        turn += name != previous
        previous = name
        words = words_of(Segment(voices[name], 3.0 * at, 3.0 * at + 2.0, text, ()))
        sentences.append(Sentence(at, turn, voices[name], words))
    speakers = tuple(Speaker(voice, f"Speaker {n}", 1.0) for n, voice in enumerate(voices.values(), 1))
    segments = tuple(Segment(s.speaker, s.start, s.end, s.text, ()) for s in sentences)
    transcript = Transcript(talk.language, segments[-1].end, speakers, segments)
    return tuple(sentences), people_of(transcript, sentences, talk.people, lexicon_of(talk.language))
