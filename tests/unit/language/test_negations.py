"""What denies a line and what does not: the lock lets a change of words pass and no change of sense."""

import pytest

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Evidence, Item, ItemKind, Owner
from support.talks import talk

TRUE = [
    ("en", "A: We said no to the summer party.", ItemKind.DECISION, "The summer party was rejected"),
    ("en", "A: They brought six chairs and we wanted nine.", ItemKind.TOPIC, "Six chairs instead of nine"),
    ("en", "A: The leak came from the roof, not from our kitchen.", ItemKind.TOPIC,
     "The leak came from the roof, not our kitchen"),
    ("de", "A: Die Kasse macht nicht mich froh, sondern Jana.", ItemKind.TOPIC, "Jana macht die Kasse froh"),
    ("de", "A: Falls der Maler bis Montag nicht kommt, bezahle ich den Maler.", ItemKind.ACTION,
     "Den Maler bezahlen, falls er bis Montag nicht kommt"),
    ("fr", "A: On n'ouvre la piscine que si le temps est beau.", ItemKind.TOPIC,
     "La piscine n'ouvre que si le temps est beau"),
    ("es", "A: Nos saltamos la cena de verano.", ItemKind.DECISION, "No se hace la cena de verano"),
]  # fmt: skip
FALSE = [
    ("en", "A: We no longer take cheques at the door.", ItemKind.DECISION, "Cheques are taken at the door"),
    ("en", "A: We did not reject the summer party.", ItemKind.DECISION, "The summer party was rejected"),
    ("en", "A: The leak came from the roof, not from our kitchen.", ItemKind.TOPIC,
     "The leak came from our kitchen, not the roof"),
    ("en", "A: I will paint the fence.", ItemKind.ACTION, "Not paint the fence"),
    ("de", "A: Wir prüfen die Kasse nicht.", ItemKind.TOPIC, "Wir prüfen die Kasse"),
    ("fr", "A: On n'ouvre pas la piscine.", ItemKind.TOPIC, "On ouvre la piscine"),
    ("es", "A: No hacemos la cena de verano.", ItemKind.DECISION, "Se hace la cena de verano"),
]  # fmt: skip


def reason(language: str, said: str, kind: ItemKind, text: str) -> str | None:
    heard = talk(said, language=language)
    cited = tuple(Evidence(s.start, s.end, s.speaker, s.text) for s in heard.segments)
    return Verifier(heard).reason_against(Item(kind, text, cited))


@pytest.mark.parametrize(("language", "said", "kind", "text"), TRUE)
def test_the_same_in_other_words_passes(language: str, said: str, kind: ItemKind, text: str) -> None:
    assert reason(language, said, kind, text) is None


@pytest.mark.parametrize(("language", "said", "kind", "text"), FALSE)
def test_the_opposite_does_not(language: str, said: str, kind: ItemKind, text: str) -> None:
    assert reason(language, said, kind, text) is not None


def test_who_takes_up_a_call_needs_no_words_of_it() -> None:
    heard = talk("Ana: Somebody has to be there at six thirty.\nBen: I'll be there.")
    cited = tuple(Evidence(s.start, s.end, s.speaker, s.text) for s in heard.segments)
    item = Item(ItemKind.ACTION, "Be there at 6:30", cited, Owner("speaker_2"))

    assert Verifier(heard).reason_against(item) is None


@pytest.mark.parametrize(
    ("language", "written", "value"),
    [("en", "1,200", 1200), ("en", "1.5", 1.5), ("de", "1.200", 1200), ("es", "1.200,5", 1200.5), ("fr", "1,5", 1.5)],
)
def test_thousands_are_set_apart_as_the_language_does(language: str, written: str, value: float) -> None:
    assert [n.value for n in lexicon_of(language).words.numbers_in([written])] == [value]
