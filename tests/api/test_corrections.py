"""Corrections through the HTTP door: what is shown follows, what was derived becomes stale, undo brings back."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from minutebook.speech.ports import Recognised
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, content_of, error_of


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


@pytest.fixture
async def session(ada: Paxs) -> str:
    found: str = (await ada.create_session())["id"]
    return found


@pytest.fixture
async def recording(ada: Paxs, worker: Worker, session: str) -> str:
    uploaded = await ada.upload(session)
    await worker.drain()
    found: str = uploaded["id"]
    return found


async def correct(ada: Paxs, recording: str, what: str, *edits: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    answer = await ada.call("PATCH", f"/api/recordings/{recording}/{what}", json={"edits": edits, **fields})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["edits"]
    return found


async def undo(ada: Paxs, recording: str, edit: dict[str, Any]) -> dict[str, Any]:
    answer = await ada.call("POST", f"/api/recordings/{recording}/edits/{edit['id']}/undo")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def transcription(ada: Paxs, recording: str) -> dict[str, Any]:
    found: dict[str, Any] = content_of((await ada.reports(recording))["transcription"])["content"]["transcription"]
    return found


async def exports(ada: Paxs, recording: str) -> dict[str, str]:
    path = f"/api/recordings/{recording}/transcript"
    return {kind: (await ada.get(f"{path}.{kind}")).text for kind in ("json", "txt", "srt", "vtt", "md")}


async def test_corrected_words_are_shown_everywhere_and_undone_everywhere(ada: Paxs, recording: str) -> None:
    before, exported = await ada.reports(recording), await exports(ada, recording)
    edits = await correct(
        ada,
        recording,
        "transcript",
        {"segment": 1, "word": 4, "text": "numbers"},
        {"start": 7.6, "end": 8.1, "text": "bored"},
        {"segment": 2, "speaker": "speaker_2"},
    )
    assert [(e["kind"], e["undone_at"]) for e in edits] == [("words", None), ("words", None), ("speaker", None)]
    assert (edits[0]["change"]["before"], edits[0]["change"]["text"]) == ("figures", "numbers")
    shown = await transcription(ada, recording)
    assert "send the numbers to the" in shown["segments"][1]["text"]
    assert shown["segments"][1]["words"][4]["word"] == "numbers"
    assert shown["segments"][2]["speaker"] == "speaker_2"
    assert [s["talk_time_s"] for s in shown["speakers"]] == [3.5, 8.0]
    voices = (await ada.get(f"/api/recordings/{recording}/speakers")).json()["speakers"]
    assert [s["talk_time_s"] for s in voices] == [3.5, 8.0]
    for kind, text in (await exports(ada, recording)).items():
        assert "figures" not in text, kind
        assert "numbers" in text, kind

    for edit in edits:
        assert (await undo(ada, recording, edit))["undone_at"] is not None
    assert await ada.reports(recording) == before
    assert await exports(ada, recording) == exported
    journal = (await ada.get(f"/api/recordings/{recording}/edits")).json()["edits"]
    assert [(e["id"], e["undone_at"] is not None) for e in journal] == [(e["id"], True) for e in edits]


async def test_a_segment_that_nobody_said_disappears_from_exports(ada: Paxs, recording: str) -> None:
    words = (await transcription(ada, recording))["segments"][1]["words"]
    await correct(ada, recording, "transcript", {"segment": 1, "word": 0, "last_word": len(words) - 1, "text": ""})
    shown = await transcription(ada, recording)
    assert (shown["segments"][1]["text"], len(shown["segments"])) == ("", 3)
    assert (await exports(ada, recording))["srt"].count(" --> ") == 2


async def test_what_was_derived_is_stale_until_it_is_requested_again(
    ada: Paxs, worker: Worker, recording: str, session: str
) -> None:
    edits = await correct(ada, recording, "transcript", {"segment": 1, "word": 4, "text": "numbers"})
    reports = await ada.reports(recording)
    assert (reports["transcription"]["stale"], reports["meeting note"]["stale"]) == (False, True)
    assert "figures" in content_of(reports["meeting note"])["markdown"]
    await undo(ada, recording, edits[0])
    assert not (await ada.reports(recording))["meeting note"]["stale"]

    edits = await correct(ada, recording, "transcript", {"segment": 1, "word": 4, "text": "numbers"})
    wanted = {"session_id": session, "analysis_types": ["meeting note"], "instruction": "All"}
    assert (await ada.call("POST", "/api/analysis/request", json=wanted)).status_code == 202
    await worker.drain()
    note = (await ada.reports(recording))["meeting note"]
    assert (note["version"], note["stale"]) == (2, False)
    assert "numbers" in content_of(note)["markdown"]
    assert "figures" not in content_of(note)["markdown"]
    await undo(ada, recording, edits[0])
    assert (await ada.reports(recording))["meeting note"]["stale"]


async def test_items_of_the_note_are_corrected(ada: Paxs, recording: str) -> None:
    before = (await ada.reports(recording))["meeting note"]
    items = content_of(before)["items"]
    action = next(item["index"] for item in items if item["kind"] == "action")
    decision = next(item["index"] for item in items if item["kind"] == "decision")
    edits = await correct(
        ada,
        recording,
        "note",
        {"item": action, "text": "Send the figures to everybody", "owner": "Speaker 1", "due": "Friday"},
        {"item": decision, "delete": True},
    )
    note = content_of((await ada.reports(recording))["meeting note"])
    changed = next(item for item in note["items"] if item["index"] == action)
    assert (changed["text"], changed["owner"], changed["due"]) == (
        "Send the figures to everybody",
        "Speaker 1",
        "Friday",
    )
    assert changed["edited"]
    assert changed["evidence"] == next(item for item in items if item["index"] == action)["evidence"]
    assert decision not in [item["index"] for item in note["items"]]
    assert "Send the figures to everybody" in note["markdown"]
    # The owner is a voice, so that its name is followed.
    names: list[dict[str, str | None]] = [{"id": "speaker_1", "name": "Grace"}]
    await ada.call("PATCH", f"/api/recordings/{recording}/speakers", json={"speakers": names})
    note = content_of((await ada.reports(recording))["meeting note"])
    assert next(item for item in note["items"] if item["index"] == action)["owner"] == "Grace"
    names = [{"id": "speaker_1", "name": None}]
    await ada.call("PATCH", f"/api/recordings/{recording}/speakers", json={"speakers": names})
    for edit in edits:
        await undo(ada, recording, edit)
    assert (await ada.reports(recording))["meeting note"] == before


async def test_null_takes_an_owner_away_and_what_is_not_sent_stays(ada: Paxs, recording: str) -> None:
    items = content_of((await ada.reports(recording))["meeting note"])["items"]
    action = next(item for item in items if item["kind"] == "action")
    await correct(ada, recording, "note", {"item": action["index"], "owner": None})
    items = content_of((await ada.reports(recording))["meeting note"])["items"]
    now = next(item for item in items if item["index"] == action["index"])
    assert (now["owner"], now["due"], now["text"]) == (None, action["due"], action["text"])


async def test_all_corrections_of_a_request_are_made_or_none(ada: Paxs, recording: str) -> None:
    edits = [{"segment": 0, "word": 0, "text": "Fine"}, {"segment": 9, "word": 0, "text": "x"}]
    answer = await ada.call("PATCH", f"/api/recordings/{recording}/transcript", json={"edits": edits})
    assert error_of(answer) == (400, "segment_unknown")
    assert answer.json()["error"]["field"] == "edits[1].segment"
    assert (await ada.get(f"/api/recordings/{recording}/edits")).json() == {"edits": []}


@pytest.mark.parametrize(
    ("what", "body", "status", "code"),
    [
        ("transcript", {"edits": []}, 400, "edits_required"),
        ("note", {"edits": []}, 400, "edits_required"),
        ("transcript", {"edits": [{"segment": 0, "word": 99, "text": "x"}]}, 400, "word_unknown"),
        ("note", {"edits": [{"item": 99, "text": "x"}]}, 400, "item_unknown"),
        ("note", {"edits": [{"item": 0}]}, 400, "edit_invalid"),
        ("transcript", {"edits": [{"segment": 0, "word": 0, "text": "x"}], "report_id": "old"}, 409, "report_changed"),
        ("note", {"edits": [{"item": 0, "text": "x"}], "report_id": "old"}, 409, "report_changed"),
    ],
)
async def test_corrections_that_are_refused(
    ada: Paxs, recording: str, what: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await ada.call("PATCH", f"/api/recordings/{recording}/{what}", json=body)
    assert error_of(answer) == (status, code)


@pytest.mark.parametrize(
    "body",
    [
        '{"edits": [{"segment": "one", "text": "x"}]}',
        '{"edits": "all"}',
        "{}",
        '{"edits": [{"start": NaN, "end": Infinity, "text": "x"}]}',
        '{"edits": [{"segment": 99999999999999999999999, "word": 0, "text": "x"}]}',
    ],
)
async def test_bodies_of_another_shape_are_refused(ada: Paxs, recording: str, body: str) -> None:
    answer = await ada.call(
        "PATCH",
        f"/api/recordings/{recording}/transcript",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400, answer.text


async def test_there_is_nothing_to_correct_before_there_is_a_transcript(ada: Paxs, session: str) -> None:
    path = f"/api/recordings/{(await ada.upload(session))['id']}"
    for what in ({"transcript": {"segment": 0, "word": 0, "text": "x"}}, {"note": {"item": 0, "text": "x"}}):
        [(name, edit)] = what.items()
        answer = await ada.call("PATCH", f"{path}/{name}", json={"edits": [edit]})
        assert error_of(answer) == (409, "not_ready")


async def test_an_edit_is_undone_in_its_own_recording_only(ada: Paxs, recording: str, worker: Worker) -> None:
    [edit] = await correct(ada, recording, "transcript", {"segment": 0, "word": 0, "text": "Fine"})
    other = await ada.upload((await ada.create_session())["id"])
    answer = await ada.call("POST", f"/api/recordings/{other['id']}/edits/{edit['id']}/undo")
    assert error_of(answer) == (404, "edit_not_found")
    undone = await undo(ada, recording, edit)
    assert await undo(ada, recording, edit) == undone


async def test_the_machine_puts_attendees_names_right_and_can_be_contradicted(
    ada: Paxs, session: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.pipeline.talk = [("speaker_1", 0.5, 4.0, "Please ask Killburn about it today.")]
    recognise = worker.pipeline.recognise

    def in_doubt(*given: Any, **more: Any) -> list[Recognised]:
        return [
            replace(each, words=tuple(replace(word, probability=0.4) for word in each.words))
            for each in recognise(*given, **more)
        ]

    monkeypatch.setattr(worker.pipeline, "recognise", in_doubt)
    recording = (await ada.upload(session))["id"]
    await worker.drain()
    assert (await transcription(ada, recording))["segments"][0]["text"] == "Please ask Kilburn about it today."
    (edit,) = (await ada.get(f"/api/recordings/{recording}/edits")).json()["edits"]
    assert (edit["change"]["machine"], edit["change"]["before"]) == (True, "Killburn")
    await undo(ada, recording, edit)
    assert (await transcription(ada, recording))["segments"][0]["text"] == "Please ask Killburn about it today."
