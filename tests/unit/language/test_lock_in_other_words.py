"""The lock lets a line say it in other words, and still refuses what the words do not carry."""

import pytest

from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Evidence, Item, ItemKind, Owner
from minutebook.transcript.model import Segment, Speaker, Transcript


def reason(
    language: str, text: str, said: str, kind: ItemKind = ItemKind.TOPIC, owner: Owner | None = None
) -> str | None:
    """Why a line of one voice's words is refused."""
    segment = Segment("speaker_1", 0.0, 9.0, said, ())
    transcript = Transcript(language, 9.0, (Speaker("speaker_1", "Speaker 1", 9.0),), (segment,))
    return Verifier(transcript).reason_against(Item(kind, text, (Evidence(0.0, 9.0, "speaker_1", said),), owner))


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "Repairs to the pump begin on Monday", "We start fixing the pump on Monday."),
        ("en", "The lift carries 450 kilos", "The lift carries four fifty kilos."),
        ("de", "Der Messestand kostet mehr", "Der Stand auf der Messe kostet mehr."),
        ("fr", "Le tarif monte en mai", "Le prix augmente en mai."),
        ("es", "El importe sube en mayo", "El precio aumenta en mayo."),
        ("es", "500 visitas en marzo", "Tuvimos quinientas visitas en marzo."),
    ],
)
def test_other_words_for_the_same_pass(language: str, text: str, said: str) -> None:
    assert reason(language, text, said) is None


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "The pump is rejected", "The pump is approved."),
        ("en", "Five scanners are coming", "Five printers are coming."),
        ("en", "The price falls in May", "The price rises in May."),
        ("en", "The lift carries 540 kilos", "The lift carries four fifty kilos."),
        ("de", "Der Preis sinkt im Mai", "Der Preis steigt im Mai."),
    ],
)
def test_other_things_do_not(language: str, text: str, said: str) -> None:
    assert reason(language, text, said) is not None


def test_a_task_needs_a_promise_or_a_request() -> None:
    mine = Owner(speaker="speaker_1")

    assert reason("en", "Clean the filter", "I'll clean the filter tomorrow.", ItemKind.ACTION, mine) is None
    assert (
        reason("en", "Clean the filter", "I always found the clean filter lovely.", ItemKind.ACTION, mine) is not None
    )
