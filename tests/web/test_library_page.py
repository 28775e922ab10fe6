"""The list of meetings: what it shows, how it is filtered, trash and tags."""

import html
import re
from typing import Any

import httpx
import pytest

from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.people import Held, Person
from support.records import wav


async def titles(person: Person, path: str = "/") -> list[str]:
    page = await person.open(path)
    assert page.status_code == 200, page.text
    return re.findall(r'<a class="title"[^>]*>([^<]*)</a>', page.text)


async def upload(person: Person, title: str, *names: str, attendees: str = "", **fields: str) -> None:
    files = [("recording", (name, wav(1), "audio/wav")) for name in names or ("a.wav",)]
    answer = await person.send("/meetings/new", {"title": title, "attendees": attendees, **fields}, files=files)
    assert answer.status_code == 303, answer.text


async def test_nobody_is_led_to_the_sign_in_and_back(client: httpx.AsyncClient) -> None:
    for path in ("/", "/meetings/trash", "/meetings/new"):
        answer = await client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2F")
    part = await client.get("/", headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert 'role="alert"' in part.text


async def test_an_empty_library_teaches(ada: Person) -> None:
    page = await ada.open("/")
    assert "Your first meeting" in page.text
    assert 'commandfor="new-meeting" command="show-modal"' in page.text


async def test_files_become_meetings(ada: Person) -> None:
    await upload(ada, "Weekly")
    await upload(ada, "", "board_call.wav")
    await upload(ada, "Talks", "one.wav", "two.wav")
    assert sorted(await titles(ada)) == ["Talks · one", "Talks · two", "Weekly", "board call"]


async def test_how_many_speak_is_told(ada: Person, services: Services) -> None:
    await upload(ada, "Weekly", num_speakers="2")
    async with services.db.reading() as read:
        (meeting,) = (await services.meetings.list(read, ada.user.id)).items
        recording = (await services.recordings.of_meetings(read, [meeting.id]))[meeting.id]
    assert recording.num_speakers == 2


async def test_the_hint_shows_how_people_are_written(ada: Person) -> None:
    for path in ("/", "/meetings/new"):
        page = (await ada.open(path)).text
        assert "One a line: Name &lt;e-mail&gt;, or the name alone" in page
        assert "<e-mail>" not in page


async def test_attendees_are_lines(ada: Person) -> None:
    people = "Grace Hopper <grace@example.com>\r\n\r\ntom@example.com"
    await upload(ada, "Weekly", attendees=people)
    page = (await ada.open("/")).text
    assert "Grace Hopper, tom" in page


async def test_a_name_alone_is_an_attendee(ada: Person) -> None:
    names = f"{ada.user.display_name}, Tom Berg, Мария Силва\nGrace Hopper <grace@example.com>, tim@example.com"
    await upload(ada, "Weekly", attendees=names)
    page = (await ada.open("/")).text
    path = re.findall(r'href="(/meetings/[0-9a-f-]{36})"', page)[0]
    form = html.unescape((await ada.open(path)).text)
    # The user is known by name; nobody sees an address that nobody wrote, and saving the form changes nobody.
    written = f"{ada.user.display_name} <{ada.user.email}>\nTom Berg\nМария Силва\nGrace Hopper <grace@example.com>"
    assert f"{written}\ntim <tim@example.com></textarea>" in form
    assert "no-address" not in form


@pytest.mark.parametrize(
    ("fields", "files", "code"),
    [
        ({"attendees": "Ada <nobody"}, [("recording", ("a.wav", wav(1), "audio/wav"))], "attendee_invalid"),
        ({}, [("recording", ("a.txt", b"hello", "text/plain"))], "unsupported_format"),
        ({}, [("recording", ("a.wav", b"hello", "audio/wav"))], "content_mismatch"),
        ({"title": "Mine"}, [("other", ("a.wav", wav(1), "audio/wav"))], "file_required"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_nothing_stays(
    ada: Person, services: Services, fields: dict[str, str], files: list[Any], code: str
) -> None:
    answer = await ada.send("/meetings/new", fields, files=files)
    assert 400 <= answer.status_code < 500
    assert "There is a problem" in answer.text
    data = {"form_token": await ada.token(), **fields}
    told = await ada.http.post("/meetings/new", data=data, files=files, headers={"Accept": "application/json"})
    assert told.json()["code"] == code
    assert await titles(ada) == []
    root = services.settings.data_dir / "objects"
    assert [path for path in root.rglob("*") if path.is_file()] == []


async def test_a_form_of_another_site_stores_nothing(ada: Person) -> None:
    await ada.token()
    for token in ("", "x" * 40):
        data, files = {"form_token": token}, {"recording": ("a.wav", wav(1), "audio/wav")}
        answer = await ada.http.post("/meetings/new", data=data, files=files, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (403, "form_outdated")
    assert await titles(ada) == []


async def test_filters(ada: Person, held: Held, services: Services, clock: VirtualClock) -> None:
    clock.advance(3 * 24 * 3600)
    await upload(ada, "Board", attendees="Grace Hopper <grace@example.com>")
    assert await titles(ada) == ["Board", "Weekly"]
    expected = {
        "q=board": ["Board", "Weekly"],  # said in the one, the title of the other
        "q=board+grace": ["Board"],
        "q=LOVELACE": ["Weekly"],
        "person=Grace+Hopper": ["Board"],
        "person=Nobody": [],
        "status=completed": ["Weekly"],
        "status=processing": ["Board"],
        "status=failed": [],
        "status=partial": [],
        "status=created": [],
        "origin=bot": [],
        "origin=upload": ["Board", "Weekly"],
        "since=2026-03-04": ["Board"],
        "until=2026-03-02": ["Weekly"],
        "sort=oldest": ["Weekly", "Board"],
        "sort=title": ["Board", "Weekly"],
        "status=nonsense&since=yesterday&sort=x": ["Board", "Weekly"],
    }
    for query, found in expected.items():
        assert await titles(ada, f"/?{query}") == found, query


async def test_tags(ada: Person, held: Held) -> None:
    await upload(ada, "Board")
    several = {"chosen": [held.meeting_id], "act": "tag", "tag": " Finance ", "back": "/"}
    assert (await ada.send("/meetings/several", several)).status_code == 303
    assert await titles(ada, "/?tag=finance") == ["Weekly"]
    assert "Finance" in (await ada.open(held.path)).text
    await ada.send("/meetings/several", {**several, "act": "untag", "tag": "FINANCE"})
    assert await titles(ada, "/?tag=finance") == []


async def test_trash_with_undo(ada: Person, held: Held) -> None:
    chosen = {"chosen": held.meeting_id, "act": "trash", "back": "/?sort=title"}
    answer = await ada.send("/meetings/several", chosen)
    assert answer.headers["location"] == f"/?sort=title&trashed={held.meeting_id}"
    after = await ada.open(answer.headers["location"])
    assert "1 meeting is in the trash now." in after.text
    assert await titles(ada) == []
    assert await titles(ada, "/meetings/trash") == ["Weekly"]
    assert "deleted for good on" in (await ada.open("/meetings/trash")).text
    assert "is in the trash" in (await ada.open(held.path)).text
    await ada.send("/meetings/several", {"chosen": held.meeting_id, "act": "restore", "back": "/"})
    assert await titles(ada) == ["Weekly"]


async def test_only_the_trash_can_be_emptied(
    ada: Person, held: Held, client: httpx.AsyncClient, user_token: Any
) -> None:
    delete = {"chosen": held.meeting_id, "act": "delete", "back": "/"}
    await ada.send("/meetings/several", delete)
    assert await titles(ada) == ["Weekly"]
    await ada.send("/meetings/several", {**delete, "act": "trash"})
    await ada.send("/meetings/several", delete)
    assert (await ada.open(held.path)).status_code == 404


async def test_the_trash_empties_itself(ada: Person, held: Held, services: Services, clock: VirtualClock) -> None:
    await ada.send("/meetings/several", {"chosen": held.meeting_id, "act": "trash", "back": "/"})
    clock.advance(30 * 24 * 3600 - 60)
    assert await services.library.purge() == 0
    clock.advance(120)
    assert await services.library.purge() == 1
    assert await services.library.purge() == 0


async def test_pages_follow_each_other(ada: Person, services: Services) -> None:
    from minutebook.meetings.model import AttendeeDraft
    from minutebook.meetings.service import MeetingDraft

    people = [AttendeeDraft("ada@example.com", "Ada")]
    async with services.db.transaction() as tx:
        for i in range(120):
            await services.meetings.create(tx, ada.user.id, MeetingDraft(f"Meeting {i:03}", attendees=people))
    for sort in ("", "oldest", "title"):
        path, seen = f"/?sort={sort}", []
        while path:
            page = await ada.part(path)
            seen += re.findall(r'<a class="title"[^>]*>([^<]*)</a>', page.text)
            found = re.search(r'hx-get="([^"]+)"', page.text)
            path = found[1].replace("&amp;", "&") if found else ""
        assert sorted(seen) == [f"Meeting {i:03}" for i in range(120)], sort
        assert sort != "title" or seen == sorted(seen)
    assert (await ada.open("/?cursor=nonsense")).status_code == 400
