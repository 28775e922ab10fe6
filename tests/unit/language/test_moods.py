"""Mood: neutral project talk is neutral, feelings are heard."""

from itertools import pairwise

import pytest

from minutebook.language.talk.sentences import sentences_of
from minutebook.language.talk.sentiment import feeling, sentiment_of
from support.talks import talk


@pytest.mark.parametrize(
    "text",
    [
        "Two thousand invoices failed the validation.",
        "The server crashed during the outage and we lost two hours.",
        "We have to kill the process and drop the table before the launch.",
        "The critical alert was a false alarm, the error rate is low.",
        "Please share the document and support the team with the risk list.",
        "Sure, I will help with the defect.",
        "No problem, I am happy to do that.",
        "Good morning everyone.",
        "The deadline is on Friday and the test is blocked.",
    ],
)
def test_project_talk_is_neutral(text: str) -> None:
    assert feeling(text) == 0.0


@pytest.mark.parametrize(
    "text", ["I am worried.", "This is so frustrating.", "I do not feel good about it.", "I hate this mess."]
)
def test_bad_feelings_are_heard(text: str) -> None:
    assert feeling(text) < 0


@pytest.mark.parametrize(
    "text", ["I am really happy with it.", "That is a relief.", "I was impressed.", "The demo went really well."]
)
def test_good_feelings_are_heard(text: str) -> None:
    assert feeling(text) > 0


def test_moods_by_speaker_cite_what_moved_them() -> None:
    found = sentiment_of(
        sentences_of(
            talk(
                "A: I am really happy with this.\nB: I am worried and annoyed.\n"
                "C: The test failed.\nD: It is great. It is awful."
            )
        )
    )

    moods = dict(found.by_speaker)
    labels = {speaker: mood.label for speaker, mood in moods.items()}
    assert labels == {"speaker_1": "positive", "speaker_2": "negative", "speaker_3": "neutral", "speaker_4": "mixed"}
    assert moods["speaker_2"].evidence[0].quote == "I am worried and annoyed."
    assert moods["speaker_3"].evidence == ()
    assert found.overall.label == "mixed"


def test_the_timeline_covers_the_talk_without_gaps() -> None:
    sentences = sentences_of(talk("\n".join(f"A: I am happy with number {n}." for n in range(40))))

    timeline = sentiment_of(sentences).timeline

    assert timeline[0].start == pytest.approx(sentences[0].start, abs=0.01)
    assert timeline[-1].end == pytest.approx(sentences[-1].end, abs=0.01)
    assert all(a.end == b.start for a, b in pairwise(timeline))


def test_silence_has_no_mood() -> None:
    found = sentiment_of([])

    assert (found.overall.label, found.by_speaker, found.timeline) == ("neutral", (), ())


@pytest.mark.parametrize(
    ("language", "text", "way"),
    [
        ("de", "Das war wirklich frustrierend.", -1),
        ("de", "Ich bin sehr zufrieden damit.", 1),
        ("de", "Damit bin ich gar nicht zufrieden.", -1),
        ("de", "Die Sitzung ist am Montag.", 0),
        ("fr", "Ça m'inquiète beaucoup.", -1),
        ("fr", "Bravo, c'est magnifique.", 1),
        ("es", "Estoy bastante enfadada, la verdad.", -1),
        ("es", "Me alegro mucho, qué maravilla.", 1),
        ("en", "My people are at the end of their tether, it's a shambles.", -1),
        ("en", "I couldn't be happier, it worked a treat.", 1),
    ],
)
def test_other_languages_and_idioms_feel_something(language: str, text: str, way: int) -> None:
    score = feeling(text, language)

    assert (score > 0) - (score < 0) == way
