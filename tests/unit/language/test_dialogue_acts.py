"""Ways in which people commit, ask, assign, refuse and decide; paraphrases beside the scripted meetings."""

from datetime import date

import pytest

from minutebook.language.model import Item, ItemKind, Note, NoteRequest
from minutebook.language.producers.extractive import ExtractiveProducer
from support.talks import talk

HELD_ON = date(2026, 3, 2)


def note(text: str) -> Note:
    return ExtractiveProducer().note(talk(text), NoteRequest(held_on=HELD_ON, attendees=("Ada", "Tom", "Dana")))


def actions(text: str) -> list[Item]:
    return [i for i in note(text).items if i.kind is ItemKind.ACTION]


def texts(text: str, kind: ItemKind) -> list[str]:
    return [i.text for i in note(text).items if i.kind is kind]


@pytest.mark.parametrize(
    ("text", "task", "owner", "due"),
    [
        ("A: I'll update the wiki by Friday.", "Update the wiki", "speaker_1", "Friday"),
        ("A: I'm going to order the chairs tomorrow.", "Order the chairs", "speaker_1", "tomorrow"),
        ("A: Who can book the room?\nB: I can do that.", "Book the room", "speaker_2", None),
        ("A: Who takes the minutes next week?\nB: I'll do it.", "Take the minutes", "speaker_2", "next week"),
        ("A: Tom, please call the bank today.\nB: Will do.", "Call the bank", "speaker_2", "today"),
        (
            "A: Could you call the bank, Tom?\nB: Sure, I'll call them tomorrow.",
            "Call the bank",
            "speaker_2",
            "tomorrow",
        ),
        ("A: Can you fix the printer?\nB: Yes, give me until Thursday.", "Fix the printer", "speaker_2", "Thursday"),
        ("A: Shall I send the contract?\nB: Yes, please.", "Send the contract", "speaker_1", None),
        (
            "A: We need to renew the licence.\nB: I'll take care of that tomorrow.",
            "Renew the licence",
            "speaker_2",
            "tomorrow",
        ),
        ("A: Tom will prepare the slides for Monday.\nB: Okay.", "Prepare the slides", "speaker_2", "Monday"),
        ("A: Dana, make the reservation, please.\nB: No problem.", "Make the reservation", "speaker_2", None),
        ("A: Would you mind checking the numbers?\nB: Not at all.", "Checking the numbers", "speaker_2", None),
        (
            "A: I will call the client, and Tom, could you write to the office?\nB: Sure.",
            "Call the client",
            "speaker_1",
            None,
        ),
        ("A: Everyone, please read chapter four by Thursday.", "Read chapter four", None, "Thursday"),
    ],
)
def test_tasks_have_owner_and_due_date(text: str, task: str, owner: str | None, due: str | None) -> None:
    found = next((i for i in actions(text) if i.text == task), None)

    assert found is not None, [i.text for i in actions(text)]
    assert found.owner is not None
    assert found.owner.speaker == owner
    assert (found.due.said if found.due else None) == due


@pytest.mark.parametrize(
    "text",
    [
        "A: I will say it once more.\nB: Yes.",
        "A: I'll be honest, that was hard.\nB: Sure.",
        "A: Can you hear me?\nB: Yes.",
        "A: Could you repeat that, please?\nB: Sure.",
        "A: Tom, can you tell us about the test?\nB: Sure, it went fine.",
        "A: I can see your screen.\nB: Good.",
        "A: I won't touch the database.\nB: Okay.",
        "A: If I win the lottery, I buy a boat.\nB: Ha.",
        "A: Could you clean the kitchen?\nB: No, I can't, I have no time.",
        "A: They asked if you could pay.\nB: Yes.",
        "A: Yesterday I sent the report.\nB: Thanks.",
        "A: Let me share my screen.\nB: Okay.",
        "A: I need to understand this better.\nB: Sure.",
    ],
)
def test_talk_that_is_no_task(text: str) -> None:
    assert actions(text) == []


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("A: We decided to hire two people.", "Hire two people"),
        ("A: Then it's settled, we move to Lisbon.", "We move to Lisbon"),
        ("A: So we go with the blue one.", "Go with the blue one"),
        ("A: I suggest that we cancel the fair.\nB: Agreed.", "Cancel the fair"),
        ("A: How about a trial of four weeks?\nB: Okay, let's do that.", "A trial of four weeks"),
        ("A: What if it rains?\nB: Then we meet inside.", "If it rains: we meet inside"),
        ("A: Let's agree on three releases a year.\nB: Fine.", "Three releases a year"),
        ("A: We decide the following. We close the shop on Sundays.", "We close the shop on Sundays"),
        ("A: Okay, then we leave the price as it is.\nB: Good.", "We leave the price as it is"),
        ("A: Alright, Tuesday it is.\nB: Good.", "Tuesday it is"),
    ],
)
def test_decisions_are_found(text: str, decision: str) -> None:
    assert decision.lower().removeprefix("if it rains: we ") in " ".join(texts(text, ItemKind.DECISION)).lower()


@pytest.mark.parametrize(
    "text",
    [
        "A: We have not decided anything yet.",
        "A: Last year we decided to wait.",
        "A: We need to decide where to go.",
        "A: Let's go through the list.\nB: Okay.",
        "A: Should we buy it?\nB: No, I don't think so.",
        "A: I suggest that we cancel the fair.\nB: No, I disagree.",
        "A: If we agree on it, we sign.",
    ],
)
def test_talk_that_is_no_decision(text: str) -> None:
    assert texts(text, ItemKind.DECISION) == []


def test_questions_know_whether_they_were_answered() -> None:
    found = note("A: How many people came?\nB: Ninety.\nA: And what did it cost us?\nB: I don't know yet.").items

    answers = {i.text: i.answered for i in found if i.kind is ItemKind.QUESTION}
    assert answers == {"How many people came?": True, "What did it cost us?": False}


def test_what_points_back_is_cited() -> None:
    (found,) = actions("A: Two thousand invoices failed last night.\nB: I will clean up those invoices by Friday.")

    assert found.context == "Two thousand invoices failed last night."
    assert [e.speaker for e in found.evidence] == ["speaker_2", "speaker_1"]
