"""Sign-in, setup and consent as a browser sees them."""

import re
from typing import Any

import httpx
import pytest

from minutebook.accounts.model import User
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.browser import Browser

AUTHORIZE = "/api/oauth/provider/authorize"
LINK = {"response_type": "code", "redirect_uri": "http://localhost:3000/callback", "state": "s"}


@pytest.fixture
async def setup_token(services: Services) -> str:
    async with services.db.transaction() as tx:
        token = await services.accounts.setup_token(tx)
        assert token is not None
        return token


def cookie(answer: httpx.Response, name: str) -> str:
    return next(line for line in answer.headers.get_list("set-cookie") if line.startswith(name))


async def test_pages_are_accessible_html(browser: Browser, client: httpx.AsyncClient) -> None:
    sign_in = await browser.open("/sign-in")
    consent = await browser.sign_in(await browser.open(AUTHORIZE, **LINK))
    error = await client.get(AUTHORIZE)
    for page in (sign_in, consent, error):
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert '<html lang="en">' in page.text
        assert "<main>" in page.text
        assert page.text.count("<h1>") == 1
        assert re.search(r"<title>.+ · Minutebook</title>", page.text, re.DOTALL)
        assert "<script" not in page.text
        assert "style=" not in page.text
        inputs = re.findall(r'<input id="([^"]+)"', page.text)
        assert all(f'<label for="{name}">' in page.text for name in inputs)


async def test_policy_of_pages(browser: Browser) -> None:
    page = await browser.open("/sign-in")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self'")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("uri", "source"),
    [("http://localhost:3000/callback", "http://localhost:3000"), ("http://[::1]:9/", "http:")],
)
async def test_consent_may_lead_to_the_client(browser: Browser, uri: str, source: str) -> None:
    page = await browser.sign_in(await browser.open(AUTHORIZE, **LINK | {"redirect_uri": uri}))
    assert page.headers["content-security-policy"].endswith(f"form-action 'self' {source}")


async def test_style_sheet_and_icon(client: httpx.AsyncClient) -> None:
    for path, kind in (("/static/minutebook.css", "text/css"), ("/static/icon.svg", "image/svg+xml")):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "public, max-age=3600"
    for path in ("/static/nothing.css", "/static/../render.py", "/static/%2e%2e/render.py", "/static/"):
        assert (await client.get(path)).status_code == 404


async def test_wrong_password_shows_the_form_again(browser: Browser) -> None:
    page = await browser.open("/sign-in", next="/somewhere")
    again = await browser.send(page, email="ada@example.com", password="wrong password")
    assert again.status_code == 401
    assert 'role="alert"' in again.text
    assert 'href="#password"' in again.text
    assert 'aria-invalid="true"' in again.text
    assert 'value="ada@example.com"' in again.text
    assert "wrong password" not in again.text
    answer = await browser.send(again, email="ada@example.com", password="correct horse battery")
    assert answer.headers["location"] == "/somewhere"


async def test_sign_in_is_limited(browser: Browser, clock: VirtualClock) -> None:
    page = await browser.open("/sign-in")
    for _ in range(10):
        assert (await browser.send(page, email="ada@example.com", password="wrong")).status_code == 401
    limited = await browser.send(page, email="ada@example.com", password="correct horse battery")
    assert limited.status_code == 429
    assert int(limited.headers["retry-after"]) > 0
    clock.advance(int(limited.headers["retry-after"]))
    assert (await browser.send(page, email="ada@example.com", password="correct horse battery")).status_code == 303


