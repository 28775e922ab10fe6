"""Who a voice is, from the talk itself. One wrong name is worse than ten missing."""

import pytest

from minutebook.language.talk.naming import propose_names
from support.talks import talk

PEOPLE = ("Ada Lovelace", "Tom Berg", "Keiko Sato", "Omar Haddad")


def assigned(text: str, people: tuple[str, ...] = PEOPLE, *, named: bool = False) -> dict[str, str]:
    return {p.speaker: p.name for p in propose_names(talk(text, named=named), people) if p.assigned}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A: Hello, this is Ada, I am calling about the offer.\nB: Hello.", {"speaker_1": "Ada Lovelace"}),
        ("A: Ada here, good morning.\nB: Morning.", {"speaker_1": "Ada Lovelace"}),
        ("A: My name is Omar and I run the team.\nB: Nice.", {"speaker_1": "Omar Haddad"}),
        ("A: Tom, could you send the list?\nB: Sure, I will do that.", {"speaker_2": "Tom Berg"}),
        ("A: Could you send the list, Tom?\nB: Of course.", {"speaker_2": "Tom Berg"}),
        ("A: The import is done and all rows are there.\nB: Thanks, Omar. What is next?", {"speaker_1": "Omar Haddad"}),
        ("A: Kaiko, please send the list today.\nB: Will do.", {"speaker_2": "Keiko Sato"}),
    ],
    ids=["this is", "here", "my name", "request", "address at the end", "thanks", "misspelt"],
)
def test_evidence_names_a_voice(text: str, names: dict[str, str]) -> None:
    assert assigned(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "A: I talked to Tom yesterday.\nB: What did he say?",
        "A: Tom, how is the test going?\nB: Tom is ill today, but the test went fine.",
        "A: I am Ada's assistant.\nB: Hello.",
        "A: This is not what Tom wanted.\nB: True.",
        "A: Tomorrow we launch.\nB: Sure, I will be there.",
        "A: Let us ask Keiko, she knows.\nB: Good idea.",
    ],
    ids=["spoken of", "somebody else answers", "possessive", "wanted", "not a name", "third person"],
)
def test_weak_evidence_names_nobody(text: str) -> None:
    assert assigned(text) == {}


def test_contradictions_name_nobody() -> None:
    both = "A: Tom, can you do it?\nB: Sure, I will.\nA: Tom, and the other one?\nC: Sure, I will do that, too."

    assert assigned(both) == {}


def test_a_first_name_that_two_people_share_names_nobody() -> None:
    assert assigned("A: Tom, can you do it?\nB: Sure.", ("Tom Berg", "Tom Jones")) == {}


def test_names_given_by_hand_stay() -> None:
    assert assigned("Ada: Tom, can you do it?\nX: Sure, I will do it.", named=True) == {}


def test_proposals_show_confidence_and_spans() -> None:
    (proposal,) = propose_names(talk("A: Tom, could you send the list?\nB: Sure, I will do that."), PEOPLE)

    assert 0.5 < proposal.confidence < 1
    assert proposal.evidence[0].quote == "Tom, could you send the list?"


def test_without_attendees_there_are_no_names() -> None:
    assert propose_names(talk("A: Tom, could you send the list?\nB: Sure."), ()) == ()
