"""What the lock lets through and what it refuses: hand-written cases, and changes to 200 true items."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from bench.notes_scoring import Meeting

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.verify import Verifier, locked
from minutebook.language.model import Draft, Due, Evidence, Item, ItemKind, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Transcript
from support.talks import talk

ENGLISH = lexicon_of("en")
NUMBERS = ("two", "three", "five", "10", "twenty", "68,000", "312")
HELD_ON = date(2026, 3, 2)
TALK = talk(
    """
    Maria: We will not launch before Thursday, because two thousand invoices failed.
    Tom: I will clean up the invoices by Wednesday noon.
    Maria: Dana, please call the supplier about the five printers.
    Dana: Will do.
    """
)
SENTENCES = sentences_of(TALK)


def item(text: str, *cited: int, kind: ItemKind = ItemKind.ACTION, **more: object) -> Item:
    evidence = tuple(SENTENCES[i].evidence() for i in cited)
    return Item(kind, text, evidence, **more)  # type: ignore[arg-type]


TRUE = [
    item("We will not launch before Thursday", 0, kind=ItemKind.DECISION),
    item("2,000 invoices failed", 0, kind=ItemKind.TOPIC),
    item("Clean up the invoices", 1, owner=Owner("speaker_2"), due=Due("Wednesday noon", date(2026, 3, 4))),
    item("Call the supplier about the five printers", 2, 3, owner=Owner("speaker_3", "Dana")),
    item("Call the supplier about the 5 printers", 2, owner=Owner(name="Dana")),
    item("The team decided not to launch before Thursday", 0, kind=ItemKind.DECISION),
]
FALSE = [
    (item("We will launch before Thursday", 0), "opposite"),
    (item("We will not launch before Friday", 0), "friday"),
    (item("Three thousand invoices failed", 0), "3000"),
    (item("Clean up the invoices", 1, owner=Owner("speaker_1")), "owner"),
    (item("Clean up the invoices", 1, owner=Owner(name="Dana")), "Dana"),
    (item("Clean up the invoices", 1, owner=Owner("speaker_9")), "nobody"),
    (item("Clean up the invoices", 1, due=Due("Friday")), "Friday"),
    (item("Clean up the invoices", 1, due=Due("Wednesday noon", date(2026, 3, 5))), "2026-03-05"),
    (item("Call the supplier about the five scanners", 2), "scanners"),
    (item("Call the supplier", 2, owner=Owner("speaker_1")), "owner"),
    (item("Clean up the invoices"), "No evidence"),
    (item("Visit https://example.com", 1), "directed at"),
]


@pytest.mark.parametrize("true", TRUE, ids=lambda i: i.text)
def test_true_items_pass(true: Item) -> None:
    assert Verifier(TALK, HELD_ON).reason_against(true) is None


@pytest.mark.parametrize(("false", "said"), FALSE, ids=lambda i: i.text if isinstance(i, Item) else i)
def test_false_items_are_refused_with_the_reason(false: Item, said: str) -> None:
    reason = Verifier(TALK, HELD_ON).reason_against(false)

    assert reason is not None
    assert said.lower() in reason.lower()


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(0.0, 4.4, "speaker_1", "We will launch before Thursday"),
        Evidence(30.0, 40.0, "speaker_1", "We will not launch before Thursday"),
        Evidence(0.0, 4.4, "speaker_2", "We will not launch before Thursday"),
        Evidence(0.0, 4.4, "speaker_1", ""),
    ],
    ids=["other words", "other time", "other speaker", "no words"],
)
def test_quotes_must_stand_there(evidence: Evidence) -> None:
    reason = Verifier(TALK).reason_against(Item(ItemKind.TOPIC, "We will not launch before Thursday", (evidence,)))

    assert reason is not None
    assert "does not stand there" in reason


def test_a_refused_item_is_listed_apart() -> None:
    draft = Draft((TRUE[0], FALSE[0][0]), "somebody")

    note = locked(draft, TALK, NoteRequest(held_on=HELD_ON))

    assert note.items == (TRUE[0],)
    assert [u.item for u in note.unsupported] == [FALSE[0][0]]
    assert note.producer == "somebody"


def test_due_dates_are_worked_out_by_the_lock() -> None:
    note = locked(
        Draft((item("Clean up the invoices", 1, due=Due("Wednesday noon")),)), TALK, NoteRequest(held_on=HELD_ON)
    )

    assert note.items[0].due == Due("Wednesday noon", date(2026, 3, 4))


# changes to true items


def true_items(meetings: dict[str, Meeting]) -> Iterator[tuple[Transcript, Meeting, Item]]:
    """What the producer found in all meetings, and every longer statement as a line of its own."""
    for meeting in meetings.values():
        transcript = meeting.transcript()
        request = NoteRequest(held_on=meeting.held_on, attendees=tuple(meeting.people))
        note = ExtractiveProducer().note(transcript, request)
        for found in note.items:
            yield transcript, meeting, found
        sentences = sentences_of(transcript)
        for before, sentence in pairwise(sentences):
            if len(sentence.words) >= 7:
                yield transcript, meeting, Item(ItemKind.TOPIC, sentence.text, (before.evidence(), sentence.evidence()))


def changed(true: Item, meeting: Meeting, chance: random.Random) -> Iterator[tuple[str, Item]]:
    """The item with a number, name, date or negation changed, where it has one."""
    words = true.text.split()
    plain = [ENGLISH.words.normal_words(w)[:1] for w in words]
    for at, word in enumerate(plain):
        if ENGLISH.words.numbers_in(word) and word[0] not in ("one", "second", "first"):
            other = chance.choice(
                [
                    n
                    for n in NUMBERS
                    if ENGLISH.words.numbers_in([n])[0].value != ENGLISH.words.numbers_in(word)[0].value
                ]
            )
            yield "number", replace(true, text=_with(words, at, other))
        if word and word[0] in ENGLISH.dates.weekdays:
            other = chance.choice([d for d in ENGLISH.dates.weekdays if d != word[0]]).capitalize()
            yield "date", replace(true, text=_with(words, at, other))
        if word and word[0].capitalize() in meeting.people:
            other = chance.choice([p for p in meeting.people if p.lower() != word[0]])
            yield "name", replace(true, text=_with(words, at, other))
        if word == ["not"] or words[at].lower() in ("don't", "never", "no", "nobody", "can't", "won't"):
            yield "negation", replace(true, text=" ".join(words[:at] + words[at + 1 :]))
    if not {"not", "no", "never", "nobody", "none"} & set(ENGLISH.words.normal_words(true.text)):
        at = min(1, len(words) - 1)
        yield "negation", replace(true, text=" ".join([*words[:at], "not", *words[at:]]))
    if true.owner is not None and true.owner.speaker is not None:
        speakers = [f"speaker_{n}" for n in range(1, len(meeting.people) + 1)]
        others = [s for s in speakers if s != true.owner.speaker]
        yield "owner", replace(true, owner=Owner(speaker=chance.choice(others)))
    if true.due is not None and true.due.on is not None:
        yield "due", replace(true, due=Due(true.due.said, true.due.on + timedelta(days=1)))
        yield "due", replace(true, due=Due(chance.choice(ENGLISH.dates.weekdays).capitalize() + " week"))


def _with(words: list[str], at: int, word: str) -> str:
    return " ".join([*words[:at], word, *words[at + 1 :]])


def test_changes_are_caught_and_true_items_are_not_refused(meetings: dict[str, Meeting]) -> None:
    chance = random.Random(7)
    items = list(true_items(meetings))
    chance.shuffle(items)
    items = items[:200]
    missed, refused, changes = [], [], 0
    for transcript, meeting, true in items:
        verifier = Verifier(transcript, meeting.held_on)
        if (reason := verifier.reason_against(true)) is not None:
            refused.append((true.text, reason))
        for kind, false in changed(true, meeting, chance):
            changes += 1
            if verifier.reason_against(false) is None:
                missed.append((kind, true.text, false.text, false.owner, false.due))

    for m in missed:
        print(m)
    print(f"{len(items)} true items, {len(refused)} refused; {changes} changes, {len(missed)} missed")
    assert len(items) == 200
    assert changes >= 200
    assert len(missed) <= 0.05 * changes, missed
    assert len(refused) <= 0.05 * len(items), refused
