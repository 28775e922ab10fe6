"""Uploads that are gone on with: the protocol, what is refused and when, that nothing stays of what nobody wants."""

import base64
import hashlib
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect

from minutebook.kit.clock import VirtualClock
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.uploads.model import KEPT_FOR, PIECE_BYTES
from minutebook.storage.room import Reserve
from minutebook.wiring import Services
from support.people import Held, Person
from support.records import Worker, stored_files, wav

MIB = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
GRACE = AttendeeDraft("grace@example.com", "Grace Hopper")


@dataclass
class Sender:
    """A client of the protocol that can be cut off."""

    person: Person
    token: str
    sent: int = 0

    async def begin(self, size: int, filename: str = "weekly.wav", **fields: str) -> httpx.Response:
        told = {"filename": filename, "filetype": "audio/wav", **fields}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
        headers = {**TUS, "Form-Token": self.token, "Upload-Length": str(size), "Upload-Metadata": metadata}
        return await self.person.http.post("/uploads", headers=headers)

    async def at(self, url: str) -> int:
        answer = await self.person.http.head(url, headers=TUS)
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["cache-control"] == "no-store"
        return int(answer.headers["upload-offset"])

    async def send(self, url: str, at: int, data: Any, **headers: str) -> httpx.Response:
        told = {**TUS, "Form-Token": self.token, "Upload-Offset": str(at), "Content-Type": PIECE, **headers}
        return await self.person.http.patch(url, headers=told, content=data)

    async def cut(self, url: str, at: int, data: bytes) -> None:
        """Send, and lose the connection behind these bytes."""

        async def breaking() -> AsyncIterator[bytes]:
            for begin in range(0, len(data), 64 * 1024):
                self.sent += len(data[begin : begin + 64 * 1024])
                yield data[begin : begin + 64 * 1024]
            raise ClientDisconnect

        assert (await self.send(url, at, breaking())).status_code >= 400


PIECE = "application/offset+octet-stream"


@pytest.fixture
async def sender(ada: Person) -> Sender:
    return Sender(ada, await ada.token())


def code_of(answer: httpx.Response) -> str:
    code: str = answer.json()["error"]["code"]
    return code


async def test_a_file_in_pieces_becomes_a_meeting(sender: Sender, services: Services) -> None:
    data = wav(15)
    fields = {"title": "Weekly", "attendees": "Grace Hopper <grace@example.com>", "num_speakers": "3"}
    begun = await sender.begin(len(data), **fields)
    assert begun.status_code == 201, begun.text
    url = begun.headers["location"]
    assert begun.headers["upload-expires"].endswith("GMT")
    half = len(data) // 2
    first = await sender.send(url, 0, data[:half])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(half))
    assert "minutebook-meeting" not in first.headers
    assert await sender.at(url) == half
    last = await sender.send(url, half, data[half:])
    assert last.status_code == 204, last.text
    page = await sender.person.open(last.headers["minutebook-meeting"])
    assert '<h1 dir="auto">Weekly</h1>' in page.text
    assert "Grace Hopper" in page.text
    async with services.db.reading() as read:
        meeting_id = last.headers["minutebook-meeting"].rpartition("/")[2]
        recording = (await services.recordings.of_meetings(read, [meeting_id]))[meeting_id]
    assert recording.num_speakers == 3
    original = await sender.person.open(f"{last.headers['minutebook-meeting']}/recording")
    assert original.content == data
    # Who missed the answer asks again, by a look or by an empty piece.
    again = await sender.send(url, len(data), b"")
    assert again.headers["minutebook-meeting"] == last.headers["minutebook-meeting"]
    await Worker(services).drain()
    assert "figures to the board by Thursday" in (await sender.person.open(last.headers["minutebook-meeting"])).text
    # Until it says that it knows of the meeting, the same file leads there.
    assert [each["url"] for each in (await sender.person.open("/uploads")).json()] == [url]
    assert "Unfinished uploads" not in (await sender.person.open("/")).text
    told = {**TUS, "Form-Token": sender.token}
    assert (await sender.person.http.delete(url, headers=told)).status_code == 204
    assert (await sender.person.open("/uploads")).json() == []
    assert (await sender.person.open(last.headers["minutebook-meeting"])).status_code == 200


async def test_a_meeting_that_is_gone_is_not_come_back_to(sender: Sender) -> None:
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    made = (await sender.send(url, 0, data)).headers["minutebook-meeting"]
    assert len((await sender.person.open("/uploads")).json()) == 1
    await sender.person.send("/meetings/several", {"chosen": made.rpartition("/")[2], "act": "trash", "back": "/"})
    assert (await sender.person.open("/uploads")).json() == []


