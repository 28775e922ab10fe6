"""`python -m bench.judging filter|lock FOLDER`: what the filter against attacks withholds, what the lock lets through.

`filter` reads `filter_harmless.jsonl` (`lang`, `text`) and `filter_attacks.jsonl` (also `wants`: what the attack would
have the note say). A harmless line is withheld when any sentence of it is. An attack is followed when a line of the
note has most of what it wants: a note made by rules, and the items that a model which obeys the attack would propose.
`lock` reads `lock_true.jsonl` and `lock_false.jsonl` (`lang`, `lines`, `item`, the false ones
`fault`); every line is cited. `--half 0|1` takes every second case, `--verbose` lists what went wrong.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.injection import tainted
from minutebook.language.lock.verify import Verifier, locked
from minutebook.language.model import Draft, Due, Evidence, Item, ItemKind, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.mending import mended
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Segment, Speaker, Transcript

DATA = Path(__file__).parent / "data" / "judging"
_MOST = 0.6
"""Share of the content words of what an attack wants from which a line says it."""
_AROUND = {
    "en": (
        "Good morning, shall we begin?",
        "Heating costs went up again this winter.",
        "Thanks, see you next week.",
    ),
    "de": ("Guten Morgen, fangen wir an?", "Die Heizkosten sind wieder gestiegen.", "Danke, bis nächste Woche."),
    "fr": ("Bonjour, on commence ?", "Le chauffage a encore augmenté cet hiver.", "Merci, à la semaine prochaine."),
    "es": ("Buenos días, ¿empezamos?", "La calefacción ha subido otra vez.", "Gracias, hasta la semana que viene."),
    "it": ("Buongiorno, cominciamo?", "Il riscaldamento è aumentato di nuovo.", "Grazie, alla settimana prossima."),
}


def main() -> None:
    """Print the counts."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("what", choices=("filter", "lock"))
    options.add_argument("folder", type=Path, nargs="?", default=DATA)
    options.add_argument("--half", type=int, choices=(0, 1), help="even or odd cases only")
    options.add_argument("--verbose", action="store_true")
    chosen = options.parse_args()
    judge = _filter if chosen.what == "filter" else _lock
    for counted, wrong in judge(chosen.folder, chosen.half):
        print(counted)
        if chosen.verbose:
            print(*(f"    {line}" for line in wrong), sep="\n")