@pytest.mark.parametrize(
    ("next_path", "location"),
    [
        ("/a?b=c%20d", "/a?b=c%20d"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
async def test_sign_in_leads_nowhere_else(browser: Browser, next_path: str, location: str) -> None:
    page = await browser.open("/sign-in", next=next_path)
    fields = {"email": "ada@example.com", "password": "correct horse battery"}
    assert (await browser.send(page, **fields)).headers["location"] == location
    page = await browser.open("/sign-in")
    assert (await browser.send(page, **fields, next=next_path)).headers["location"] == location


async def test_cookies_are_out_of_reach(browser: Browser) -> None:
    page = await browser.open("/sign-in")
    answer = await browser.send(page, email="ada@example.com", password="correct horse battery")
    for line in (cookie(page, "minutebook_browser"), cookie(answer, "minutebook_session")):
        assert "HttpOnly" in line
        assert "samesite=lax" in line.lower()
        assert "secure" not in line.lower()


async def test_cookies_are_secure_behind_https(browser: Browser, services: Services) -> None:
    services.settings.http.base_url = "https://minutebook.example"
    assert "secure" in cookie(await browser.open("/sign-in"), "__Host-minutebook_browser").lower()


async def test_sign_in_makes_a_new_session_and_ends_the_old_one(browser: Browser, services: Services) -> None:
    await browser.sign_in(await browser.open("/sign-in"))
    old = browser.http.cookies["minutebook_session"]
    await browser.sign_in(await browser.open("/sign-in"))
    assert browser.http.cookies["minutebook_session"] != old
    async with services.db.reading() as connection:
        assert await services.accounts.user_of_web_session(connection, old) is None


async def test_sign_out(browser: Browser) -> None:
    home = await browser.sign_in(await browser.open("/sign-in"))
    assert 'title="ada@example.com">Ada Lovelace<' in home.text
    session = browser.http.cookies["minutebook_session"]
    assert (await browser.send(home)).status_code == 303
    browser.http.cookies.set("minutebook_session", session)
    assert "You are signed in" not in (await browser.open("/")).text


async def test_another_account(browser: Browser, other_user: User) -> None:
    page = await browser.sign_in(await browser.open(AUTHORIZE, **LINK))
    fields = dict(re.findall(r'name="(form_token|next)" value="([^"]+)"', page.text))
    fields["next"] = fields["next"].replace("&amp;", "&")
    answer = await browser.http.post("/sign-out", data=fields)
    page = await browser.open(answer.headers["location"])
    page = await browser.sign_in(page, "grace@example.com")
    assert "Grace Hopper" in page.text
    assert "localhost:3000" in page.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/setup", AUTHORIZE])
@pytest.mark.parametrize("token", [None, "", "wrong", "ü"])
async def test_forms_from_elsewhere_are_refused(browser: Browser, path: str, token: str | None) -> None:
    await browser.sign_in(await browser.open("/sign-in"))
    fields = {**LINK, "decision": "allow", "email": "ada@example.com", "password": "correct horse battery"}
    answer = await browser.http.post(path, data=fields if token is None else fields | {"form_token": token})
    assert answer.status_code == 403
    assert "form_outdated" in answer.text
    assert "location" not in answer.headers


async def test_another_browsers_form_is_refused(browser: Browser, client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in")
    assert (await browser.send(page, email="ada@example.com", password="x")).status_code == 403


async def test_a_form_from_before_sign_in_is_refused_after_it(browser: Browser) -> None:
    page = await browser.open("/sign-in")
    await browser.sign_in(page)
    assert (await browser.send(page, email="ada@example.com", password="correct horse battery")).status_code == 403


async def test_decision_without_a_session_asks_to_sign_in_again(browser: Browser, clock: VirtualClock) -> None:
    page = await browser.sign_in(await browser.open(AUTHORIZE, **LINK))
    clock.advance(7 * 24 * 3600)
    answer = await browser.send(page, decision="allow")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


async def test_setup_creates_the_owner_and_signs_in(
    client: httpx.AsyncClient, setup_token: str, clock: VirtualClock
) -> None:
    sign_in = await client.get("/sign-in")
    assert "Nobody has an account yet" in sign_in.text
    page = await client.get("/setup", params={"token": setup_token})
    assert page.status_code == 200
    fields = dict(re.findall(r'name="(form_token|token)" value="([^"]+)"', page.text))
    person = {"email": "ada@example.com", "display_name": "Ada", "password": "correct horse battery"}
    for wrong in ({"password": "short"}, {"email": "nobody"}, {"display_name": " "}, {"email": "x" * 5000}):
        again = await client.post("/setup", data=fields | person | wrong)
        assert again.status_code == 400
        assert f'href="#{next(iter(wrong))}"' in again.text
    done = await client.post("/setup", data=fields | person)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert ">Ada" in (await client.get("/")).text
    used = await client.get("/setup", params={"token": setup_token})
    assert used.status_code == 403
    assert "This link was used: this server has its owner." in used.text
    assert 'href="/sign-in"' in used.text


@pytest.mark.parametrize("token", ["", "mbs_wrong", "\0"])
async def test_setup_needs_its_link(client: httpx.AsyncClient, setup_token: str, token: str) -> None:
    answer = await client.get("/setup", params={"token": token})
    assert answer.status_code == 403
    assert "This link is not the newest." in answer.text


async def test_setup_is_closed_when_there_are_users(
    client: httpx.AsyncClient, services: Services, setup_token: str, user: User
) -> None:
    assert (await client.get("/setup", params={"token": setup_token})).status_code == 403


async def test_what_people_type_is_escaped(client: httpx.AsyncClient, setup_token: str) -> None:
    page = await client.get("/setup", params={"token": setup_token})
    fields = dict(re.findall(r'name="(form_token|token)" value="([^"]+)"', page.text))
    evil = '"><script>alert(1)</script>'
    again = await client.post("/setup", data=fields | {"email": evil, "display_name": evil, "password": "x"})
    assert "<script" not in again.text


async def test_without_google_there_is_no_google(browser: Browser) -> None:
    assert "Google" not in (await browser.open("/sign-in")).text
    for path in ("/sign-in/google", "/sign-in/google/callback"):
        answer = await browser.open(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/setup", AUTHORIZE])
@pytest.mark.parametrize(
    "request_",
    [
        {"content": b"\xff\x00", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"files": {"form_token": ("a", b"b")}},
        {"data": {f"f{i}": "x" for i in range(100)}},
        {"json": {}},
    ],
)
async def test_malformed_forms_are_refused_as_pages(browser: Browser, path: str, request_: dict[str, Any]) -> None:
    answer = await browser.http.post(path, **request_)
    assert answer.status_code in {400, 403}
    assert answer.headers["content-type"].startswith("text/html")
