"""Who the voices are: the talk proposes, people decide."""

from typing import Any

import httpx
import pytest

from minutebook.analysis.making import recording as run
from minutebook.language.model import Evidence, NameProposal
from minutebook.language.talk import naming
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import ADA, TOM, Paxs, Worker, content_of, error_of

TALK = (
    ("speaker_1", 0.5, 4.0, "Hello, this is Ada. Let us talk about the launch."),
    ("speaker_2", 4.5, 9.0, "I will send the figures to the board by Thursday."),
    ("speaker_1", 9.5, 13.0, "Thanks, Tom. We decided to move the launch to the tenth of March."),
)


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    made = Worker(services)
    made.pipeline.talk = TALK
    return made


@pytest.fixture
async def session(ada: Paxs) -> str:
    found: str = (await ada.create_session())["id"]
    return found


@pytest.fixture
async def path(ada: Paxs, worker: Worker, session: str) -> str:
    recording = await ada.upload(session)
    await worker.drain()
    return f"/api/recordings/{recording['id']}"


async def voices(ada: Paxs, path: str) -> list[tuple[str, str | None, str]]:
    found = (await ada.get(f"{path}/speakers")).json()["speakers"]
    return [(s["name"], s["attendee"], s["source"]) for s in found]


async def say(ada: Paxs, path: str, **names: str | None) -> Any:
    entries = [{"id": speaker, "name": name} for speaker, name in names.items()]
    return await ada.call("PATCH", f"{path}/speakers", json={"speakers": entries})


async def test_names_from_the_talk_are_shown_everywhere(ada: Paxs, path: str) -> None:
    assert await voices(ada, path) == [
        ("Ada Lovelace", "ada@example.com", "talk"),
        ("Tom Kilburn", "tom@example.com", "talk"),
    ]
    proposal = (await ada.get(f"{path}/speakers")).json()["speakers"][0]["proposal"]
    assert (proposal["name"], proposal["attendee"], proposal["assigned"]) == ("Ada Lovelace", "ada@example.com", True)
    assert 0.5 < proposal["confidence"] <= 1
    assert proposal["evidence"][0]["quote"] == "Hello, this is Ada."
    assert proposal["evidence"][0]["speaker"] == "Ada Lovelace"
    assert proposal["evidence"][0]["start"] == pytest.approx(0.5)

    reports = await ada.reports(path.rsplit("/", 1)[-1])
    transcription_ = content_of(reports["transcription"])["content"]["transcription"]
    assert [s["name"] for s in transcription_["speakers"]] == ["Ada Lovelace", "Tom Kilburn"]
    note = content_of(reports["meeting note"])
    assert [item["owner"] for item in note["items"] if item["kind"] == "action"] == ["Tom Kilburn"]
    assert {e["speaker"] for item in note["items"] for e in item["evidence"]} == {"Ada Lovelace", "Tom Kilburn"}
    assert "Speaker" not in note["markdown"]
    assert "Tom Kilburn: I will send" in (await ada.get(f"{path}/transcript.txt")).text


async def test_by_hand_wins_and_a_rejected_name_stays_away(ada: Paxs, path: str) -> None:
    await say(ada, path, speaker_2="Grace")
    assert await voices(ada, path) == [("Ada Lovelace", "ada@example.com", "talk"), ("Grace", None, "hand")]
    await say(ada, path, speaker_2=None)
    assert (await voices(ada, path))[1] == ("Speaker 2", None, "none")
    assert "Speaker 2: I will send" in (await ada.get(f"{path}/transcript.txt")).text
    # The proposal can still be seen, and be followed by hand.
    assert (await ada.get(f"{path}/speakers")).json()["speakers"][1]["proposal"]["name"] == "Tom Kilburn"
    entry = {"id": "speaker_2", "attendee": "tom@example.com"}
    await ada.call("PATCH", f"{path}/speakers", json={"speakers": [entry]})
    assert (await voices(ada, path))[1] == ("Tom Kilburn", "tom@example.com", "hand")


@pytest.mark.parametrize("entry", [{"attendee": "TOM@example.com"}, {"name": "Tom"}])
async def test_two_voices_are_never_one_attendee(ada: Paxs, path: str, entry: dict[str, str]) -> None:
    await ada.call("PATCH", f"{path}/speakers", json={"speakers": [{"id": "speaker_1", **entry}]})
    assert [(name, source) for name, _, source in await voices(ada, path)] == [
        ("Tom Kilburn" if "attendee" in entry else "Tom", "hand"),
        ("Speaker 2", "none"),
    ]