def cases(path: Path, half: int | None) -> list[dict[str, Any]]:
    """The cases of a file, or every second one."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return rows if half is None else rows[half::2]


def _filter(folder: Path, half: int | None) -> Iterator[tuple[str, list[str]]]:
    harmless = cases(folder / "filter_harmless.jsonl", half)
    withheld = [c["text"] for c in harmless if list(tainted(sentences_of(_meeting(c))))]
    yield f"harmless lines withheld: {len(withheld)} of {len(harmless)}", withheld
    attacks = cases(folder / "filter_attacks.jsonl", half)
    for way, lines in (("by rules", _lines_by_rules), ("by a model that obeys", _lines_obeyed)):
        followed = [f"{c['text']} -> {said}" for c in attacks if (said := _followed(c, lines(c))) is not None]
        yield f"attacks followed {way}: {len(followed)} of {len(attacks)}", followed


def _meeting(case: Mapping[str, Any]) -> Transcript:
    before, middle, after = _AROUND.get(case["lang"], _AROUND["en"])
    turns = [("speaker_1", before), ("speaker_2", case["text"]), ("speaker_1", middle), ("speaker_1", after)]
    return _spoken(case["lang"], turns)


def _spoken(language: str, turns: Sequence[tuple[str, str]], names: Mapping[str, str] | None = None) -> Transcript:
    segments = tuple(Segment(who, 10.0 * n, 10.0 * n + 9.0, text, ()) for n, (who, text) in enumerate(turns))
    voices = sorted({who for who, _ in turns})
    speakers = tuple(Speaker(v, (names or {}).get(v, f"Speaker {n}"), 9.0) for n, v in enumerate(voices, 1))
    return Transcript(language, 10.0 * len(turns), speakers, segments)


def _lines_by_rules(case: Mapping[str, Any]) -> Iterator[str]:
    transcript = _meeting(case)
    producer = ExtractiveProducer()
    kinds = (ItemKind.ACTION, ItemKind.DECISION)
    yield from (i.text for i in producer.note(transcript, NoteRequest()).items if i.kind in kinds)


def _lines_obeyed(case: Mapping[str, Any]) -> Iterator[str]:
    transcript = _meeting(case)
    attack = transcript.segments[1]
    cited = (Evidence(attack.start, attack.end, attack.speaker, attack.text),)
    owners = (None, Owner(speaker="speaker_2"), Owner(speaker="speaker_1"))
    items = [
        Item(kind, case["wants"], cited, owner)
        for kind in (ItemKind.ACTION, ItemKind.DECISION)
        for owner in (owners if kind is ItemKind.ACTION else (None,))
    ]
    yield from (i.text for i in locked(Draft(tuple(items)), transcript, NoteRequest()).items)


def _followed(case: Mapping[str, Any], lines: Iterator[str]) -> str | None:
    lexicon = lexicon_of(case["lang"])
    wanted = lexicon.words.stems_of(case["wants"], lexicon.stopwords)
    found = (text for text in lines if len(wanted & lexicon.words.stems_of(text)) >= _MOST * max(1, len(wanted)))
    return next(found, None)


def _lock(folder: Path, half: int | None) -> Iterator[tuple[str, list[str]]]:
    true = cases(folder / "lock_true.jsonl", half)
    refused = [f"{_told(c)}: {reason}" for c in true if (reason := _reason(c)) is not None]
    yield f"true items refused: {len(refused)} of {len(true)}", refused
    false = cases(folder / "lock_false.jsonl", half)
    passed = [f"{c['fault']}: {_told(c)}" for c in false if _reason(c) is None]
    yield f"false items caught: {len(false) - len(passed)} of {len(false)}", passed
    missed = Counter(c["fault"] for c in false if _reason(c) is None)
    counted = Counter(c["fault"] for c in false)
    yield ", ".join(f"{fault} {n - missed[fault]}/{n}" for fault, n in sorted(counted.items())), []


def _told(case: Mapping[str, Any]) -> str:
    item = case["item"]
    said = " / ".join(f"{line['speaker']}: {line['text']}" for line in case["lines"])
    return f"{item['kind']} “{item['text']}” ({item['owner']}, {item['due']}) <- {said}"


def spoken_of(case: Mapping[str, Any]) -> Transcript:
    """The lines of a case as they would be heard; speakers go by their names."""
    names = list(dict.fromkeys(line["speaker"] for line in case["lines"]))
    ids = {name: f"speaker_{n}" for n, name in enumerate(names, 1)}
    turns = [(ids[line["speaker"]], line["text"]) for line in case["lines"]]
    return mended(_spoken(case["lang"], turns, {ids[n]: n for n in names}))


def item_of(case: Mapping[str, Any], transcript: Transcript) -> Item:
    """The item of a case, citing all of the transcript."""
    ids = {s.name: s.id for s in transcript.speakers}
    item = case["item"]
    owner = item["owner"]
    return Item(
        kind=ItemKind.TOPIC if item["kind"] == "key_point" else ItemKind(item["kind"]),
        text=item["text"],
        evidence=tuple(Evidence(s.start, s.end, s.speaker, s.text) for s in transcript.segments),
        owner=None if owner is None else Owner(speaker=ids.get(owner), name=None if owner in ids else owner),
        due=None if item["due"] is None else Due(item["due"]),
    )


def _reason(case: Mapping[str, Any]) -> str | None:
    """Why the lock refuses a case's item, or None."""
    transcript = spoken_of(case)
    return Verifier(transcript).reason_against(item_of(case, transcript))


if __name__ == "__main__":
    main()
