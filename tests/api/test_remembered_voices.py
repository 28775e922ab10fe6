"""Voices across meetings: people who agreed are known again by how they sound, and forgotten with what was guessed."""

import base64
import hashlib
import io
import json
import logging
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import insert, select, update

from minutebook.accounts.model import User
from minutebook.analysis.kinds import ENROL_TASK
from minutebook.db import resealing
from minutebook.db.database import metadata
from minutebook.jobs.ports import Job
from minutebook.sealing import Sealing, key_from
from minutebook.sharing.model import Right
from minutebook.speech.media import Pcm
from minutebook.speech.voiceprints import Vector, Voiceprint
from minutebook.transcript.model import Turn
from minutebook.voices.model import Known
from minutebook.voices.repository import remembered_voices
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import ADA, TOM, Paxs, ScriptedPipeline, Worker, content_of, error_of

DANA = {"email": "dana@example.com", "displayName": "Dana Scott"}
TALK = (
    ("speaker_1", 0.5, 14.0, "Good morning, let us talk about the launch and about what is left to do before it."),
    ("speaker_2", 14.5, 29.0, "I will send the figures to the board by Thursday, so that they can be read in time."),
)
PATH = "/api/account/voices"
AGREED = "Dana agreed in our call on 2 March 2026."


def sound(seed: int, near: Vector | None = None, apart: float = 0.0) -> Vector:
    """A voice at random, or one beside another one."""
    drawn = np.random.default_rng(seed).normal(size=192)
    drawn /= np.linalg.norm(drawn)
    mixed = drawn if near is None else near + apart * drawn
    return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)


ADAS, DANAS = sound(1), sound(2)


