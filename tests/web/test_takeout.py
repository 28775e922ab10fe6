"""Everything of a user as one archive, and the account's end."""

import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx

from minutebook.takeout.archive import Archive
from minutebook.wiring import Services
from support.browser import PASSWORD
from support.people import Held, Person
from support.records import wav

SAID = {"place": "0", "text": "Good evening everybody, let us talk about the launch."}


async def test_the_archive_has_everything_and_nothing_of_others(
    ada: Person, grace: Person, held: Held, services: Services
) -> None:
    await ada.send(f"{held.path}/segment", SAID)
    await ada.send(f"{held.path}/details", {"title": "../../etc/Quarterly: “review”?", "attendees": ""})
    answer = await ada.send("/settings/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        names = set(found.namelist())
        sums = dict(line.split("  ", 1)[::-1] for line in found.read("checksums.sha256").decode().splitlines())
        assert set(sums) == names - {"checksums.sha256"}
        assert all(hashlib.sha256(found.read(name)).hexdigest() == digest for name, digest in sums.items())
        (folder,) = {name.rpartition("/")[0] for name in names if name.startswith("meetings/")}
        assert folder.count("/") == 1
        assert ".." not in folder.split("/")
        parts = {name.rpartition("/")[2] for name in names if name.startswith(folder)}
        reports = {"transcription.json", "meeting_note.json", "key_points.json", "sentiment.json"}
        assert parts >= {"meeting.json", "recording.json", "recording.wav", "corrections.json", "transcription.json"}
        assert parts <= reports | {"meeting.json", "recording.json", "recording.wav", "corrections.json"}
        assert found.read(f"{folder}/recording.wav") == wav()
        told = json.loads(found.read(f"{folder}/recording.json"))
        assert told["sha256"] == hashlib.sha256(wav()).hexdigest()
        assert "storage_key" not in told
        assert "Good evening" in found.read(f"{folder}/transcription.json").decode()
        assert json.loads(found.read("account.json"))["user"]["email"] == "ada@example.com"
        assert "hash" not in found.read("account.json").decode()
    with zipfile.ZipFile(io.BytesIO((await grace.send("/settings/export")).content)) as hers:
        assert set(hers.namelist()) == {"account.json", "checksums.sha256"}
    async with services.db.reading() as read:
        log = await services.access_log.of_recording(read, ada.user.id, held.recording_id)
    assert any(line.action == "exported" for line in log)


async def test_a_large_file_is_never_whole_in_memory() -> None:
    piece = bytes(range(256)) * 4096

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield piece

    archive, size = Archive(datetime(2026, 3, 2, tzinfo=UTC)), 0
    tracemalloc.start()
    async for part in archive.add("large.bin", chunks(), packed=True):
        size += len(part)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 64 * len(piece)
    assert most < 6 * len(piece)


async def test_who_deletes_the_account_gets_a_receipt(
    ada: Person, grace: Person, client: httpx.AsyncClient, services: Services
) -> None:
    assert (await grace.send("/settings/delete", {"own_password": "wrong password"})).status_code == 401
    assert (await ada.send("/settings/delete", {"own_password": PASSWORD})).status_code == 409, "the owner stays"
    gone = await grace.send("/settings/delete", {"own_password": PASSWORD})
    assert gone.status_code == 200, gone.text
    assert "email_sha256" in gone.text
    assert (await grace.open("/settings")).status_code == 303
    async with services.db.reading() as read:
        assert [each.email for each in await services.accounts.management.users(read)] == ["ada@example.com"]
