"""What is promised without saying so, changes hands, is called off or meant in jest; times that are given apart."""

from dataclasses import replace
from datetime import date

import pytest

from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Due, Item, ItemKind, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from support.talks import talk

HELD_ON = date(2026, 3, 2)  # a Monday
PEOPLE = ("Ada", "Bob", "Cleo")


def items(text: str, kind: ItemKind, language: str = "en") -> list[Item]:
    note = ExtractiveProducer().note(talk(text, language=language), NoteRequest(held_on=HELD_ON, attendees=PEOPLE))
    return [item for item in note.items if item.kind is kind]


def actions(text: str, language: str = "en") -> list[tuple[str, str | None, str | None]]:
    found = items(text, ItemKind.ACTION, language)
    return [(i.text, i.owner.speaker if i.owner else None, i.due.said if i.due else None) for i in found]


def test_leave_that_with_me_takes_on_what_was_asked() -> None:
    assert actions("Ada: Who can call the plumber about the boiler?\nBob: Leave that with me.") == [
        ("Call the plumber about the boiler", "speaker_2", None)
    ]


def test_go_for_it_accepts_an_offer() -> None:
    assert actions("Ada: I could go up to Harrogate and see the boiler.\nBob: Please do.") == [
        ("Go up to Harrogate and see the boiler", "speaker_1", None)
    ]


@pytest.mark.parametrize("asked", ["By when?", "When?", "Great, by when?"])
def test_a_time_asked_for_next_is_the_due_date(asked: str) -> None:
    text = f"Ada: I will send the new contract to the landlord.\nBob: {asked}\nAda: Thursday."
    assert actions(text) == [("Send the new contract to the landlord", "speaker_1", "Thursday")]


def test_a_task_that_somebody_else_takes_over_has_one_owner() -> None:
    text = "Ada: I will call the plumber.\nBob: Can I call the plumber?\nAda: Go for it."
    assert [owner for _, owner, _ in actions(text)] == ["speaker_2"]


def test_what_is_called_off_is_no_task() -> None:
    text = "Ada: I will check the returns tomorrow.\nBob: Good.\nBob: You don't need to check the returns any more."
    assert actions(text) == []


def test_calling_off_one_task_leaves_the_others() -> None:
    text = "Ada: I will send the report to the board tomorrow.\nBob: Good.\nBob: You don't need to send the slides."
    assert [what for what, _, _ in actions(text)] == ["Send the report to the board"]


@pytest.mark.parametrize(
    "text",
    [
        "Ada: I will wear sunglasses in the office in protest.\nBob: Next item.",
        "Ada: I will send the invoice to the moon.\nBob: Very funny.",
    ],
)
def test_a_joke_is_no_task(text: str) -> None:
    assert actions(text) == []


def test_what_is_put_to_the_vote_and_carried_is_a_decision() -> None:
    text = """
    Ada: I propose that we pay half of the library chairs now.
    Ada: All in favour?
    Bob: Yes.
    Ada: Carried.
    """
    assert any("pay half of the library chairs now" in i.text.lower() for i in items(text, ItemKind.DECISION))


@pytest.mark.parametrize("said", ["We could install a camera in the kitchen.", "No problem at all.", "No idea, then."])
def test_what_nobody_settled_is_no_decision(said: str) -> None:
    assert items(f"Ada: {said}\nBob: Hm.", ItemKind.DECISION) == []


@pytest.mark.parametrize(
    ("language", "said", "words", "due", "day"),
    [
        ("de", "Ich schicke dir die Nummer bis Freitag.", "Nummer", "freitag", date(2026, 3, 6)),
        ("de", "Ich werde den Gärtner morgen anrufen.", "Gärtner", "morgen", date(2026, 3, 3)),
        ("fr", "Je préviens les organisateurs demain.", "organisateurs", "demain", date(2026, 3, 3)),
        ("fr", "Je vais appeler la banque vendredi.", "banque", "vendredi", date(2026, 3, 6)),
        ("es", "Yo llevo el plano al ayuntamiento el martes.", "ayuntamiento", "martes", date(2026, 3, 3)),
        ("es", "Voy a llamar al proveedor esta tarde.", "proveedor", "esta tarde", date(2026, 3, 2)),
    ],
)
def test_promises_in_other_languages(language: str, said: str, words: str, due: str, day: date) -> None:
    found = items(f"Ada: {said}\nBob: Ok.", ItemKind.ACTION, language)

    assert len(found) == 1
    assert words in found[0].text
    assert found[0].owner is not None
    assert found[0].owner.speaker == "speaker_1"
    assert found[0].due is not None
    assert (found[0].due.said.lower(), found[0].due.on) == (due, day)


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "Ich glaube das nicht."), ("fr", "Je ne sais pas encore."), ("es", "No lo sé todavía.")],
)
def test_an_opinion_in_another_language_is_no_task(language: str, said: str) -> None:
    assert items(f"Ada: {said}\nBob: Ok.", ItemKind.ACTION, language) == []


@pytest.mark.parametrize(
    ("language", "said", "no", "other_day"),
    [
        ("de", "Ich schicke dir die Nummer bis Freitag.", "nicht", "Montag"),
        ("fr", "Je préviens les organisateurs demain.", "pas", "lundi"),
        ("es", "Yo llevo el plano al ayuntamiento el martes.", "no", "lunes"),
    ],
)
def test_the_lock_holds_in_other_languages(language: str, said: str, no: str, other_day: str) -> None:
    text = f"Ada: {said}\nBob: Ok."
    (item,) = items(text, ItemKind.ACTION, language)
    verifier = Verifier(talk(text, language=language), HELD_ON)

    assert verifier.reason_against(item) is None
    assert verifier.reason_against(replace(item, owner=Owner("speaker_2"))) is not None
    assert verifier.reason_against(replace(item, owner=Owner(name="Cleo"))) is not None
    assert verifier.reason_against(replace(item, due=Due(other_day))) is not None
    assert verifier.reason_against(replace(item, text=f"{no} {item.text}")) is not None
    assert verifier.reason_against(replace(item, text=f"{item.text} 70")) is not None


def test_what_is_only_decided_in_an_if_is_no_decision() -> None:
    text = "Ada: Good morning.\nBob: It would help me if the notes said we all agreed to the price.\nAda: See you."
    assert items(text, ItemKind.DECISION) == []