class Ears(ScriptedPipeline):
    """Hears whom the test says; every meeting a little different."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, TALK)
        self.sounds: Mapping[str, Vector] = {}
        self.seconds = 20.0
        self.listened: list[Sequence[str] | None] = []

    def voiceprints(
        self, pcm: Pcm, turns: Sequence[Turn], only: Sequence[str] | None = None
    ) -> Mapping[str, Voiceprint]:
        self.listened.append(only)
        assert {turn.speaker for turn in turns} >= set(self.sounds)
        return {
            speaker: Voiceprint(sound(len(self.listened), vector, 0.2), self.seconds)
            for speaker, vector in self.sounds.items()
            if only is None or speaker in only
        }


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def grace(client: httpx.AsyncClient, other_user_token: IssueToken) -> Paxs:
    return Paxs(client, await other_user_token())


@pytest.fixture
def ears(services: Services) -> Ears:
    return Ears(services)


@pytest.fixture
def worker(services: Services, ears: Ears) -> Worker:
    return Worker(services, ears)


async def meeting(who: Paxs, worker: Worker, *attendees: dict[str, str], **sounds: Vector) -> str:
    """A meeting with these voices, worked on; returns its recording."""
    ears = worker.pipeline
    assert isinstance(ears, Ears)
    ears.sounds = sounds
    session = await who.create_session(attendees=list(attendees) or [ADA, DANA])
    recording = str((await who.upload(session["id"]))["id"])
    await worker.drain()
    return recording


async def speakers(who: Paxs, recording: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await who.get(f"/api/recordings/{recording}/speakers")).json()["speakers"]
    return found


async def names(who: Paxs, recording: str) -> list[tuple[str, str]]:
    return [(each["name"], each["source"]) for each in await speakers(who, recording)]


async def remember(who: Paxs, worker: Worker, recording: str, speaker: str, name: str) -> dict[str, Any]:
    entries = [{"id": speaker, "attendee": name} if "@" in name else {"id": speaker, "name": name}]
    await who.call("PATCH", f"/api/recordings/{recording}/speakers", json={"speakers": entries})
    asked = {"recording_id": recording, "speaker_id": speaker, "consent": AGREED}
    answer = await who.call("POST", PATH, json=asked)
    assert answer.status_code == 201, answer.text
    await worker.drain()
    found: dict[str, Any] = answer.json()
    return found


async def listed(who: Paxs) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await who.get(PATH)).json()["voices"]
    return found


@pytest.fixture
async def on(ada: Paxs) -> None:
    answer = await ada.call("PUT", PATH, json={"remembering": True})
    assert answer.json() == {"remembering": True, "voices": [], "receipts": []}


async def test_nothing_is_remembered_until_it_is_switched_on_and_agreed(
    ada: Paxs, worker: Worker, ears: Ears, services: Services
) -> None:
    recording = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    assert ears.listened == []
    assert (await ada.get(PATH)).json()["remembering"] is False
    asked = {"recording_id": recording, "speaker_id": "speaker_2", "consent": AGREED}
    assert error_of(await ada.call("POST", PATH, json=asked)) == (409, "voices_off")
    await ada.call("PUT", PATH, json={"remembering": True})
    assert error_of(await ada.call("POST", PATH, json=asked)) == (409, "voice_unnamed")
    assert error_of(await ada.call("POST", PATH, json={**asked, "speaker_id": "x"})) == (404, "speaker_not_found")
    named = {"speakers": [{"id": "speaker_2", "attendee": DANA["email"]}]}
    await ada.call("PATCH", f"/api/recordings/{recording}/speakers", json=named)
    assert error_of(await ada.call("POST", PATH, json={**asked, "consent": " "})) == (400, "consent_required")
    ears.seconds = 3.0
    ears.sounds = {"speaker_2": DANAS}
    assert (await ada.call("POST", PATH, json=asked)).status_code == 201
    await worker.drain()
    (shown,) = await listed(ada)
    assert (shown["state"], shown["problem"], shown["enrolments"]) == ("failed", "voice_too_short", 0)
    await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    assert len(ears.listened) == 1, "nobody is remembered, so nobody is listened for"


@pytest.mark.usefixtures("on")
async def test_somebody_is_known_again_in_five_meetings(ada: Paxs, worker: Worker, user: User) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    (shown,) = await listed(ada)
    assert (shown["name"], shown["email"], shown["state"]) == ("Dana Scott", DANA["email"], "remembered")
    assert (shown["consent"]["said_by"], shown["consent"]["statement"]) == (user.email, AGREED)
    later = [await meeting(ada, worker, speaker_1=DANAS, speaker_2=sound(20 + n)) for n in range(5)]
    for recording in later:
        assert await names(ada, recording) == [("Dana Scott", "voice"), ("Speaker 2", "none")]
        proposal = (await speakers(ada, recording))[0]["proposal"]
        assert (proposal["attendee"], proposal["assigned"], proposal["evidence"]) == (DANA["email"], True, [])
        assert (proposal["sounds_like"]["voice_id"], proposal["sounds_like"]["meetings"]) == (shown["id"], 1)
        assert "Dana Scott: Good morning" in (await ada.get(f"/api/recordings/{recording}/transcript.txt")).text
    (shown,) = await listed(ada)
    assert (len(shown["learnt_in"]), len(shown["recognised_in"])) == (1, 5)
    # By hand wins; a second meeting makes the one vector better known, asked for twice or not.
    await remember(ada, worker, later[0], "speaker_1", DANA["email"])
    await remember(ada, worker, later[0], "speaker_1", DANA["email"])
    (shown,) = await listed(ada)
    assert (shown["enrolments"], len(shown["learnt_in"])) == (2, 2)
    last = await meeting(ada, worker, speaker_1=DANAS, speaker_2=sound(40))
    assert (await speakers(ada, last))[0]["proposal"]["sounds_like"]["meetings"] == 2


@pytest.mark.usefixtures("on")
async def test_who_is_not_listed_is_proposed_and_not_named(ada: Paxs, worker: Worker) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    other = await meeting(ada, worker, ADA, TOM, speaker_1=sound(30), speaker_2=DANAS)
    assert await names(ada, other) == [("Speaker 1", "none"), ("Speaker 2", "none")]
    proposal = (await speakers(ada, other))[1]["proposal"]
    assert (proposal["name"], proposal["attendee"], proposal["assigned"]) == ("Dana Scott", None, False)
    asked = {"recording_id": other, "speaker_id": "speaker_2", "consent": AGREED}
    assert error_of(await ada.call("POST", PATH, json=asked)) == (409, "voice_unnamed"), "a guess teaches nothing"
    session = (await ada.get(f"/api/recordings/{other}")).json()["session_id"]
    await ada.call("PATCH", f"/api/sessions/{session}", json={"attendees": [ADA, DANA]})
    assert (await names(ada, other))[1] == ("Dana Scott", "voice")
    named = {"speakers": [{"id": "speaker_1", "attendee": DANA["email"]}]}
    await ada.call("PATCH", f"/api/recordings/{other}/speakers", json=named)
    assert await names(ada, other) == [("Dana Scott", "hand"), ("Speaker 2", "none")]


@pytest.mark.usefixtures("on")
async def test_two_alike_abstain(ada: Paxs, worker: Worker) -> None:
    twin = sound(3, DANAS, 0.2)
    first = await meeting(ada, worker, DANA, TOM, speaker_1=twin, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    # Two voices of one meeting that both sound like Dana: neither is.
    both = await meeting(ada, worker, DANA, TOM, speaker_1=twin, speaker_2=DANAS)
    assert [each["proposal"] for each in await speakers(ada, both)] == [None, None]
    await remember(ada, worker, first, "speaker_1", TOM["email"])
    assert [each["alike"] for each in await listed(ada)] == [["Tom Kilburn"], ["Dana Scott"]]
    # One voice that is like two remembered people: nobody.
    alone = await meeting(ada, worker, DANA, TOM, speaker_1=DANAS, speaker_2=sound(31))
    assert [each["proposal"] for each in await speakers(ada, alone)] == [None, None]


async def said_by(who: Paxs, words: str) -> set[str]:
    """Who said words by the search's index."""
    items = (await who.get("/api/search", params={"q": words})).json()["items"]
    return {hit["speaker"] for item in items for hit in item["hits"]}


