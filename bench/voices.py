"""How well voices are known again: `python -m bench.voices [--set DIR]… [--people DIR]…`.

A `--set` is an evaluation folder (`bench.evaluation`): its voices are remembered by the first half of what they say
in each recording and listened for in the second half. A `--people` folder has a folder for each person with a file for
each occasion, in which they speak alone; they are remembered by one occasion and listened for in all others, each in
turn; who has one file is remembered and never listened for. All of it is done twice: by an account that remembers
everybody, and by one to which the people of the meeting are strangers. Prints for each folder how many voices were
proposed rightly and wrongly, and how many of them for sure.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import evaluation
from minutebook.speech.diarization.embedding import Embedder
from minutebook.speech.media import Pcm, decode
from minutebook.speech.voiceprints import Vector, mean_voice, pieces_alone
from minutebook.transcript.model import Turn
from minutebook.voices.model import LEAST_HEARD_S, LEAST_S, recognised

SOUNDS = (".flac", ".mp3", ".wav", ".ogg", ".m4a")


@dataclass(frozen=True, eq=False)
class Heard:
    """A person on one occasion: unit vectors of the pieces, and their seconds."""

    person: str
    occasion: str
    vectors: Vector
    seconds: Sequence[float]

    def voice(self) -> Vector:
        return mean_voice(self.vectors, self.seconds)

    def halves(self) -> "tuple[Heard, Heard]":
        middle = (len(self.seconds) + 1) // 2
        first = Heard(self.person, self.occasion, self.vectors[:middle], self.seconds[:middle])
        return first, Heard(self.person, self.occasion, self.vectors[middle:], self.seconds[middle:])


class Listener:
    """Makes vectors of recordings."""

    def __init__(self, scratch: Path) -> None:
        self._embedder = Embedder(1)
        self._pcm = scratch / "sound.pcm"

    def heard(self, file: Path, turns: Sequence[Turn] | None, person: str) -> Iterator[Heard]:
        decode(file, self._pcm)
        pcm = Pcm(self._pcm)
        turns = turns or [Turn(person, 0.0, pcm.duration_s)]
        for speaker in sorted({turn.speaker for turn in turns}):
            pieces = pieces_alone(turns, speaker)
            if pieces:
                vectors = self._embedder.embed([pcm.read(*piece) for piece in pieces])
                yield Heard(speaker, file.stem, vectors, [end - start for start, end in pieces])


def of_set(folder: Path, listener: Listener) -> list[Heard]:
    """Everybody in every recording of an evaluation folder."""
    items = evaluation.load(folder)
    return [each for item in items for each in listener.heard(item.audio, item.turns, item.name.rpartition("_")[2])]


def of_people(folder: Path, listener: Listener) -> list[Heard]:
    """Everybody on every occasion."""
    files = [file for file in sorted(folder.glob("*/*")) if file.suffix in SOUNDS]
    return [each for file in files for each in listener.heard(file, None, file.parent.name)]


Meeting = Mapping[str, Vector]


def trials_in_halves(found: Sequence[Heard]) -> Iterator[tuple[Meeting, Meeting]]:
    """Remembered people, and a meeting by its voices: the first and the second half of what was said."""
    known: dict[str, Vector] = {}
    meetings: defaultdict[str, dict[str, Vector]] = defaultdict(dict)
    for each in found:
        first, second = each.halves()
        if sum(first.seconds) >= LEAST_S:
            known.setdefault(each.person, first.voice())
        if sum(second.seconds) >= LEAST_HEARD_S:
            meetings[each.occasion][each.person] = second.voice()
    for meeting in meetings.values():
        yield known, meeting


def trials_across(found: Sequence[Heard]) -> Iterator[tuple[Meeting, Meeting]]:
    """The same, each person remembered by one occasion and heard on another, everybody else by their first one."""
    by_person: defaultdict[str, list[Heard]] = defaultdict(list)
    for each in found:
        by_person[each.person].append(each)
    first = {person: its[0].voice() for person, its in by_person.items() if sum(its[0].seconds) >= LEAST_S}
    for person, its in by_person.items():
        for learnt in its:
            if sum(learnt.seconds) < LEAST_S:
                continue
            known = {**first, person: learnt.voice()}
            for other in its:
                if other is not learnt and sum(other.seconds) >= LEAST_HEARD_S:
                    yield known, {person: other.voice()}


def outcomes(trials: Iterator[tuple[Meeting, Meeting]]) -> Counter[str]:
    """What became of voices of remembered people (`own …`), and of the same voices as strangers (`stranger …`)."""
    counts: Counter[str] = Counter()
    for known, meeting in trials:
        for kind in ("own", "stranger"):
            people = {p: v for p, v in known.items() if kind == "own" or p not in meeting}
            matches = {each.speaker_id: each for each in recognised(meeting, people)}
            for person in meeting:
                if kind == "own" and person not in known:
                    continue
                match = matches.get(person)
                counts[f"{kind} all"] += 1
                if match is not None:
                    verdict = "right" if match.person_id == person else "wrong"
                    counts[f"{kind} proposed {verdict}"] += 1
                    counts[f"{kind} named {verdict}"] += match.sure
    return counts


def shown(name: str, counts: Counter[str]) -> str:
    """A row of the table."""
    own, strangers = counts["own all"], counts["stranger all"]
    cells = [
        f"{counts['own proposed right']}/{own}",
        str(counts["own proposed wrong"]),
        f"{counts['own named right']}/{own}",
        str(counts["own named wrong"]),
        f"{counts['stranger proposed wrong']}/{strangers}",
        f"{counts['stranger named wrong']}/{strangers}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, action="append", default=[])
    parser.add_argument("--people", type=Path, action="append", default=[])
    wanted = parser.parse_args()
    print("| folder | proposed right | wrong | sure right | wrong | strangers proposed | sure |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        listener = Listener(Path(scratch))
        for folder in wanted.set:
            print(shown(folder.name, outcomes(trials_in_halves(of_set(folder, listener)))), flush=True)
        for folder in wanted.people:
            print(shown(folder.name, outcomes(trials_across(of_people(folder, listener)))), flush=True)


if __name__ == "__main__":
    main()