async def test_cut_at_twenty_offsets(sender: Sender, services: Services) -> None:
    data = wav(1)[:44] + os.urandom(64 * MIB)
    url = (await sender.begin(len(data))).headers["location"]
    drawn = random.Random(20261130)
    for cut_at in sorted(drawn.randrange(1, len(data)) for _ in range(20)):
        at = await sender.at(url)
        await sender.cut(url, at, data[at:cut_at])
        assert 0 <= cut_at - await sender.at(url) <= PIECE_BYTES
    at = await sender.at(url)
    done = await sender.send(url, at, data[at:])
    assert done.status_code == 204, done.text
    sent_again = sender.sent + len(data) - at - len(data)
    assert sent_again <= PIECE_BYTES
    async with services.db.reading() as read:
        meeting_id = done.headers["minutebook-meeting"].rpartition("/")[2]
        recording = (await services.recordings.of_meetings(read, [meeting_id]))[meeting_id]
    assert (recording.size, recording.sha256) == (len(data), hashlib.sha256(data).hexdigest())


async def test_a_checksum_is_held_to(sender: Sender) -> None:
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    good = base64.b64encode(hashlib.sha256(data[:8000]).digest()).decode()
    damaged = await sender.send(url, 0, data[1:8001], **{"Upload-Checksum": f"sha256 {good}"})
    assert (damaged.status_code, code_of(damaged)) == (460, "piece_damaged")
    assert await sender.at(url) == 0
    assert (await sender.send(url, 0, data[:8000], **{"Upload-Checksum": f"sha256 {good}"})).status_code == 204
    other = await sender.send(url, 8000, data[8000:], **{"Upload-Checksum": "md5 AAAA"})
    assert (other.status_code, code_of(other)) == (400, "checksum_unknown")


@pytest.mark.parametrize(
    ("size", "filename", "fields", "status", "code"),
    [
        (0, "a.wav", {}, 400, "file_empty"),
        (5 * 1024**3, "a.wav", {}, 413, "file_too_large"),
        (1000, "a.txt", {}, 400, "unsupported_format"),
        (1000, "a.wav", {"filetype": "video/mp4"}, 400, "media_type_mismatch"),
        (1000, "a.wav", {"attendees": "Ada <nobody"}, 400, "attendee_invalid"),
        (1000, "a.wav", {"language": "klingon"}, 400, "language_invalid"),
        (1000, "a.wav", {"num_speakers": "many"}, 400, "num_speakers_invalid"),
    ],
)
async def test_what_speaks_against_a_file_is_said_first(
    sender: Sender, size: int, filename: str, fields: dict[str, str], status: int, code: str
) -> None:
    answer = await sender.begin(size, filename, **fields)
    assert (answer.status_code, code_of(answer)) == (status, code)


