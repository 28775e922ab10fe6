"""Sentences that carry the same line of the minutes, and what an item gains by them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minutebook.language.items.binding import with_bonds
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Due, Item, ItemKind, NoteRequest
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.bonds import REACH, Bonds, bonds_of, pairs_of, said_of
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.likelihood import Label
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import sentences_of
from support.talks import talk

ENGLISH = lexicon_of("en")
ORDERS = """
    Ada: The cargo bike people called again.
    Ben: We take one, only one.
    Ada: So I tell them one.
    Ben: By Thursday noon, please.
    """


def conversation(text: str, bonds: Bonds) -> Conversation:
    transcript = talk(text)
    sentences = sentences_of(transcript)
    return Conversation((), sentences, people_of(transcript, sentences, (), ENGLISH), ENGLISH, bonds)


def told(talked: Conversation, at: int, kind: ItemKind = ItemKind.ACTION, due: Due | None = None) -> Item:
    return Item(kind, "Tell them one", (talked.sentences[at].evidence(),), due=due)


def test_an_item_cites_what_belongs_to_it_in_the_order_of_the_talk() -> None:
    talked = conversation(ORDERS, Bonds({2: {0: 0.4, 1: 0.3}}))
    (item,) = with_bonds([told(talked, 2)], talked)
    assert [e.quote for e in item.evidence] == [s.text for s in talked.sentences[:3]]


def test_a_task_without_a_time_takes_the_one_of_its_companions() -> None:
    talked = conversation(ORDERS, Bonds({2: {3: 0.4}}))
    (item,) = with_bonds([told(talked, 2)], talked)
    assert item.due == Due("Thursday noon")


@pytest.mark.parametrize(("kind", "due"), [(ItemKind.DECISION, None), (ItemKind.ACTION, Due("tomorrow"))])
def test_a_time_of_its_own_stays_and_a_decision_gets_none(kind: ItemKind, due: Due | None) -> None:
    talked = conversation(ORDERS, Bonds({2: {3: 0.4}}))
    (item,) = with_bonds([told(talked, 2, kind, due)], talked)
    assert item.due == due


def test_what_hardly_belongs_to_it_is_not_cited() -> None:
    talked = conversation(ORDERS, Bonds({2: {0: 0.12}}))
    assert with_bonds([told(talked, 2)], talked) == [told(talked, 2)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=7, max_size=7), max_size=40))
def test_bonds_are_mutual_within_reach_and_likelihoods(does: list[list[float]]) -> None:
    labels = [label for label in Label if label not in (Label.JOKE, Label.NONE)]
    sentences = sentences_of(talk("\n".join(f"{'AB'[n % 2]}: The list number {n}." for n in range(len(does)))))
    likely = [dict.fromkeys(Label, 0.0) | dict(zip(labels, row, strict=True)) for row in does]
    said = [said_of(s, each, ENGLISH) for s, each in zip(sentences, likely, strict=True)]
    assert all(0 < late.index - early.index <= REACH for early, late in pairs_of(said))
    bonds = bonds_of(said)
    for sentence in sentences:
        for other, value in bonds.of(sentence.index).items():
            assert 0 < value <= 1
            assert bonds.of(other)[sentence.index] == value


def test_a_note_cites_the_question_that_a_short_answer_settles() -> None:
    note = ExtractiveProducer().note(
        talk("Ada: Who collects the new oven from the depot?\nBen: I'll do that on Friday.\nAda: Lovely."),
        NoteRequest(),
    )
    (action,) = (item for item in note.items if item.kind is ItemKind.ACTION)
    assert "oven" in " ".join(e.quote for e in action.evidence)
