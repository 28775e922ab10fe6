"""What readers of notes stumbled over: one task twice, states and wishes as lines, remarks, dates of other matters."""

from datetime import date

import pytest

from minutebook.language.items.citing import carrying
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Due, Evidence, Item, ItemKind, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.wording import for_people
from support.talks import talk

ENGLISH = lexicon_of("en")
HELD_ON = date(2026, 3, 2)  # a Monday
PEOPLE = ("Ada", "Bob", "Cleo")


def lines(text: str, kind: ItemKind, language: str = "en") -> list[Item]:
    note = ExtractiveProducer().note(talk(text, language=language), NoteRequest(held_on=HELD_ON, attendees=PEOPLE))
    return [item for item in note.items if item.kind is kind]


def quote(text: str, start: float, speaker: str = "speaker_1") -> Evidence:
    return Evidence(start, start + 2, speaker, text)


def test_a_request_and_the_promise_that_answers_it_are_one_task_in_the_words_of_the_promise() -> None:
    said = (
        "Ada: Bob, would you ask the boat club for the accounts?\nBob: I'll ring the treasurer tonight.\nAda: Lovely."
    )
    (task,) = lines(said, ItemKind.ACTION)

    assert (task.text, task.owner and task.owner.speaker) == ("Ring the treasurer", "speaker_2")
    assert task.context == "Bob, would you ask the boat club for the accounts?"
    assert task.due == Due("tonight", HELD_ON)


def test_a_promise_of_its_own_stays_beside_the_answer() -> None:
    said = """
    Ada: Bob, would you ask the boat club for the accounts?
    Bob: Sure, I'll ask them tonight. And I'll print the posters for the regatta by Friday.
    """
    assert [task.due and task.due.said for task in lines(said, ItemKind.ACTION)] == ["tonight", "Friday"]


@pytest.mark.parametrize("said", ["I'm away from Sunday for three weeks.", "I haven't begun.", "I've never done one."])
def test_how_somebody_is_placed_is_no_task(said: str) -> None:
    assert lines(f"Ada: How is the form coming along?\nBob: {said}\nAda: Right.", ItemKind.ACTION) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Right, we need six people for the service."),
        ("en", "So the runbook needs doing again."),
        ("en", "I'd like somebody to help them with the quote."),
        ("en", "Monday week is fine."),
        ("de", "Wir brauchen sechs im Service."),
    ],
)
def test_what_is_needed_wished_or_suits_is_no_decision(language: str, said: str) -> None:
    assert lines(f"Ada: {said}\nBob: Okay.", ItemKind.DECISION, language) == []


def test_a_vote_is_on_what_it_names() -> None:
    said = """
    Bob: At four pounds we would be just about even.
    Ada: All in favour of four pounds from February, free for pupil premium? One, two, three. Carried.
    """
    assert [d.text for d in lines(said, ItemKind.DECISION)] == ["Four pounds from February, free for pupil premium"]


def test_what_is_agreed_stands_behind_the_colon() -> None:
    said = "Ada: Let's agree on this: no mail to all customers without two days' notice.\nBob: Sounds good."
    assert [d.text for d in lines(said, ItemKind.DECISION)] == ["No mail to all customers without two days' notice"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Do aisles one to three, I know them by heart", "Do aisles one to three"),
        ("I'm on break at two, but I can take those samples", "Take the samples"),
        ("I can have a draft at rehearsal", "Have a draft at rehearsal"),
        ("Ring her, it depends on the permit", "Ring her, it depends on the permit"),
        ("Order it, if he agrees, it's cheap", "Order it, if he agrees"),
        ("Manage it by the", "Manage it"),
    ],
)
def test_remarks_and_remains_go_and_conditions_stay(said: str, written: str) -> None:
    item = Item(ItemKind.ACTION, said, (quote(said, 0),))
    assert for_people(item, ENGLISH).text.startswith(written)
    assert len(for_people(item, ENGLISH).text) <= len(said)


def test_in_french_a_line_keeps_its_subject() -> None:
    item = Item(ItemKind.ACTION, "Te la poste", (quote("Je te la poste demain matin.", 0),), due=Due("Demain matin"))
    assert for_people(item, lexicon_of("fr")).text == "Je te la poste"


def test_a_time_that_began_its_sentence_is_written_small_in_a_line() -> None:
    dues = [Due("This week"), Due("Before half term"), Due("Friday"), Due("Easter")]
    shown = [for_people(Item(ItemKind.ACTION, "Do it", (quote("x", 0),), due=due), ENGLISH).due for due in dues]
    assert [due.said for due in shown if due] == ["this week", "before half term", "Friday", "Easter"]


def test_when_something_was_done_is_no_due_date() -> None:
    said = """
    Ada: Does anybody know whether the bank has changed the signatories yet?
    Bob: I signed something in November.
    Ada: I'll chase them.
    """
    assert [task.due for task in lines(said, ItemKind.ACTION)] == [None]


def test_below_a_line_stand_the_quotes_that_carry_it() -> None:
    asked, promised = quote("Bob, would you chase the bank?", 0), quote("Yes, I'll do that.", 4, "speaker_2")
    dated, beside = quote("Friday would do.", 8), quote("Put the biscuit down.", 12)
    task = Item(
        ItemKind.ACTION, "Chase the bank", (asked, promised, dated, beside), Owner("speaker_2"), Due("Friday", None)
    )
    assert carrying(task, ENGLISH) == (asked, promised, dated)


def test_below_a_question_stands_its_answer() -> None:
    asked, answered = quote("Is the hall accessible?", 0), quote("There's a ramp.", 4, "speaker_2")
    assert carrying(Item(ItemKind.QUESTION, "Is the hall accessible?", (asked, answered)), ENGLISH) == (answered,)


def test_a_question_that_only_names_a_time_answers_another() -> None:
    said = "Ada: When could we see a draft of the leaflet?\nBob: End of next week?\nAda: Super."
    assert [(q.text, q.answered) for q in lines(said, ItemKind.QUESTION)] == [
        ("When could we see a draft of the leaflet?", True)
    ]


def test_a_heading_prefers_what_the_talk_says_again() -> None:
    said = """
    Ada: The niece of the caretaker swims. We look at the handover sheet today.
    Bob: The handover sheet is two pages. Nobody reads page two of the handover sheet.
    """
    (topic,) = lines(said, ItemKind.TOPIC)
    assert "handover sheet" in topic.text.casefold()
