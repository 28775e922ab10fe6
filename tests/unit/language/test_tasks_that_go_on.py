"""Tasks that are spoken of in more than one sentence, or by more than one person."""

from datetime import date

from minutebook.language.model import ItemKind, NoteRequest
from minutebook.language.producers.extractive import ExtractiveProducer
from support.talks import talk


def tasks(text: str) -> list[tuple[str | None, str, str | None]]:
    """Owner's voice, words and deadline of each action."""
    note = ExtractiveProducer().note(talk(text), NoteRequest(held_on=date(2026, 3, 2)))
    actions = [i for i in note.items if i.kind is ItemKind.ACTION]
    return [(i.owner.speaker if i.owner else None, i.text, i.due.said if i.due else None) for i in actions]


def test_two_tasks_in_one_breath_are_two() -> None:
    found = tasks(
        "A: Who talks to the leasing firm?\nB: I'll phone the leasing firm tomorrow and send the contract by Friday."
    )

    assert [(who, due) for who, _, due in found] == [("speaker_2", "tomorrow"), ("speaker_2", "Friday")]


def test_what_goes_on_about_a_task_is_that_task() -> None:
    found = tasks(
        "A: What about the candidates?\nB: I'll inform the three candidates. I'll call them tomorrow.\nA: Good."
    )

    assert [(who, due) for who, _, due in found] == [("speaker_2", "tomorrow")]
    assert "candidates" in found[0][1]


def test_who_steps_in_takes_over() -> None:
    found = tasks(
        "A: We need another offer for the flour.\nB: I'll get an offer from Harrow.\n"
        "C: No, wait, let me do Harrow. I know the owner.\nB: Go ahead."
    )

    assert [who for who, _, _ in found] == ["speaker_3"]
