"""A line in somebody's own words is weighed by all that is known of it, not refused by one rule."""

import pytest

from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Evidence, Item, ItemKind, Owner
from minutebook.transcript.model import Segment, Speaker, Transcript


def reason(lines: str, text: str, kind: ItemKind, owner: str | None = None) -> str | None:
    """Why a line is refused that cites all of `Name: words / Name: words`."""
    turns = [line.split(": ", 1) for line in lines.split(" / ")]
    segments = tuple(Segment(who, 10.0 * n, 10.0 * n + 9.0, said, ()) for n, (who, said) in enumerate(turns))
    voices = tuple(Speaker(name, name, 9.0) for name in dict.fromkeys(name for name, _ in turns))
    cited = tuple(Evidence(s.start, s.end, s.speaker, s.text) for s in segments)
    item = Item(kind, text, cited, Owner(speaker=owner) if owner else None)
    return Verifier(Transcript("en", 10.0 * len(turns), voices, segments)).reason_against(item)


@pytest.mark.parametrize(
    ("lines", "text", "kind", "owner"),
    [
        (
            "Ada: Unless the bank objects, we sign the lease.",
            "Lease gets signed unless the bank objects",
            "decision",
            None,
        ),
        (
            "Ada: Not all the windows need new glass. Just the two in the hall.",
            "Only the pair of windows in the hall needs new glass",
            "topic",
            None,
        ),
        (
            "Ada: Bo, could you possibly ring the vet? / Bo: Sorry, I'm away. / Cleo: I'll ring her.",
            "Phone up the vet",
            "action",
            "Cleo",
        ),
    ],
)
def test_a_true_line_passes_though_one_rule_objects(lines: str, text: str, kind: str, owner: str | None) -> None:
    assert reason(lines, text, ItemKind(kind), owner) is None


@pytest.mark.parametrize(
    ("lines", "text", "kind", "owner", "why"),
    [
        (
            "Ada: I hope the permit comes before June.",
            "Permit certain to arrive before June",
            "topic",
            None,
            "do not carry the line",
        ),
        (
            "Ada: Who can order the gravel? / Bo: I'll do that tomorrow.",
            "Place the order for gravel",
            "action",
            "Ada",
            "hardly Ada who takes it on",
        ),
        (
            "Ada: Bo, could you possibly ring the vet? / Bo: Sorry, I'm away. / Cleo: I'll ring her.",
            "Phone up the vet",
            "action",
            "Bo",
            "hardly Bo who takes it on",
        ),
    ],
)
def test_a_false_line_is_refused_though_no_word_of_it_is_wrong(
    lines: str, text: str, kind: str, owner: str | None, why: str
) -> None:
    assert why in (reason(lines, text, ItemKind(kind), owner) or "")
