"""A line of a note leads to where it was promised or decided; what led there comes after."""

import pytest

from minutebook.language.items.citing import decisive_first
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Evidence, Item, ItemKind


def quote(text: str, start: float) -> Evidence:
    return Evidence(speaker="speaker_1", quote=text, start=start, end=start + 2)


LED = quote("It took four hours, and 2,000 invoices failed the validation.", 7)
ASKED = quote("Who cleans up the invoices?", 20)
PROMISED = quote("I will clean up those invoices with the finance team.", 28)
CONFIRMED = quote("Good, thanks.", 31)


@pytest.mark.parametrize("kind", [ItemKind.ACTION, ItemKind.DECISION])
def test_the_promise_stands_first_and_the_rest_as_it_was_said(kind: ItemKind) -> None:
    item = Item(kind, "Clean up the invoices with the finance team", (LED, ASKED, PROMISED, CONFIRMED))
    assert decisive_first(item, lexicon_of("en")).evidence == (PROMISED, LED, ASKED, CONFIRMED)


def test_said_again_the_last_time_counts() -> None:
    again = quote("So I clean up the invoices with the finance team.", 90)
    item = Item(ItemKind.ACTION, "Clean up the invoices with the finance team", (PROMISED, again))
    assert decisive_first(item, lexicon_of("en")).evidence == (again, PROMISED)


def test_questions_and_topics_keep_the_order_of_the_talk() -> None:
    item = Item(ItemKind.QUESTION, "Who cleans up the invoices?", (LED, ASKED))
    assert decisive_first(item, lexicon_of("en")) == item
