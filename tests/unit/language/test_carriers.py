"""Sentences that make lines of the minutes, those that tell them, and what a note gains by them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minutebook.language.items.binding import believed, told
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Due, Item, ItemKind, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.carriers import (
    AFTER,
    BEFORE,
    Carriers,
    Logistic,
    Models,
    Numbers,
    Seen,
    features_around,
    features_beside,
    seen_of,
    shipped,
)
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
    Ada: That was a good lunch.
    """


@dataclass(frozen=True)
class Told:
    """Carriers that say what a test wants of the sentences."""

    likely: Mapping[int, float]
    telling: Mapping[int, float]
    dating: Mapping[int, float]
    nothing: float = 0.0

    def makes(self, kind: ItemKind) -> Numbers:
        return np.array([self.likely.get(n, 0.0) for n in range(5)])

    def idle(self, at: int) -> float:
        return self.nothing

    def tells(self, kind: ItemKind, at: int) -> Mapping[int, float]:
        return self.telling

    def dates(self, at: int) -> Mapping[int, float]:
        return self.dating


def conversation(
    makes: dict[int, float], tells: dict[int, float] | None = None, dates: dict[int, float] | None = None
) -> Conversation:
    transcript = talk(ORDERS)
    sentences = sentences_of(transcript)
    people = people_of(transcript, sentences, (), ENGLISH)
    return Conversation((), sentences, people, ENGLISH, cast(Carriers, Told(makes, tells or {}, dates or {})))


def by_rule(talked: Conversation, at: int, kind: ItemKind = ItemKind.ACTION, due: Due | None = None) -> Item:
    owner = Owner(speaker=talked.sentences[at].speaker) if kind is ItemKind.ACTION else None
    return Item(kind, "Tell them one", (talked.sentences[at].evidence(),), owner=owner, due=due)


def test_an_item_cites_what_tells_it_in_the_order_of_the_talk() -> None:
    talked = conversation({2: 0.9}, {0: 0.4, 1: 0.3, 4: 0.01})
    (item,) = told([by_rule(talked, 2)], talked)
    assert [e.quote for e in item.evidence] == [s.text for s in talked.sentences[:3]]


def test_a_task_without_a_time_takes_the_one_that_is_named_for_it() -> None:
    talked = conversation({2: 0.9}, dates={3: 0.55, 4: 0.6})
    (item,) = told([by_rule(talked, 2)], talked)
    assert item.due == Due("Thursday noon")


def test_a_time_that_somebody_else_states_is_believed_later() -> None:
    talked = conversation({2: 0.9}, dates={3: 0.45, 4: 0.1})
    (item,) = told([by_rule(talked, 2)], talked)
    assert item.due is None


@pytest.mark.parametrize(("kind", "due"), [(ItemKind.DECISION, None), (ItemKind.ACTION, Due("tomorrow"))])
def test_a_time_of_its_own_stays_and_a_decision_gets_none(kind: ItemKind, due: Due | None) -> None:
    talked = conversation({2: 0.9}, dates={3: 0.4})
    (item,) = told([by_rule(talked, 2, kind, due)], talked)
    assert item.due == due


def test_what_no_rule_sees_becomes_a_task_of_who_said_it() -> None:
    talked = conversation({2: 0.9}, {0: 0.4})
    (item,) = told(believed([], ItemKind.ACTION, talked), talked)
    assert (item.text, item.owner) == ("I tell them one", Owner(speaker="speaker_1"))
    assert item.context == talked.sentences[0].text


def test_a_sentence_that_does_nothing_makes_no_line_whatever_stands_around_it() -> None:
    talked = conversation({2: 0.9})
    idle = replace(talked, carriers=cast(Carriers, Told({2: 0.9}, {}, {}, nothing=0.8)))
    assert believed([], ItemKind.ACTION, idle) == []


def test_a_rule_is_not_believed_where_no_sentence_makes_a_line() -> None:
    talked = conversation({2: 0.01})
    assert believed([by_rule(talked, 2)], ItemKind.ACTION, talked) == []


def test_a_task_of_somebody_who_does_not_speak_stands_by_its_rule() -> None:
    talked = conversation({})
    item = Item(ItemKind.ACTION, "Call again", (talked.sentences[0].evidence(),), owner=Owner(name="Dana"))
    assert believed([item], ItemKind.ACTION, talked) == [item]


rows = st.lists(st.lists(st.floats(0, 1), min_size=len(Label), max_size=len(Label)), min_size=1, max_size=40)


def seen(does: list[list[float]]) -> list[Seen]:
    transcript = talk("\n".join(f"{'AB'[n % 2]}: The list number {n}." for n in range(len(does))))
    sentences = sentences_of(transcript)
    people = people_of(transcript, sentences, (), ENGLISH)
    likely = [dict(zip(Label, row, strict=True)) for row in does]
    return [seen_of(s, each, (), people, ENGLISH) for s, each in zip(sentences, likely, strict=True)]


@settings(max_examples=40, deadline=None)
@given(rows)
def test_whatever_sentences_do_the_models_say_likelihoods_within_reach(does: list[list[float]]) -> None:
    carriers = Carriers(seen(does), shipped())
    for kind in (ItemKind.ACTION, ItemKind.DECISION):
        makes = carriers.makes(kind)
        assert makes.shape == (len(does),)
        assert ((makes >= 0) & (makes <= 1)).all()
    for at in range(len(does)):
        for likely in (carriers.tells(ItemKind.ACTION, at), carriers.dates(at)):
            assert at in likely
            assert all(-BEFORE <= other - at <= AFTER and 0 <= value <= 1 for other, value in likely.items())


def test_a_talk_without_sentences_makes_nothing() -> None:
    assert Carriers((), shipped()).makes(ItemKind.ACTION).shape == (0,)


def test_models_fit_the_features_they_are_given() -> None:
    few = seen([[0.1] * len(Label)] * 3)
    models: Models = shipped()
    around = {name: model for name, model in models.items() if name.endswith(".makes")}
    assert {len(m.weights) for m in around.values()} == {len(features_around(few, 1))}
    beside: dict[str, Logistic] = {name: model for name, model in models.items() if name not in around}
    assert set(beside) == {"action.tells", "action.dates", "decision.tells"}
    assert {len(m.weights) for m in beside.values()} == {len(features_beside(few, np.zeros(3), 1, 0))}


def test_a_note_cites_the_question_that_a_short_answer_settles() -> None:
    note = ExtractiveProducer().note(
        talk("Ada: Who collects the new oven from the depot?\nBen: I'll do that on Friday.\nAda: Lovely."),
        NoteRequest(),
    )
    (action,) = (item for item in note.items if item.kind is ItemKind.ACTION)
    assert "oven" in " ".join(e.quote for e in action.evidence)
