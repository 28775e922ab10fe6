"""Notes as Markdown and JSON: names flow through, nothing said becomes markup, stored notes come back equal."""

import ast
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import (
    Due,
    Evidence,
    Item,
    ItemKind,
    MeetingType,
    Note,
    NoteRequest,
    Owner,
    Unsupported,
    Usage,
)
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.render import (
    key_points_from_json,
    key_points_to_json,
    note_from_json,
    note_markdown,
    note_to_json,
    sentiment_from_json,
    sentiment_to_json,
    with_speaker_names,
)
from minutebook.transcript.model import Speaker, Transcript
from support.talks import talk

TALK = talk(
    """
    Maria: We decided to launch on Monday.
    Maria: Dana, please send the results by Wednesday noon.
    Dana: Will do. I am happy with them.
    """
)
NOTE = ExtractiveProducer().note(TALK, NoteRequest(held_on=date(2026, 3, 2)))


def renamed(**names: str) -> Transcript:
    return replace(TALK, speakers=tuple(Speaker(s.id, names.get(s.id, s.name), s.talk_time_s) for s in TALK.speakers))


def test_lines_link_their_time_and_quote() -> None:
    markdown = note_markdown(NOTE, TALK)

    assert "## Decisions" in markdown
    assert "- Launch on Monday [0:00](#t=0.0)" in markdown
    assert "**Send the results** — Dana (Speaker 2), due Wednesday noon (2026-03-04)" in markdown
    assert "Speaker 2: “Will do.”" in markdown


def test_quotes_that_carry_a_line_are_written_and_the_others_are_linked() -> None:
    led = [Evidence(at, at + 1.0, "speaker_1", f"Sentence at {at:.0f}.") for at in (1.0, 30.0, 52.0)]
    dated = Evidence(58.0, 59.0, "speaker_1", "Friday would do.")
    evidence = (Evidence(60.0, 61.0, "speaker_2", "I will write it."), *led, dated)
    item = Item(ItemKind.ACTION, "Write it", evidence, Owner("speaker_2"), due=Due("Friday"), context="Sentence at 30.")
    lines = note_markdown(replace(NOTE, items=(item,)), TALK).splitlines()

    assert lines[lines.index("## Action items") + 3 :] == [
        "  - [1:00](#t=60.0) Speaker 2: “I will write it.”",
        "  - [0:58](#t=58.0) Speaker 1: “Friday would do.”",
        "  - … [0:01](#t=1.0) [0:30](#t=30.0) [0:52](#t=52.0)",
    ]


def test_a_rename_needs_no_new_note() -> None:
    shown = note_to_json(NOTE, renamed(speaker_2="Dana Weiss"))

    action = next(i for i in shown["items"] if i["kind"] == "action")
    assert action["owner"] == "Dana Weiss"
    assert {e["speaker"] for e in action["evidence"]} == {"Speaker 1", "Dana Weiss"}
    assert action["due"] == "Wednesday noon"
    assert action["due_date"] == "2026-03-04"
    assert "Dana Weiss, due" in shown["markdown"]


def test_an_owner_only_named_in_the_talk_follows_a_rename() -> None:
    item = Item(ItemKind.ACTION, "Launch", NOTE.items[0].evidence, Owner(name="Dana"))
    note = replace(NOTE, items=(item,))

    assert note_to_json(note, TALK)["items"][0]["owner"] == "Dana"
    assert note_to_json(note, renamed(speaker_2="Dana Weiss"))["items"][0]["owner"] == "Dana Weiss"


def test_stored_notes_come_back_equal() -> None:
    note = replace(NOTE, unsupported=(Unsupported(NOTE.items[0], "why"),), usage=Usage(1, 2, 3, 0.4), notices=("n",))

    assert note_from_json(note_to_json(note)) == note


def test_stored_key_points_and_sentiment_come_back_equal() -> None:
    producer = ExtractiveProducer()
    points, mood = producer.key_points(TALK), producer.sentiment(TALK)

    assert key_points_from_json(key_points_to_json(points)) == points
    assert sentiment_from_json(sentiment_to_json(mood)) == mood


def test_names_are_put_into_stored_json() -> None:
    stored = sentiment_to_json(ExtractiveProducer().sentiment(TALK))

    shown = with_speaker_names(stored, renamed(speaker_2="Dana"))

    assert [m["speaker"] for m in shown["by_speaker"]] == ["Speaker 1", "Dana"]
    assert stored["by_speaker"][1]["speaker"] == "speaker_2"


@pytest.mark.parametrize(
    "nasty", ["![x](http://e.example/a.png)", "<script>", "[a](javascript:b)", "# Head", "| a | b |", "www.e.example"]
)
def test_nothing_said_becomes_markup(nasty: str) -> None:
    item = Item(ItemKind.TOPIC, nasty, (Evidence(0.0, 1.0, "speaker_1", nasty),))
    note = replace(NOTE, items=(item,), unsupported=(Unsupported(item, nasty),))

    text = re.sub(r"\\.", "", note_markdown(note, TALK))
    for mark in ("![", "](h", "](j", "http:", "www.", "<", "| a |", "\n# Head"):
        assert mark not in text


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_headings_are_in_the_recordings_language(language: str) -> None:
    note = replace(NOTE, language=language)

    assert f"## {lexicon_of(language).headings['action']}" in note_markdown(note, TALK)


def test_languages_without_headings_get_english_ones() -> None:
    assert "## Action items" in note_markdown(replace(NOTE, language="ja"), TALK)


def test_teams_see_actions_first() -> None:
    team = note_markdown(replace(NOTE, meeting_type=MeetingType.TEAM), TALK)
    company = note_markdown(replace(NOTE, meeting_type=MeetingType.COMPANY), TALK)

    assert team.index("## Action items") < team.index("## Decisions")
    assert company.index("## Decisions") < company.index("## Action items")


def test_an_empty_recording_has_an_empty_note_that_says_so() -> None:
    silent = Transcript("en", 3.0, (), ())
    note = ExtractiveProducer().note(silent, NoteRequest())

    assert note.items == ()
    assert "Nothing" in note_markdown(note, silent)
    assert ExtractiveProducer().summary(silent) == ""
    assert ExtractiveProducer().key_points(silent) == ()


def test_other_languages_say_what_is_missing() -> None:
    dutch = talk("A: Wie schrijft de aankondiging?\nB: Ik schrijf die voor vrijdag.", language="nl")

    note = ExtractiveProducer().note(dutch, NoteRequest())

    assert "Spanish only so far" in note.notices[0]
    assert {i.kind for i in note.items} <= {ItemKind.TOPIC, ItemKind.QUESTION}


def test_only_the_lock_makes_notes() -> None:
    """`Note(` is written in the lock and where a stored note is read, nowhere else in the product."""
    source = Path(__file__).parents[3] / "src" / "minutebook"
    makers = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Note.__name__
    }

    assert makers == {"language/lock/verify.py", "language/render/wire.py"}