def hidden(vector: Vector) -> list[bytes]:
    """What would give a vector away, as it might be written down."""
    wide = vector.astype(np.float64)
    texts = [base64.b64encode(each.tobytes())[:64] for each in (vector, wide)]
    raw = [each.tobytes()[:48] for each in (vector, wide)]
    numbers = [repr(float(each))[:12].encode() for each in (*vector[:4], *wide[:4])]
    return [*texts, *raw, *(each.hex().encode() for each in raw), *numbers]


def everything(folder: Path, log: str) -> bytes:
    """Database, objects, scratch and log, all of it."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"\n".join([*files, log.encode()])


@pytest.mark.usefixtures("on")
async def test_forgetting_leaves_nothing_and_takes_every_guess_back(
    ada: Paxs, worker: Worker, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="minutebook")
    first = await meeting(ada, worker, ADA, TOM, speaker_1=ADAS, speaker_2=DANAS)
    voice = (await remember(ada, worker, first, "speaker_2", "Danaë Canary"))["id"]
    canary = {"email": "canary@example.com", "displayName": "Danaë Canary"}
    later = [await meeting(ada, worker, ADA, canary, speaker_1=DANAS, speaker_2=sound(50 + n)) for n in range(3)]
    assert [(await names(ada, each))[0] for each in later] == [("Danaë Canary", "voice")] * 3
    assert await said_by(ada, "launch") == {"Speaker 1", "Danaë Canary"}
    kept = everything(services.settings.data_dir, caplog.text)
    async with services.db.reading() as read:
        sealed = str((await read.execute(select(remembered_voices.c.sealed_vector))).scalar_one())
    vector = Known.from_text(services.sealing.open(sealed)).vector
    assert sealed.encode() in kept
    assert not [each for each in hidden(vector) if each in kept], "only sealed, wherever it is"
    told = (await ada.get(PATH)).text
    assert not any(part in told for part in (sealed, str(float(vector[0]))[:8]))

    answer = await ada.call("DELETE", f"{PATH}/{voice}")
    receipt = answer.json()
    assert sorted(receipt["withdrawn"]) == sorted(later)
    assert (receipt["vectors"], receipt["enrolments"]) == (1, 1)
    assert receipt["name_sha256"] == hashlib.sha256("Danaë Canary".encode()).hexdigest()
    rest = {name: value for name, value in receipt.items() if name != "sha256"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert receipt["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert (await ada.get(PATH)).json()["receipts"] == [receipt]

    for recording in later:
        assert await names(ada, recording) == [("Speaker 1", "none"), ("Speaker 2", "none")]
        assert (await speakers(ada, recording))[0]["proposal"] is None
        for report in (await ada.reports(recording)).values():
            assert "Canary" not in json.dumps(content_of(report), ensure_ascii=False)
    assert await said_by(ada, "launch") == {"Speaker 1"}
    await services.db.engine.dispose()
    with closing(sqlite3.connect(services.settings.data_dir / "minutebook.db")) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    gone = everything(services.settings.data_dir, caplog.text)
    assert not [each for each in (sealed.encode(), *hidden(vector)) if each in gone]
    # The name stays where people wrote it: in the voice named by hand, and in the lists of attendees.
    assert (await names(ada, first))[1] == ("Danaë Canary", "hand")
    async with services.db.reading() as read:
        for table in ("voice_guesses", "voice_enrolments", "remembered_voices"):
            assert list(await read.execute(select(metadata.tables[table]))) == []
    assert error_of(await ada.call("DELETE", f"{PATH}/{voice}")) == (404, "voice_not_found")
    assert await names(ada, await meeting(ada, worker, ADA, canary, speaker_1=DANAS)) == [
        ("Speaker 1", "none"),
        ("Speaker 2", "none"),
    ]


@pytest.mark.usefixtures("on")
async def test_switching_off_forgets_everybody(ada: Paxs, worker: Worker, ears: Ears) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    answer = (await ada.call("PUT", PATH, json={"remembering": False})).json()
    assert (answer["remembering"], answer["voices"], len(answer["receipts"])) == (False, [], 1)
    before = len(ears.listened)
    await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    assert len(ears.listened) == before


@pytest.mark.usefixtures("on")
async def test_work_that_comes_late_or_twice_changes_nothing(ada: Paxs, worker: Worker, services: Services) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    enrolments = metadata.tables["voice_enrolments"]
    async with services.db.transaction() as tx:
        (row,) = list(await tx.execute(select(enrolments)))
        await worker.jobs.enqueue(tx, Job(ENROL_TASK, "again", {"enrolment_id": row.id}))
        await worker.jobs.enqueue(tx, Job(ENROL_TASK, "never", {"enrolment_id": "none"}))
    await worker.drain()
    assert (await listed(ada))[0]["enrolments"] == 1
    # Forgotten while the worker listens: nothing comes back.
    ears = worker.pipeline
    assert isinstance(ears, Ears)
    ears.sounds = {"speaker_1": ADAS}
    named = {"speakers": [{"id": "speaker_1", "attendee": ADA["email"]}]}
    await ada.call("PATCH", f"/api/recordings/{first}/speakers", json=named)
    asked = {"recording_id": first, "speaker_id": "speaker_1", "consent": AGREED}
    voice = (await ada.call("POST", PATH, json=asked)).json()["id"]
    assert [each["state"] for each in await listed(ada)] == ["remembered", "learning"]
    await ada.call("DELETE", f"{PATH}/{voice}")
    await worker.drain()
    assert [each["name"] for each in await listed(ada)] == ["Dana Scott"]


@pytest.mark.usefixtures("on")
async def test_nobody_else_is_told(
    ada: Paxs, grace: Paxs, worker: Worker, services: Services, user: User, other_user: User
) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    voice = (await remember(ada, worker, first, "speaker_2", DANA["email"]))["id"]
    session = (await ada.get(f"/api/recordings/{first}")).json()["session_id"]
    async with services.db.transaction() as tx:
        await services.sharing.share(tx, user.id, session, Right.CORRECT, email=other_user.email)
    assert (await grace.get(PATH)).json() == {"remembering": False, "voices": [], "receipts": []}
    assert error_of(await grace.call("DELETE", f"{PATH}/{voice}")) == (404, "voice_not_found")
    await grace.call("PUT", PATH, json={"remembering": True})
    asked = {"recording_id": first, "speaker_id": "speaker_2", "consent": AGREED}
    assert error_of(await grace.call("POST", PATH, json=asked)) == (404, "recording_not_found")
    # The same voice in a meeting of somebody else's: unknown there.
    assert await names(grace, await meeting(grace, worker, speaker_1=DANAS, speaker_2=sound(60))) == [
        ("Speaker 1", "none"),
        ("Speaker 2", "none"),
    ]


@pytest.mark.usefixtures("on")
async def test_the_archive_tells_that_a_voice_is_kept_and_a_removed_account_keeps_none(
    ada: Paxs, worker: Worker, services: Services, user: User
) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    archive = b"".join([piece async for piece in services.takeout.archive(user)])
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        account = found.read("account.json").decode()
    (told,) = json.loads(account)["remembered_voices"]
    assert (told["name"], told["vector_kept"], told["consent"]["statement"]) == ("Dana Scott", True, AGREED)
    async with services.db.reading() as read:
        sealed = str((await read.execute(select(remembered_voices.c.sealed_vector))).scalar_one())
    assert "sealed" not in account
    assert sealed not in account
    async with services.db.transaction() as tx:
        await tx.execute(update(metadata.tables["users"]).values(is_owner=False))
    receipt = await services.removal.remove_user(user.id)
    assert (receipt.rows["remembered_voices"], receipt.rows["voice_enrolments"]) == (1, 1)
    async with services.db.reading() as read:
        assert list(await read.execute(select(remembered_voices))) == []


@pytest.mark.usefixtures("on")
async def test_vectors_follow_a_new_key(ada: Paxs, worker: Worker, services: Services, user: User) -> None:
    first = await meeting(ada, worker, speaker_1=ADAS, speaker_2=DANAS)
    await remember(ada, worker, first, "speaker_2", DANA["email"])
    async with services.db.reading() as read:
        row = (await read.execute(select(remembered_voices))).one()
    old, new = key_from("old"), key_from("new")
    text = services.sealing.open(row.sealed_vector)
    async with services.db.transaction() as tx:
        values = {**row._mapping, "id": "another", "sealed_vector": Sealing(old).seal(text)}
        await tx.execute(insert(remembered_voices).values(values))
        await tx.execute(remembered_voices.delete().where(remembered_voices.c.id == row.id))
    assert (await resealing.reseal(services.db, Sealing(new, old))).anew == 1
    async with services.db.reading() as read:
        assert Sealing(new).open((await read.execute(select(remembered_voices.c.sealed_vector))).scalar_one()) == text