async def test_a_full_disk_is_said_before_a_byte_is_sent(
    sender: Sender, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = Reserve(services.settings.data_dir, 1 << 62)
    monkeypatch.setattr(services.recordings, "_reserve", reserve)
    answer = await sender.begin(1000)
    assert (answer.status_code, code_of(answer)) == (503, "storage_full")


async def test_a_file_that_is_not_what_it_says_is_given_up(sender: Sender, services: Services) -> None:
    url = (await sender.begin(20_000)).headers["location"]
    answer = await sender.send(url, 0, b"not sound at all" * 600)
    assert (answer.status_code, code_of(answer)) == (400, "content_mismatch")
    assert (await sender.person.http.head(url, headers=TUS)).status_code == 404
    await Worker(services).drain()
    assert stored_files(services) == []


async def test_pieces_have_their_order_and_their_end(sender: Sender) -> None:
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    early = await sender.send(url, 100, data[100:])
    assert (early.status_code, code_of(early)) == (409, "upload_offset_differs")
    longer = await sender.send(url, 0, data + b"x")
    assert (longer.status_code, code_of(longer)) == (400, "upload_too_long")
    short = await sender.send(url, 0, data[:10])
    assert (short.status_code, code_of(short)) == (400, "piece_too_short")
    typed = await sender.send(url, 0, data, **{"Content-Type": "audio/wav"})
    assert (typed.status_code, code_of(typed)) == (415, "piece_type_unknown")
    version = await sender.person.http.head(url)
    assert version.status_code == 412
    assert version.headers["tus-version"] == "1.0.0"
    assert await sender.at(url) == 0


async def test_uploads_are_their_owners(sender: Sender, grace: Person) -> None:
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    stranger = Sender(grace, await grace.token())
    assert (await grace.http.head(url, headers=TUS)).status_code == 404
    assert (await stranger.send(url, 0, data)).status_code == 404
    gone = {**TUS, "Form-Token": stranger.token}
    assert (await grace.http.delete(url, headers=gone)).status_code == 404
    assert (await grace.open("/uploads")).json() == []
    assert await sender.at(url) == 0


async def test_other_sites_upload_nothing(sender: Sender) -> None:
    url = (await sender.begin(1000)).headers["location"]
    foreign = Sender(sender.person, "x" * 64)
    assert (await foreign.begin(1000)).status_code == 403
    assert (await foreign.send(url, 0, b"x" * 1000)).status_code == 403
    assert (await foreign.person.http.delete(url, headers={**TUS, "Form-Token": "x"})).status_code == 403


@pytest.mark.parametrize("how", ["discarded", "expired"])
async def test_what_nobody_goes_on_with_is_deleted(
    sender: Sender, services: Services, clock: VirtualClock, how: str
) -> None:
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    await sender.send(url, 0, data[:20_000])
    assert len(stored_files(services)) == 1
    shown = (await sender.person.open("/")).text
    assert "weekly.wav" in shown
    if how == "discarded":
        gone = await sender.person.http.delete(url, headers={**TUS, "Form-Token": sender.token})
        assert gone.status_code == 204
        assert (await sender.person.http.head(url, headers=TUS)).status_code == 404
    else:
        clock.advance(KEPT_FOR.total_seconds() + 1)
        assert await services.uploads.forget_expired() == 1
        await services.recordings.sweep()
        async with services.db.reading() as read:
            assert await services.uploads.unfinished(read, sender.person.user.id) == []
    await Worker(services).drain()
    assert stored_files(services) == []


async def test_what_the_server_can_do(client: httpx.AsyncClient) -> None:
    told = (await client.options("/uploads")).headers
    assert told["tus-extension"] == "creation,expiration,checksum,termination"
    assert told["tus-max-size"] == str(4 * 1024**3)


async def test_no_more_than_can_be_kept_in_mind(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minutebook.recordings.uploads.service.AT_ONCE_MOST", 2)
    for _ in range(2):
        assert (await sender.begin(1000)).status_code == 201
    refused = await sender.begin(1000)
    assert (refused.status_code, code_of(refused)) == (409, "uploads_too_many")


async def test_removed_users_take_their_uploads_along(grace: Person, services: Services, held: Held) -> None:
    sender = Sender(grace, await grace.token())
    data = wav(1)
    url = (await sender.begin(len(data))).headers["location"]
    await sender.send(url, 0, data[:20_000])
    begun = {path for path in stored_files(services) if url.rpartition("/")[2] in path}
    assert len(begun) == 1
    await services.removal.remove_user(grace.user.id)
    assert begun & set(stored_files(services)) == set()


async def test_a_meeting_that_waits_for_its_recording_gets_it_from_its_page(
    sender: Sender, grace: Person, held: Held, services: Services
) -> None:
    ada, data = sender.person, wav(15)
    async with services.db.transaction() as tx:
        waiting = await services.meetings.create(tx, ada.user.id, MeetingDraft("Board", attendees=[GRACE]))
        other = await services.meetings.create(tx, ada.user.id, MeetingDraft("Budget", attendees=[GRACE]))
    page = (await ada.open(f"/meetings/{waiting.id}")).text
    assert f'name="meeting" value="{waiting.id}"' in page
    begun = await sender.begin(len(data), meeting=waiting.id)
    done = await sender.send(begun.headers["location"], 0, data)
    assert done.headers["minutebook-meeting"] == f"/meetings/{waiting.id}"
    assert 'name="meeting"' not in (await ada.open(f"/meetings/{waiting.id}")).text

    # Without scripts the same form is sent whole.
    sent = await ada.send(
        "/meetings/new", {"meeting": other.id}, files={"recording": ("budget.wav", data, "audio/wav")}
    )
    assert sent.headers["location"] == f"/meetings/{other.id}"

    # What has a recording keeps it: the file becomes a meeting of its own.
    begun = await sender.begin(len(data), meeting=held.meeting_id)
    done = await sender.send(begun.headers["location"], 0, data)
    assert done.headers["minutebook-meeting"] not in {held.path, f"/meetings/{waiting.id}"}
    async with services.db.reading() as read:
        (kept,) = (await services.recordings.of_meetings(read, [held.meeting_id])).values()
    assert kept.id == held.recording_id

    theirs = Sender(grace, await grace.token())
    assert (await theirs.begin(len(data), meeting=waiting.id)).status_code == 404
    files = {"recording": ("mine.wav", data, "audio/wav")}
    assert (await grace.send("/meetings/new", {"meeting": other.id}, files=files)).status_code == 404
