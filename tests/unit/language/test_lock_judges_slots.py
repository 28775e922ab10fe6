"""The lock refuses what a line adds or turns round; words that nobody said are no fault by themselves."""

import pytest

from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Due, Evidence, Item, ItemKind, Owner
from minutebook.language.talk.mending import mended
from minutebook.transcript.model import Segment, Speaker, Transcript

POINT, TASK, DECISION = ItemKind.TOPIC, ItemKind.ACTION, ItemKind.DECISION


def refused(
    lines: str,
    text: str,
    kind: ItemKind = POINT,
    owner: str | None = None,
    due: str | None = None,
    language: str = "en",
) -> bool:
    """Whether a line is refused that cites all of `Name: words / Name: words`."""
    turns = [line.split(": ", 1) for line in lines.split(" / ")]
    segments = tuple(Segment(who, 10.0 * n, 10.0 * n + 9.0, said, ()) for n, (who, said) in enumerate(turns))
    voices = tuple(Speaker(name, name, 9.0) for name in dict.fromkeys(name for name, _ in turns))
    talk = mended(Transcript(language, 10.0 * len(turns), voices, segments))
    cited = tuple(Evidence(s.start, s.end, s.speaker, s.text) for s in talk.segments)
    speaks = owner in {v.id for v in voices}
    who = Owner(speaker=owner if speaks else None, name=None if speaks else owner)
    item = Item(kind, text, cited, who if owner else None, Due(due) if due else None)
    return Verifier(talk).reason_against(item) is not None


@pytest.mark.parametrize(
    ("lines", "text", "language"),
    [
        (
            "Ada: The printers shut for the holidays on Friday.",
            "The print shop closes over the holidays on Friday.",
            "en",
        ),
        ("Ada: We got nine, which is two more than we ordered.", "Nine came although only seven were ordered.", "en"),
        ("Ada: Rent goes up at the end of Q3.", "The rent rises at the end of the third quarter.", "en"),
        ("Ada: The roller costs one pound ten now.", "The roller costs £1.10 now.", "en"),
        ("Ada: We sold a hundred and sixty tickets.", "160 tickets were sold.", "en"),
        ("Ada: It was probably the fuse, I can't be sure.", "Ada suspects the fuse.", "en"),
        ("Ada: Die Anlage kostet viertausendfünfhundert.", "Die Anlage kostet 4.500.", "de"),
        ("Ada: Tuvimos mil doscientas visitas.", "1.200 visitas.", "es"),
    ],
)
def test_a_line_in_a_careful_persons_words_passes(lines: str, text: str, language: str) -> None:
    assert not refused(lines, text, language=language)


@pytest.mark.parametrize(
    ("lines", "text", "language"),
    [
        ("Ada: The key goes to Mrs Holm, not Mrs Hall.", "The key goes to Mrs Hall.", "en"),
        ("Ada: The boiler takes twelve bar, the old one was nine.", "The boiler takes nine bar.", "en"),
        ("Ada: Only members who paid may vote.", "Members may vote.", "en"),
        ("Ada: Der Umzug ist am Dritten, nicht am Dreizehnten.", "Der Umzug ist am 13.", "de"),
        ("Ada: Das Treffen ist in Fulda.", "Das Treffen ist in Gotha.", "de"),
        ("Ada: The garden needs a new gate and a fence.", "Salaries were paid out late again.", "en"),
    ],
)
def test_what_is_turned_round_or_from_elsewhere_is_refused(lines: str, text: str, language: str) -> None:
    assert refused(lines, text, language=language)


def test_whoever_declines_or_passes_on_owns_no_task() -> None:
    asked = "Ada: Could somebody water the plants? / Bo: I can't, I'm away. / Cleo: I'll water them."

    assert refused(asked, "Water the plants", TASK, "Bo")
    assert not refused(asked, "Water the plants", TASK, "Cleo")
    assert refused("Ada: Bo takes the keys from Cleo. / Bo: Fine.", "Take the keys", TASK, "Cleo")


@pytest.mark.parametrize(
    ("lines", "due", "language"),
    [
        ("Ada: The audit is on the ninth, I'll bring the binders the day before.", "the eighth", "en"),
        ("Ada: The fee is due on the tenth, I'll pay the rest a week after.", "the 17th", "en"),
        ("Ada: The viewing is on Thursday, I'll bring the binders the day before.", "Wednesday", "en"),
        ("Ada: Le 13 on se voit, les convocations partent dix jours avant, je m'en charge.", "le 3", "fr"),
    ],
)
def test_a_day_follows_from_another(lines: str, due: str, language: str) -> None:
    text = lines.rpartition(", ")[0].partition(": ")[2] if language == "fr" else lines.rpartition("I'll ")[2]

    assert not refused(lines, text, TASK, "Ada", due, language)
    assert refused(lines, text, TASK, "Ada", {"en": "the 2nd", "fr": "le 25"}[language], language)


def test_noon_is_twelve_and_fridays_are_friday() -> None:
    assert not refused("Ada: Food is at twelve.", "Food at noon")
    assert refused("Ada: Food is at one.", "Food at noon")
    assert not refused("Ada: We deploy nothing on a Friday.", "Nothing is deployed on Fridays")
    assert refused("Ada: We deploy nothing on a Friday.", "Nothing is deployed on Mondays")


def test_a_time_may_be_said_otherwise_but_not_turned_round() -> None:
    assert not refused("Ada: I'll have the report in a fortnight.", "Deliver the report", TASK, "Ada", "in two weeks")
    assert refused("Ada: I'll send the photos before lunch.", "Send the photos", TASK, "Ada", "after lunch")


def test_one_voices_wish_is_no_decision() -> None:
    assert refused("Ada: Put the bonus for me on the list.", "Bonus granted", DECISION)
    assert not refused("Ada: The green logo has four votes, the blue one two.", "The green logo was chosen", DECISION)
