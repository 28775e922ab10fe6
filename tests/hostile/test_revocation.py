"""What people gave away can be seen, and taken back, and then opens nothing any more: nowhere, streams included."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from minutebook.accounts import repository
from minutebook.accounts.model import User
from minutebook.api.deps import RECHECK_S
from minutebook.db.database import metadata
from minutebook.kit.clock import VirtualClock
from minutebook.recordings.repository import recordings
from minutebook.removal.repository import OWNERS, counts, of_user, removal_receipts
from minutebook.wiring import Services
from support.browser import PASSWORD, Browser, IssueToken
from support.people import person
from support.records import Paxs, Worker, stored_files, wav

ACCOUNT = "session media analysis user:read account"


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token(ACCOUNT))


@pytest.fixture
async def grace(client: httpx.AsyncClient, other_user_token: IssueToken) -> Paxs:
    return Paxs(client, await other_user_token(ACCOUNT))


async def answered(client: httpx.AsyncClient, key: str) -> int:
    return (await client.get("/accounts/webhook_url", headers={"x-meeting-baas-api-key": key})).status_code


async def test_keys_have_names_last_uses_and_ends(ada: Paxs, client: httpx.AsyncClient, clock: VirtualClock) -> None:
    ends = (clock.now() + timedelta(days=1)).isoformat()
    made = (await ada.call("POST", "/api/account/keys", json={"name": "Scheduler", "expires_at": ends})).json()
    assert await answered(client, made["secret"]) == 200
    clock.advance(120)
    assert await answered(client, made["secret"]) == 200
    listed = (await ada.get("/api/account/keys")).json()
    assert [(key["name"], key["id"]) for key in listed] == [("Scheduler", made["id"])]
    assert listed[0]["last_used_at"].startswith(clock.now().isoformat()[:16])
    assert made["secret"] not in json.dumps(listed)
    past = {"name": "x", "expires_at": "2020-01-01T00:00:00Z"}
    assert (await ada.call("POST", "/api/account/keys", json=past)).status_code == 400
    clock.advance(24 * 3600)
    assert await answered(client, made["secret"]) == 401


async def test_a_revoked_key_opens_nothing(ada: Paxs, grace: Paxs, client: httpx.AsyncClient) -> None:
    made = (await ada.call("POST", "/api/account/keys", json={})).json()
    assert (await grace.call("DELETE", f"/api/account/keys/{made['id']}")).status_code == 404
    assert await answered(client, made["secret"]) == 200
    assert (await ada.call("DELETE", f"/api/account/keys/{made['id']}")).status_code == 204
    assert await answered(client, made["secret"]) == 401


async def test_only_who_asked_for_it_manages_the_account(client: httpx.AsyncClient, user_token: IssueToken) -> None:
    program = Paxs(client, await user_token("session media analysis user:read"))
    for method, path in (
        ("GET", "/api/account/keys"),
        ("POST", "/api/account/keys"),
        ("GET", "/api/account/programs"),
        ("POST", "/api/account/password"),
        ("GET", "/api/admin/users"),
        ("DELETE", "/api/admin/users/x"),
    ):
        assert (await program.call(method, path, json={})).status_code == 403, path


async def test_a_link_that_names_no_scope_does_not_get_this_one(browser: Browser) -> None:
    link = {"response_type": "code", "redirect_uri": "http://localhost:3000/cb", "state": "s"}
    page = await browser.sign_in(await browser.open("/api/oauth/provider/authorize", **link))
    assert "Manage your account" not in page.text
    page = await browser.open("/api/oauth/provider/authorize", **link, scope="account")
    assert "Manage your account" in page.text


async def test_programs_are_listed_and_revoked(
    ada: Paxs, client: httpx.AsyncClient, user_token: IssueToken, clock: VirtualClock
) -> None:
    other = Paxs(client, await user_token("session"))
    assert (await other.get("/api/sessions")).status_code == 200
    listed = (await ada.get("/api/account/programs")).json()
    found = next(program for program in listed if program["scopes"] == ["session"])
    assert found["name"] == "this server's command line"
    assert found["last_used_at"] is not None
    assert (await ada.call("DELETE", f"/api/account/programs/{found['id']}")).status_code == 204
    assert (await other.get("/api/sessions")).status_code == 401
    assert (await ada.call("DELETE", f"/api/account/programs/{found['id']}")).status_code == 404


async def test_an_open_event_stream_ends_with_its_token(
    ada: Paxs,
    client: httpx.AsyncClient,
    user_token: IssueToken,
    services: Services,
    clock: VirtualClock,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    token = await user_token("analysis")
    begin, sleep = clock.now(), clock.sleep

    async def nap(seconds: float) -> None:
        if (clock.now() - begin).total_seconds() == 5:
            async with services.db.transaction() as tx:
                await services.oauth.revoke_all(tx, user.id)
        await sleep(seconds)

    monkeypatch.setattr(clock, "sleep", nap)
    stream = await Paxs(client, token).get(f"/api/recordings/{recording['id']}/events")
    assert 'event: end\ndata: {"reason":"revoked"}' in stream.text
    assert (clock.now() - begin).total_seconds() <= 5 + 30


async def test_a_download_breaks_off_when_its_token_is_revoked(
    ada: Paxs, services: Services, clock: VirtualClock, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    media = services.storage.stream
    sent = 0

    async def slow(key: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]
        nonlocal sent
        async for chunk in media(key, start, end):
            for at in range(0, len(chunk), 1000):
                if sent == 10:
                    async with services.db.transaction() as tx:
                        await services.oauth.revoke_all(tx, user.id)
                sent += 1
                clock.advance(1)
                yield chunk[at : at + 1000]

    monkeypatch.setattr(services.storage, "stream", slow)
    with pytest.raises(AssertionError):  # the transport of the tests wants answers that end
        await ada.get(f"/api/recordings/{recording['id']}/media")
    assert 10 < sent <= 10 + RECHECK_S + 1


@pytest.mark.parametrize("door", ["API", "form", "resumable"])
async def test_an_upload_is_refused_when_its_sender_is_shut_out_meanwhile(
    door: str, ada: Paxs, app: FastAPI, services: Services, clock: VirtualClock, user: User
) -> None:
    """A body may take hours; what comes after a revocation is nobody's any more."""
    page, session, file = await person(app, services, user), await ada.create_session(), wav(15)
    token, files = await page.token(), {"file" if door == "API" else "recording": ("weekly.wav", file, "audio/wav")}
    shut_out = 0

    async def slowly(body: bytes) -> AsyncIterator[bytes]:
        nonlocal shut_out
        yield body[: len(body) // 2]
        async with services.db.transaction() as tx:
            await services.oauth.revoke_all(tx, user.id)
            await repository.remove_web_sessions(tx, user.id)
        shut_out += 1
        clock.advance(RECHECK_S + 1)
        yield body[len(body) // 2 :]

    if door == "resumable":
        told = {"Tus-Resumable": "1.0.0", "Form-Token": token}
        name = {"Upload-Length": str(len(file)), "Upload-Metadata": "filename d2Vla2x5Lndhdg=="}
        url = (await page.http.post("/uploads", headers=told | name)).headers["location"]
        told |= {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        answer = await page.http.patch(url, headers=told, content=slowly(file))
    else:
        path, fields = ("/api/recordings", {"session_id": session["id"]}) if door == "API" else ("/meetings/new", {})
        form = page.http.build_request("POST", path, data=fields | {"form_token": token}, files=files)
        headers = {"Content-Type": form.headers["Content-Type"], "Authorization": f"Bearer {ada.token}"}
        answer = await page.http.post(path, headers=headers, content=slowly(await form.aread()))
    assert (answer.status_code, shut_out) == (401, 1)
    async with services.db.reading() as read:
        assert (await read.execute(select(recordings))).all() == []
    assert [name for name in stored_files(services) if name.startswith("recordings/")] == []


async def test_sign_ins_are_listed_and_ended(ada: Paxs, browser: Browser) -> None:
    browser.http.headers["User-Agent"] = "Firefox on a train\t"
    await browser.sign_in(await browser.open("/sign-in"))
    (sign_in,) = (await ada.get("/api/account/sign-ins")).json()
    assert sign_in["device"] == "Firefox on a train"
    assert (await ada.call("DELETE", f"/api/account/sign-ins/{sign_in['id']}")).status_code == 204
    assert "You are signed in" not in (await browser.open("/")).text


async def test_a_changed_password_ends_sign_ins(ada: Paxs, browser: Browser) -> None:
    await browser.sign_in(await browser.open("/sign-in"))
    body = {"current": "wrong password", "new": "another horse battery"}
    assert (await ada.call("POST", "/api/account/password", json=body)).status_code == 403
    body = {"current": PASSWORD, "new": "short"}
    assert (await ada.call("POST", "/api/account/password", json=body)).status_code == 400
    body = {"current": PASSWORD, "new": "another horse battery"}
    assert (await ada.call("POST", "/api/account/password", json=body)).status_code == 204
    assert "You are signed in" not in (await browser.open("/")).text
    page = await browser.send(await browser.open("/sign-in"), email="ada@example.com", password="another horse battery")
    assert page.status_code == 303


async def test_a_password_link_works_once(ada: Paxs, browser: Browser, user: User) -> None:
    first = (await ada.call("POST", f"/api/admin/users/{user.id}/password-link")).json()["url"]
    second = (await ada.call("POST", f"/api/admin/users/{user.id}/password-link")).json()["url"]
    assert (await browser.open(first)).status_code == 403
    page = await browser.open(second)
    assert (await browser.send(page, password="short")).status_code == 400
    assert (await browser.send(page, password="a brand new password")).status_code == 303
    assert (await browser.open(second)).status_code == 403
    page = await browser.open("/sign-in")
    assert (await browser.send(page, email="ada@example.com", password="a brand new password")).status_code == 303


async def test_password_links_expire(services: Services, ada: Paxs, user: User, clock: VirtualClock) -> None:
    url = (await ada.call("POST", f"/api/admin/users/{user.id}/password-link")).json()["url"]
    clock.advance(24 * 3600 + 1)
    assert (await ada.http.get(url)).status_code == 403


async def test_a_disabled_user_gets_in_nowhere(
    ada: Paxs, grace: Paxs, client: httpx.AsyncClient, other_user: User, app: FastAPI
) -> None:
    key = (await grace.call("POST", "/api/account/keys", json={})).json()["secret"]
    browser = Browser(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example"))
    await browser.sign_in(await browser.open("/sign-in"), "grace@example.com")
    assert (await ada.call("POST", f"/api/admin/users/{other_user.id}/disable")).status_code == 204
    assert (await grace.get("/api/sessions")).status_code == 401
    assert await answered(client, key) == 401
    assert "You are signed in" not in (await browser.open("/")).text
    page = await browser.send(await browser.open("/sign-in"), email="grace@example.com", password=PASSWORD)
    assert page.status_code == 403
    assert "This account is disabled" in page.text
    assert (await ada.call("POST", f"/api/admin/users/{other_user.id}/enable")).status_code == 204
    assert await answered(client, key) == 200


async def test_only_the_owner_manages_users_and_nobody_the_owner(
    ada: Paxs, grace: Paxs, user: User, other_user: User
) -> None:
    assert (await grace.get("/api/admin/users")).status_code == 403
    assert (await grace.call("DELETE", f"/api/admin/users/{user.id}")).status_code == 403
    assert (await ada.call("DELETE", f"/api/admin/users/{user.id}")).status_code == 409
    assert (await ada.call("POST", f"/api/admin/users/{user.id}/disable")).status_code == 409
    assert {each["email"] for each in (await ada.get("/api/admin/users")).json()} == {user.email, other_user.email}


async def test_a_deleted_user_leaves_a_receipt_and_nothing_else(
    ada: Paxs, grace: Paxs, other_user: User, services: Services
) -> None:
    recording = await grace.upload((await grace.create_session())["id"])
    kept = await ada.upload((await ada.create_session())["id"])
    await Worker(services).drain()
    await grace.get(f"/api/recordings/{recording['id']}/media")
    async with services.db.reading() as read:
        columns = metadata.tables["recordings"].c
        key = (await read.execute(select(columns.storage_key).where(columns.id == recording["id"]))).scalar_one()
    receipt = (await ada.call("DELETE", f"/api/admin/users/{other_user.id}")).json()
    assert receipt["rows"]["meetings"] == receipt["rows"]["recordings"] == receipt["rows"]["users"] == 1
    assert receipt["rows"]["reports"] == 2
    assert receipt["rows"]["accesses"] == 1
    assert receipt["recordings"][0]["id"] == recording["id"]
    assert receipt["email_sha256"] == hashlib.sha256(b"grace@example.com").hexdigest()
    rest = {name: value for name, value in receipt.items() if name != "sha256"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert receipt["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    async with services.db.reading() as read:
        assert await counts(read, other_user.id) == {}
        assert (await read.execute(select(removal_receipts.c.receipt))).scalar_one() == receipt
    assert await services.storage.head(key) is None
    assert (await ada.get(f"/api/recordings/{kept['id']}/media")).status_code == 200
    assert (await grace.get("/api/sessions")).status_code == 401


def test_every_table_that_names_a_user_is_emptied_with_them() -> None:
    """A new table cannot be forgotten: what has an owner's column, or hangs on such a table, belongs to somebody."""
    nobodys = {table.name for table in metadata.sorted_tables if of_user(table, "x") is None}
    assert not {name for name in nobodys for column in metadata.tables[name].c if column.name in OWNERS}
    assert nobodys == {
        *("alembic_version",) * ("alembic_version" in metadata.tables),
        *("oauth_foreign_sign_ins", "rate_limits", "removal_receipts", "setup_tokens"),
        *("sign_in_places", "storage_disposals", "webhook_queues"),
    }


async def test_a_user_whose_bot_is_in_a_call_stays(
    ada: Paxs, grace: Paxs, other_user: User, services: Services, client: httpx.AsyncClient
) -> None:
    key = (await grace.call("POST", "/api/account/keys", json={})).json()["secret"]
    body = {"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "B", "reserved": False}
    made = await client.post("/bots", json=body, headers={"x-meeting-baas-api-key": key})
    assert made.status_code == 200, made.text
    bots = metadata.tables["bots"]
    async with services.db.transaction() as tx:
        await tx.execute(bots.update().values(state="in_call"))
    answer = await ada.call("DELETE", f"/api/admin/users/{other_user.id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bots_running")
    async with services.db.transaction() as tx:
        await tx.execute(bots.update().values(state="queued"))
    assert (await ada.call("DELETE", f"/api/admin/users/{other_user.id}")).status_code == 200


async def test_accesses_are_kept_for_the_owner(ada: Paxs, grace: Paxs, services: Services, clock: VirtualClock) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    await Worker(services).drain()
    path = f"/api/recordings/{recording['id']}"
    for _ in range(5):  # a player asks for many ranges
        await ada.get(f"{path}/media", headers={"Range": "bytes=0-99"})
    await ada.get(f"{path}/transcript.srt")
    await ada.get(f"{path}/analysis")
    log = (await ada.get(f"{path}/access")).json()
    assert [(line["action"], line["detail"], line["via"]) for line in reversed(log)][:2] == [
        ("played", "media", "program"),
        ("exported", "transcript.srt", "program"),
    ]
    assert {line["detail"] for line in log if line["action"] == "read"} == {"transcription", "meeting note"}
    assert all(line["label"] == "this server's command line" for line in log)
    assert (await grace.get(f"{path}/access")).status_code == 404
    clock.advance(91 * 24 * 3600)
    async with services.db.transaction() as tx:
        await services.access_log.forget_old(tx)
    async with services.db.reading() as read:
        assert await services.access_log.of_recording(read, log[0]["actor_id"], recording["id"]) == []
