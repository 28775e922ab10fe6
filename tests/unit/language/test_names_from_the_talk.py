"""Who a voice is, from the talk itself. One wrong name is worse than ten missing."""

import itertools
import math

import numpy as np
import pytest

from minutebook.language.talk.matching import likelihoods
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
        ("A: The shop is empty again.\nB: Omar! It was full on Monday.", {"speaker_1": "Omar Haddad"}),
        ("A: Before we start, I am Keiko, I look after sales.\nB: Hello.", {"speaker_1": "Keiko Sato"}),
        ("A: tom could you send the list\nB: sure i will do that", {"speaker_2": "Tom Berg"}),
    ],
    ids=[
        "this is",
        "here",
        "my name",
        "request",
        "address at the end",
        "thanks",
        "misspelt",
        "cried out to",
        "in the middle",
        "without capitals",
    ],
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


def test_a_name_with_accents_or_its_beginning_names_a_voice() -> None:
    people = ("Zsófia Nagy", "Cassandra Hill", "Tom Berg")

    assert assigned("A: Zsófia, could you call them?\nB: Sure, I will do that.", people) == {"speaker_2": "Zsófia Nagy"}
    assert assigned("A: Could you call them, Cass?\nB: Sure, I will do that.", people) == {
        "speaker_2": "Cassandra Hill"
    }


def test_the_last_listed_name_goes_to_the_last_voice() -> None:
    text = "A: Tom, could you send it?\nB: Sure, I will.\nA: Keiko, and the list?\nC: Sure, I will do that."

    assert assigned(text, ("Ada Lovelace", "Tom Berg", "Keiko Sato")) == {
        "speaker_1": "Ada Lovelace", "speaker_2": "Tom Berg", "speaker_3": "Keiko Sato",
    }  # fmt: skip
    assert assigned(text) == {"speaker_2": "Tom Berg", "speaker_3": "Keiko Sato"}


@pytest.mark.parametrize(
    "text",
    [
        "A: Hello, I am Ada.\nB: Hello.\nA: This is Tom.\nB: Good morning.",
        "A: My name is Ada and I run the team.\nB: Hello.\nA: I am Tom.\nB: Tom, could you send it?\nA: Sure, I will.",
    ],
    ids=["introduces another", "two people in one voice"],
)
def test_a_voice_that_calls_itself_by_two_names_has_none(text: str) -> None:
    assert "speaker_1" not in assigned(text)


def test_every_way_of_naming_the_voices_is_weighed() -> None:
    """Against adding up all assignments one by one, beside a talk with fewer voices and names."""
    voices, names = range(3), range(3)
    scores = np.array([[1.5, -1.0, 0.0], [0.0, 0.7, 2.0], [-4.5, 0.0, 0.0]])
    small = np.full((3, 3), -np.inf)
    small[:2, :1] = [[0.4], [-0.3]]
    strangers = np.array([[-3.2, -3.2, -3.2], [-1.0, -2.0, 0.0]])

    likely = likelihoods(np.array([scores, small]), strangers)

    for at, table in enumerate((scores, small)):
        weight = np.exp(np.concatenate([table, strangers[at][:, np.newaxis]], axis=1))
        every = itertools.product((*names, -1), repeat=3)
        ways = [way for way in every if len({n for n in way if n >= 0}) == 3 - way.count(-1)]
        mass = [math.prod(weight[voice, name] for voice, name in zip(voices, way, strict=True)) for way in ways]
        for voice, name in itertools.product(voices, names):
            expected = sum(m for m, way in zip(mass, ways, strict=True) if way[voice] == name) / sum(mass)
            assert likely[at, voice, name] == pytest.approx(expected)
