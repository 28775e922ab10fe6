"""The benchmark's own rules, on a meeting of three sentences."""

import pytest
from bench.notes_scoring import Meeting, Score, score, total

from minutebook.language.model import Item, ItemKind, Note, Owner
from minutebook.language.talk.sentences import sentences_of

MEETING = Meeting(
    "cake",
    [
        {"speaker": "Ada", "start": 0.0, "end": 3.0, "text": "I will bake the wedding cake."},
        {"speaker": "Bo", "start": 4.0, "end": 7.0, "text": "No, let me bake the wedding cake."},
        {"speaker": "Ada", "start": 8.0, "end": 11.0, "text": "Then I will ride the bicycle to the moon."},
    ],
    {
        "actions": [["Bo", "bake the wedding cake", None]],
        "decisions": [],
        "questions": [],
        "withdrawn": ["Ada baking the wedding cake (goes to Bo)"],
        "jokes": ["ride the bicycle to the moon"],
    },
)
HEARD = MEETING.transcript()


def action(place: int, text: str, owner: str) -> Item:
    return Item(ItemKind.ACTION, text, (sentences_of(HEARD)[place].evidence(),), Owner(owner))


RIGHT = action(1, "Bake the wedding cake", "speaker_2")


@pytest.mark.parametrize(
    ("extra", "withdrawn", "jokes"),
    [
        ((), 0, 0),
        ((action(0, "Bake the wedding cake", "speaker_1"),), 1, 0),
        ((action(2, "Ride the bicycle to the moon", "speaker_1"),), 0, 1),
        ((action(2, "Ride to the office", "speaker_1"),), 0, 0),
    ],
)
def test_what_was_withdrawn_or_said_in_jest_is_counted_apart(
    extra: tuple[Item, ...], withdrawn: int, jokes: int
) -> None:
    found = total([Score(), score(MEETING, HEARD, Note((RIGHT, *extra)))])

    assert (found.actions_right, len(found.extra)) == (1, len(extra))
    assert (found.withdrawn_shown, found.withdrawn) == (withdrawn, 1)
    assert (found.jokes_shown, found.jokes) == (jokes, 1)
