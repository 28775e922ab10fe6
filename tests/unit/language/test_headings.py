"""What topics are called, when they were talked about, and the two lines that a note begins with."""

from dataclasses import replace

import pytest
from bench.notes_scoring import Meeting

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Evidence, Item, ItemKind, Note, NoteRequest, NoteSection, Span
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.render import note_from_json, note_markdown, note_to_json
from minutebook.language.talk.headings import FEWEST, MOST
from minutebook.language.talk.wording import for_people
from support.talks import talk

WORDS = lexicon_of("en").words


def note_of(meeting: Meeting) -> Note:
    return ExtractiveProducer().note(meeting.transcript(), NoteRequest(held_on=meeting.held_on))


def topics_of(note: Note) -> list[Item]:
    return [item for item in note.items if item.kind is ItemKind.TOPIC]


def test_topics_are_short_and_said_where_they_stand(meetings: dict[str, Meeting]) -> None:
    topics = [topic for name in ("launch", "budget", "sales") for topic in topics_of(note_of(meetings[name]))]
    headings = [topic for topic in topics if FEWEST <= len(topic.text.split()) <= MOST]

    assert len(headings) >= 5
    for topic in headings:
        cited = [word for e in topic.evidence for word in WORDS.normal_words(e.quote)]
        assert set(WORDS.normal_words(topic.text)) <= set(cited), topic.text
        assert topic.span is not None
        assert all(topic.span.start <= e.start and e.end <= topic.span.end for e in topic.evidence)


def test_a_heading_is_what_its_stretch_is_about(meetings: dict[str, Meeting]) -> None:
    assert "load test" in topics_of(note_of(meetings["launch"]))[0].text.casefold()


@pytest.mark.parametrize(
    ("language", "said", "expected"),
    [
        ("en", "Ada: Let us look at the price of the flour. I called about the flour.", "Price of the flour"),
        ("de", "Ada: Wir sprechen heute über die neue Heizung im Keller. Gut.", "Neue Heizung im Keller"),
        ("fr", "Ada: Parlons du prix de la farine. Bon.", "Prix de la farine"),
        ("es", "Ada: Hablemos del precio de la harina. Bueno.", "Precio de la harina"),
    ],
)
def test_headings_are_noun_phrases_in_four_languages(language: str, said: str, expected: str) -> None:
    note = ExtractiveProducer().note(talk(said, language=language), NoteRequest())

    assert [topic.text for topic in topics_of(note)] == [expected]


def test_what_is_denied_or_only_proposed_gives_no_heading() -> None:
    said = "Ada: We never discussed the garden party for neighbours. Maybe the summer fair for schools could work."

    texts = [topic.text for topic in topics_of(ExtractiveProducer().note(talk(said), NoteRequest()))]

    assert not any(text.startswith(("Garden party", "Summer fair")) for text in texts)


def test_the_lock_refuses_a_topic_whose_time_is_not_that_of_its_words() -> None:
    heard = talk("Ada: We talked about the price of the flour.\nBo: And the garden gate is green.")
    cited = (Evidence(0.0, 3.6, "speaker_1", heard.segments[0].text),)
    item = Item(ItemKind.TOPIC, "Price of the flour", cited, span=Span(0.0, 3.6))

    assert Verifier(heard).reason_against(item) is None
    assert "time" in str(Verifier(heard).reason_against(replace(item, span=Span(4.5, 9.0))))


def test_a_note_begins_with_two_lines_of_its_own(meetings: dict[str, Meeting]) -> None:
    meeting = meetings["launch"]
    note, heard = note_of(meeting), meeting.transcript()

    markdown, shown = note_markdown(note, heard), note_to_json(note, heard)

    first = [line.split(":")[0] for line in markdown.split("## ")[1].splitlines() if line]
    assert first == ["Summary", "- Topics", "- Decisions"]
    lines = {item["text"] for item in shown["items"]}
    assert [line["kind"] for line in shown["summary"]] == ["topic", "decision"]
    assert all(set(line["text"].split("; ")) <= lines and line["evidence"] for line in shown["summary"])


def test_what_is_removed_from_a_note_leaves_its_summary(meetings: dict[str, Meeting]) -> None:
    meeting = meetings["launch"]
    note, heard = note_of(meeting), meeting.transcript()
    without = replace(note, items=tuple(i for i in note.items if i.kind is not ItemKind.DECISION))

    assert [line["kind"] for line in note_to_json(without, heard)["summary"]] == ["topic", "action"]
    assert note_to_json(replace(note, items=()), heard)["summary"] == []


def test_a_template_shows_its_sections_only(meetings: dict[str, Meeting]) -> None:
    meeting = meetings["launch"]
    sections = [NoteSection((ItemKind.ACTION,))]

    assert "## Summary" not in note_markdown(note_of(meeting), meeting.transcript(), sections=sections)


def test_topics_show_their_time_and_come_back_from_store(meetings: dict[str, Meeting]) -> None:
    meeting = meetings["launch"]
    note, heard = note_of(meeting), meeting.transcript()

    assert note_from_json(note_to_json(note)) == note
    topic = next(i for i in note_to_json(note, heard)["items"] if i["kind"] == "topic")
    assert set(topic["span"]) == {"start", "end"}
    assert f"(#t={topic['span']['start']:.1f})–[" in note_markdown(note, heard)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "I will clean up those invoices with the finance team by Thursday.",
            "Clean up the invoices with the finance team",
        ),
        ("I'll tell the agency, uh, about the two temps on Monday.", "Tell the agency about the two temps"),
        ("I'll order those in the list by Friday.", "Order those in the list"),
    ],
)
def test_lines_read_as_they_are_written_down(said: str, text: str) -> None:
    note = ExtractiveProducer().note(talk(f"Ada: {said}"), NoteRequest())

    assert [item.text for item in note.items if item.kind is ItemKind.ACTION] == [text]
    assert not note.unsupported


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("I'd need to sit down with the accountant first", "Sit down with the accountant first"),
        ("We'd be glad", "We'd be glad"),
        ("Turn right", "Turn right"),
        ("Send it to them, by the way", "Send it to them"),
        ("Tell these people", "Tell the people"),
        ("Take these to the umbrella shop", "Take these to the umbrella shop"),
    ],
)
def test_only_words_without_content_leave_a_line(said: str, text: str) -> None:
    item = Item(ItemKind.ACTION, said, ())

    assert for_people(item, lexicon_of("en")).text == text
    assert for_people(replace(item, kind=ItemKind.QUESTION), lexicon_of("en")).text == said