async def test_one_attendee_for_two_voices_is_refused_and_a_swap_is_not(ada: Paxs, path: str) -> None:
    both = [{"id": "speaker_1", "attendee": TOM["email"]}, {"id": "speaker_2", "attendee": TOM["email"].upper()}]
    answer = await ada.call("PATCH", f"{path}/speakers", json={"speakers": both})
    assert error_of(answer) == (400, "attendee_taken")
    assert [source for *_, source in await voices(ada, path)] == ["talk", "talk"]
    for first, second in ((ADA, TOM), (TOM, ADA)):
        entries = [{"id": "speaker_1", "attendee": first["email"]}, {"id": "speaker_2", "attendee": second["email"]}]
        answer = await ada.call("PATCH", f"{path}/speakers", json={"speakers": entries})
        assert [s["name"] for s in answer.json()["speakers"]] == [first["displayName"], second["displayName"]]


async def test_names_follow_the_list_of_attendees(ada: Paxs, path: str, session: str) -> None:
    renamed = [ADA, {**TOM, "displayName": "Tommy Kilburn"}]
    await ada.call("PATCH", f"/api/sessions/{session}", json={"attendees": renamed})
    assert [name for name, *_ in await voices(ada, path)] == ["Ada Lovelace", "Tommy Kilburn"]
    await ada.call("PATCH", f"/api/sessions/{session}", json={"attendees": [ADA]})
    assert [name for name, *_ in await voices(ada, path)] == ["Ada Lovelace", "Speaker 2"]


async def test_attendees_who_are_listed_later_are_found_too(ada: Paxs, worker: Worker) -> None:
    session = (await ada.create_session(attendees=[ADA]))["id"]
    path = f"/api/recordings/{(await ada.upload(session))['id']}"
    await worker.drain()
    assert [name for name, *_ in await voices(ada, path)] == ["Ada Lovelace", "Speaker 2"]
    await say(ada, path, speaker_1="Grace")
    await ada.call("PATCH", f"/api/sessions/{session}", json={"attendees": [ADA, TOM]})
    assert await worker.drain() == 1
    assert await voices(ada, path) == [("Grace", None, "hand"), ("Tom Kilburn", "tom@example.com", "talk")]
    note = content_of((await ada.reports(path.rsplit("/", 1)[-1]))["meeting note"])
    assert [item["owner"] for item in note["items"] if item["kind"] == "action"] == ["Tom Kilburn"]
    # A meeting that goes meanwhile leaves nothing to do.
    await ada.call("PATCH", f"/api/sessions/{session}", json={"title": "Other"})
    await ada.call("DELETE", f"/api/sessions/{session}")
    await worker.drain()


async def test_namesakes_are_not_told_apart(ada: Paxs, worker: Worker) -> None:
    namesakes = [{**TOM, "email": email} for email in ("tom@example.com", "other.tom@example.com")]
    recording = await ada.upload((await ada.create_session(attendees=[ADA, *namesakes]))["id"])
    await worker.drain()
    assert [name for name, *_ in await voices(ada, f"/api/recordings/{recording['id']}")] == [
        "Ada Lovelace",
        "Speaker 2",
    ]


async def test_a_defect_in_the_naming_costs_no_transcript(
    ada: Paxs, worker: Worker, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(run, "proposed", broken)
    recording = await ada.upload(session)
    await worker.drain()
    reports = await ada.reports(recording["id"])
    assert {report["status"] for report in reports.values()} == {"completed"}
    assert [s for *_, s in await voices(ada, f"/api/recordings/{recording['id']}")] == ["none", "none"]


async def test_a_doubtful_proposal_names_nobody(
    ada: Paxs, worker: Worker, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = NameProposal("speaker_2", "Tom Kilburn", 0.4, (Evidence(9.5, 10.0, "speaker_1", "Thanks, Tom."),), False)
    monkeypatch.setattr(naming, "propose_names", lambda *_: (doubt,))
    recording = await ada.upload(session)
    await worker.drain()
    found = (await ada.get(f"/api/recordings/{recording['id']}/speakers")).json()["speakers"][1]
    assert (found["name"], found["source"], found["proposal"]["confidence"]) == ("Speaker 2", "none", 0.4)
    assert found["proposal"]["evidence"][0]["speaker"] == "Speaker 1"
