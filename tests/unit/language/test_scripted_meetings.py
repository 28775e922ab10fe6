"""The figures that notes promise, on meetings with known outcomes, from their reference turns."""

import pytest
from bench.notes_scoring import Meeting, Score, score, total

from minutebook.language.model import NoteRequest
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.naming import propose_names

EVERYDAY = ("hiring", "incident", "launch")
OTHERS = ("interview", "lecture", "quarrel", "sales", "standup")
LATER = ("budget", "design", "move", "school", "support")


def scored(meeting: Meeting) -> Score:
    transcript, producer = meeting.transcript(), ExtractiveProducer()
    note = producer.note(transcript, NoteRequest(held_on=meeting.held_on, attendees=tuple(meeting.people)))
    moods = {speaker: mood.label for speaker, mood in producer.sentiment(transcript).by_speaker}
    return score(meeting, transcript, note, propose_names(transcript, meeting.people), moods)


@pytest.mark.parametrize("group", [EVERYDAY, OTHERS, LATER], ids=["everyday", "others", "later"])
def test_actions_decisions_and_dates_are_found(meetings: dict[str, Meeting], group: tuple[str, ...]) -> None:
    result = total(scored(meetings[name]) for name in group)

    assert result.actions_right >= 0.8 * result.actions, result.missed
    assert result.decisions_right >= 0.75 * result.decisions, result.missed
    assert result.dues_right >= 0.8 * result.dues, result.missed


@pytest.mark.parametrize("name", [*EVERYDAY, *OTHERS, *LATER])
def test_every_item_cites_what_its_speaker_said_there(meetings: dict[str, Meeting], name: str) -> None:
    result = scored(meetings[name])

    assert result.evidence_right == result.items
    assert result.invented == 0


def test_most_voices_are_named_and_none_wrongly(meetings: dict[str, Meeting]) -> None:
    result = total(scored(meeting) for meeting in meetings.values())

    assert result.names_wrong == 0
    assert result.names_right >= 0.6 * result.voices


def test_moods_are_those_a_careful_listener_hears(meetings: dict[str, Meeting]) -> None:
    result = total(scored(meetings[name]) for name in EVERYDAY)

    assert result.moods_right == result.moods, result.missed


def test_the_sample_meeting_has_nothing_that_was_not_agreed(meetings: dict[str, Meeting]) -> None:
    result = scored(meetings["launch"])

    assert result.extra == []


def test_no_item_text_names_a_voice_by_number(meetings: dict[str, Meeting]) -> None:
    for meeting in meetings.values():
        note = ExtractiveProducer().note(meeting.transcript(), NoteRequest(held_on=meeting.held_on))
        assert not [item for item in note.items if "speaker" in item.text.lower() and "Speaker" in item.text]
