"""Links by which strangers see a meeting."""

import re

import httpx
import pytest

from minutebook.accounts.model import User
from minutebook.kit.clock import VirtualClock
from minutebook.sharing.repository import share_links
from minutebook.wiring import Services
from support.people import Held, Person

BOTH = {"recording": "on", "transcript": "on"}
SAID = "We decided to move the launch"


async def link_of(who: Person, held: Held, **fields: str) -> str:
    """A new link's path."""
    page = await who.send(f"{held.path}/share", fields)
    assert page.status_code == 200, page.text
    found = re.search(r'<input id="share-link" value="http://minutebook\.example(/s/mbs_[\w-]{43})"', page.text)
    assert found is not None
    return found[1]


async def test_a_stranger_sees_what_the_link_shows(
    ada: Person, held: Held, client: httpx.AsyncClient, services: Services
) -> None:
    path = await link_of(ada, held, expires="day", **BOTH)
    page = await client.get(path)
    assert page.status_code == 200
    assert SAID in page.text
    assert "ada@example.com" not in page.text
    assert "tom@example.com" not in page.text
    assert held.meeting_id not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    sound = await client.get(f"{path}/audio", headers={"Range": "bytes=0-9"})
    assert (sound.status_code, len(sound.content)) == (206, 10)
    async with services.db.reading() as read:
        log = await services.access_log.of_recording(read, ada.user.id, held.recording_id)
    assert [(line.action, line.via, line.actor_id) for line in log if line.via == "link"] == [
        ("played", "link", None),
        ("read", "link", None),
    ]
    assert any(line.action == "shared" and line.actor_id == ada.user.id for line in log)


async def test_what_a_link_hides(ada: Person, held: Held, client: httpx.AsyncClient) -> None:
    path = await link_of(ada, held, transcript="on")
    assert "<audio" not in (await client.get(path)).text
    assert (await client.get(f"{path}/audio")).status_code == 404
    path = await link_of(ada, held, recording="on")
    page = (await client.get(path)).text
    assert "<audio" in page
    assert "transcript-title" not in page
    assert "“" not in page


async def test_links_end(
    ada: Person, held: Held, client: httpx.AsyncClient, clock: VirtualClock, services: Services
) -> None:
    day, week = await link_of(ada, held, expires="day"), await link_of(ada, held, expires="week", **BOTH)
    clock.advance(86_399)
    assert (await client.get(day)).status_code == 200
    clock.advance(1)
    assert [(await client.get(path)).status_code for path in (day, week)] == [404, 200]
    listed = (await ada.open(f"{held.path}/share")).text
    (link_id,) = re.findall(r'name="link" value="([^"]+)"', listed)
    assert week.rpartition("/")[2] not in listed, "the secret is shown once"
    await ada.send(f"{held.path}/share/revoke", {"link": link_id})
    assert [(await client.get(week + part)).status_code for part in ("", "/audio")] == [404, 404]
    dead = (await client.get(week, headers={"Accept": "text/html"})).text
    assert "expired, was revoked or is not whole" in dead
    assert "To your meetings" not in dead

    # A revocation is taken back, for as long as it is a slip of the hand.
    other = await ada.part(f"{held.path}/share")
    assert "share/restore" not in other.text
    again = {"link": link_id}
    assert (await ada.send(f"{held.path}/share/restore", again)).status_code == 303
    assert (await client.get(week)).status_code == 200
    assert (await ada.send(f"{held.path}/share/restore", again)).status_code == 404, "it is not revoked"
    undo = await ada.send(f"{held.path}/share/revoke", again, headers={"HX-Request": "true"})
    assert re.search(rf'share/restore".*name="link" value="{link_id}".*Undo', undo.text, re.DOTALL)
    clock.advance(600)
    assert (await ada.send(f"{held.path}/share/restore", again)).status_code == 404
    assert (await client.get(week)).status_code == 404

    third = await link_of(ada, held)
    async with services.db.transaction() as tx:
        await services.meetings.trash(tx, ada.user.id, [held.meeting_id])
    assert (await client.get(third)).status_code == 404
    async with services.db.transaction() as tx:
        await services.meetings.restore(tx, ada.user.id, [held.meeting_id])
        assert (await services.sharing.open(tx, third.rpartition("/")[2]))[1].id == held.meeting_id
        await services.meetings.delete(tx, ada.user.id, held.meeting_id)
        assert (await tx.execute(share_links.select())).all() == []
    assert (await client.get(third)).status_code == 404


async def test_a_link_may_begin_where_the_player_stands(ada: Person, held: Held, client: httpx.AsyncClient) -> None:
    assert 'name="t"' not in (await ada.part(f"{held.path}/share")).text
    assert 'name="t" value="9.5"' in (await ada.part(f"{held.path}/share?t=9.52")).text
    for wrong in ("nan", "inf", "-1", "x", "1e9", "%00"):
        assert 'name="t"' not in (await ada.part(f"{held.path}/share?t={wrong}")).text
    made = await ada.send(f"{held.path}/share", {"expires": "week", "t": "9.5", **BOTH})
    (path,) = re.findall(r'value="http://minutebook\.example(/s/mbs_[\w-]{43}\?t=9\.5)"', made.text)
    page = await client.get(path)
    assert 'data-line="9.5"' in page.text


async def test_secrets_are_not_kept(ada: Person, held: Held, services: Services) -> None:
    secret = (await link_of(ada, held)).rpartition("/")[2]
    async with services.db.reading() as read:
        (row,) = (await read.execute(share_links.select())).all()
    assert secret not in str(tuple(row))
    assert str(row.secret_hash) != secret


@pytest.mark.parametrize("secret", ["x", "mbs_" + "A" * 43, "%00", "%F0%9F%98%80", "..%2f..", "mbs_" + "A" * 5000])
async def test_guessing_opens_nothing(client: httpx.AsyncClient, held: Held, secret: str) -> None:
    for part in ("", "/audio"):
        assert (await client.get(f"/s/{secret}{part}")).status_code in {404, 414}


async def test_nobody_shares_or_revokes_what_is_not_theirs(
    ada: Person, grace: Person, held: Held, client: httpx.AsyncClient, services: Services, other_user: User
) -> None:
    path = await link_of(ada, held)
    (link_id,) = re.findall(r'name="link" value="([^"]+)"', (await ada.open(f"{held.path}/share")).text)
    assert (await grace.open(f"{held.path}/share")).status_code == 404
    assert (await grace.send(f"{held.path}/share", BOTH)).status_code == 404
    for act in ("revoke", "restore"):
        assert (await grace.send(f"{held.path}/share/{act}", {"link": link_id})).status_code == 404
    await ada.send(f"{held.path}/share/revoke", {"link": link_id})
    assert (await grace.send(f"{held.path}/share/restore", {"link": link_id})).status_code == 404
    await ada.send(f"{held.path}/share/restore", {"link": link_id})
    assert (await client.get(path)).status_code == 200
    assert (await ada.send(f"{held.path}/share", {"expires": "never"})).status_code == 400
