"""Meetings shared with users and groups of the server: what they may do, and that it ends at once."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.routing import APIRoute

from minutebook.api.deps import RECHECK_S
from minutebook.api.web import PAGES
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.people import Held, Person

READING = {"record", "entry", "audio", "recording", "peaks", "history", "versions"}
"""What somebody who may read gets by GET, besides the page; downloads too."""
OWNERS = {"share", "share/people", "share/end", "share/revoke", "share/restore", "details", "ask", "hold"}
"""What is nobody's but the owner's."""
QUERY = {"speaker": "speaker_1", "turn": "0", "place": "0", "item": "0"}
MENDED = {"place": "0", "turn": "0", "text": "We decided to move the picnic to Monday."}


def pages_of_a_meeting() -> Iterator[tuple[str, str]]:
    for router in PAGES:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path.startswith("/meetings/{meeting_id}"):
                part = route.path.removeprefix("/meetings/{meeting_id}").lstrip("/")
                yield from ((method, part) for method in route.methods or () if method != "HEAD")


async def share(who: Person, held: Held, **fields: str) -> str:
    """Share; the id of the newest share."""
    page = await who.send(f"{held.path}/share/people", fields)
    assert page.status_code == 303, page.text
    return str(re.findall(r'name="share" value="([^"]+)"', (await who.open(f"{held.path}/share")).text)[-1])


async def group_of(services: Services, owner: Person, member: Person) -> str:
    async with services.db.transaction() as tx:
        group_id = await services.sharing.groups.create(tx, owner.user.id, "Board")
        await services.sharing.groups.add(tx, owner.user.id, group_id, member.user.email)
    return group_id


@pytest.mark.parametrize("by_group", [False, True])
async def test_what_is_shared_is_in_the_others_list_until_it_is_not(
    ada: Person, grace: Person, held: Held, services: Services, by_group: bool
) -> None:
    assert (await grace.open(held.path)).status_code == 404
    whom = {"group": await group_of(services, ada, grace)} if by_group else {"email": "grace@example.com"}
    share_id = await share(ada, held, right="read", **whom)
    listed = (await grace.open("/")).text
    assert held.path in listed
    assert "Shared by" in listed
    assert "Ada Lovelace" in listed
    assert held.path in (await grace.open("/?origin=shared")).text
    assert held.path in (await grace.open("/search?q=launch")).text
    assert held.path in (await grace.open("/?q=launch")).text
    assert held.path not in (await grace.open("/?origin=upload")).text
    assert "Shared by" not in (await ada.open("/")).text
    page = (await grace.open(held.path)).text
    assert "We decided to move the launch" in page
    assert (await grace.open(f"{held.path}/audio")).status_code == 200
    async with services.db.reading() as read:
        log = await services.access_log.of_recording(read, ada.user.id, held.recording_id)
    assert {(line.action, line.actor_id) for line in log} >= {
        ("read", grace.user.id),
        ("played", grace.user.id),
        ("shared", ada.user.id),
    }
    assert "Grace Hopper" in (await ada.open(f"{held.path}/share")).text

    ended = await ada.send(f"{held.path}/share/end", {"share": share_id}, headers={"HX-Request": "true"})
    undo = ended.text.partition("has ended")[2].partition("</form>")[0]
    assert f'{held.path}/share/people"' in undo
    assert all(f'name="{name}" value="{value}"' in undo for name, value in {"right": "read", **whom}.items())
    assert (await grace.open(held.path)).status_code == 404
    assert (await grace.open(f"{held.path}/audio")).status_code == 404
    assert held.path not in (await grace.open("/")).text
    assert held.path not in (await grace.open("/search?q=launch")).text


async def test_who_leaves_a_group_sees_nothing_more(ada: Person, grace: Person, held: Held, services: Services) -> None:
    group_id = await group_of(services, ada, grace)
    await share(ada, held, right="correct", group=group_id)
    assert (await grace.open(held.path)).status_code == 200
    async with services.db.transaction() as tx:
        await services.sharing.groups.remove(tx, ada.user.id, group_id, grace.user.id)
    assert (await grace.open(held.path)).status_code == 404
    async with services.db.transaction() as tx:
        await services.sharing.groups.add(tx, ada.user.id, group_id, grace.user.email)
        await services.sharing.groups.delete(tx, ada.user.id, group_id)
    assert (await grace.open(held.path)).status_code == 404


async def test_every_page_asks_for_a_right(ada: Person, grace: Person, held: Held) -> None:
    await share(ada, held, right="read", email="grace@example.com")
    before = (await ada.part(f"{held.path}/record")).text
    tried = 0
    for method, part in sorted(set(pages_of_a_meeting())):
        path = f"{held.path}/{part}".format(export_format="txt").rstrip("/")
        if method == "GET":
            answer = await grace.http.get(path, params=QUERY)
        elif part == "leave":
            continue
        else:
            answer = await grace.send(
                path, {**QUERY, **MENDED, "name": "Mallory", "title": "Mine", "type": "sentiment"}
            )
        readable = method == "GET" and (not part or part in READING or part.startswith("download/"))
        opened = {"segment", "item", "video"} if method == "GET" else set()
        allowed = {200} if readable else {404} if part in OWNERS else {403, 404}
        assert answer.status_code in (allowed | {200, 404} if part in opened else allowed), (method, part)
        tried += 1
    assert tried >= 20
    several = {"chosen": held.meeting_id, "back": "/", "act": "trash"}
    await grace.send("/meetings/several", several)
    assert re.sub(r'(form_token" value|data-token)="[^"]*"', "", before) == re.sub(
        r'(form_token" value|data-token)="[^"]*"', "", (await ada.part(f"{held.path}/record")).text
    )


async def test_who_may_correct_corrects_and_shares_nothing(
    ada: Person, grace: Person, held: Held, services: Services
) -> None:
    await share(ada, held, right="correct", email="grace@example.com")
    assert (await grace.send(f"{held.path}/segment", MENDED)).status_code == 303
    named = await grace.send(f"{held.path}/speaker", {"speaker": "speaker_1", "name": "Linus"})
    assert named.status_code == 303
    page = (await ada.open(held.path)).text
    assert "picnic" in page
    assert "Linus" in page
    async with services.db.reading() as read:
        log = await services.access_log.of_recording(read, ada.user.id, held.recording_id)
    assert any(line.action == "changed" and line.actor_id == grace.user.id for line in log)
    for part in OWNERS:
        sent = await grace.send(f"{held.path}/{part}", {"email": "grace@example.com", "title": "Mine"})
        assert sent.status_code == 404, part
    assert (await grace.send(f"{held.path}/leave")).status_code == 303
    assert (await grace.open(held.path)).status_code == 404


async def test_what_is_in_the_trash_is_shared_with_nobody(
    ada: Person, grace: Person, held: Held, services: Services
) -> None:
    await share(ada, held, right="correct", email="grace@example.com")
    async with services.db.transaction() as tx:
        await services.meetings.trash(tx, ada.user.id, [held.meeting_id])
    assert (await grace.open(held.path)).status_code == 404
    assert held.path not in (await grace.open("/")).text
    assert held.path not in (await grace.open("/meetings/trash")).text


async def test_nobody_shares_with_groups_of_others(ada: Person, grace: Person, held: Held, services: Services) -> None:
    hers = await group_of(services, grace, ada)
    for fields in ({"group": hers}, {"email": "nobody@example.com"}, {"email": "ada@example.com"}, {}):
        answer = await ada.send(f"{held.path}/share/people", {"right": "read", **fields})
        assert answer.status_code in {400, 404}, fields
    assert (await ada.send(f"{held.path}/share/people", {"right": "own", "email": grace.user.email})).status_code == 400


@pytest.mark.parametrize("part", ["audio", "recording", "download/html"])
@pytest.mark.parametrize("ends", ["share", "sign-in"])
async def test_what_is_being_fetched_breaks_off_when_the_share_or_the_sign_in_ends(
    ada: Person,
    grace: Person,
    held: Held,
    services: Services,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    ends: str,
) -> None:
    share_id = await share(ada, held, right="read", email="grace@example.com")
    assert (await grace.open(f"{held.path}/{part}")).status_code == 200
    stored, sent = services.storage.stream, 0

    async def slow(key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        nonlocal sent
        async for chunk in stored(key, start, end):
            for at in range(0, len(chunk), 100):
                if sent == 10:
                    await ended()
                sent += 1
                clock.advance(1)
                yield chunk[at : at + 100]

    async def ended() -> None:
        if ends == "share":
            await ada.send(f"{held.path}/share/end", {"share": share_id})
        else:
            async with services.db.transaction() as tx:
                for each in await services.accounts.management.sessions(tx, grace.user.id):
                    await services.accounts.management.end_session(tx, grace.user.id, each.id)

    monkeypatch.setattr(services.storage, "stream", slow)
    with pytest.raises(AssertionError):  # the transport of the tests wants answers that end
        await grace.open(f"{held.path}/{part}")
    assert 10 < sent <= 10 + RECHECK_S + 2
