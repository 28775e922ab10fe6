"""Names and cookies that are not ours."""

import httpx
import pytest
from fastapi import FastAPI

from minutebook.api.app import create_app
from minutebook.api.edge import host_name
from minutebook.wiring import Services
from support.browser import Browser

METADATA = "/.well-known/oauth-authorization-server"


def client_of(app: FastAPI, base: str = "http://127.0.0.1:8000") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)


STRANGE = (
    *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost@evil.example"),
    *("a b", "", "[::1", "6.6.6.6"),
)


async def test_strange_hosts_are_refused_everywhere(app: FastAPI) -> None:
    for path in (METADATA, "/", "/api/users/me", "/bots/", "/api/oauth/provider/token"):
        for host in STRANGE:
            answer = await client_of(app).get(path, headers={"Host": host})
            assert answer.status_code == 421
            assert "host_unknown" in answer.text or path.endswith("token")
            assert "evil" not in answer.text
    assert "MINUTEBOOK_HTTP__ALLOWED_HOSTS=" in (await client_of(app).get(METADATA, headers={"Host": "nas.lan"})).text


async def test_this_machine_is_ours(app: FastAPI) -> None:
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST", "localhost."):
        assert (await client_of(app).get(METADATA, headers={"Host": host})).status_code == 200


async def test_the_address_that_the_connection_arrived_at_is_ours(app: FastAPI) -> None:
    assert (await client_of(app, "http://192.0.2.4:8000").get(METADATA)).json()["issuer"] == "http://192.0.2.4:8000"


async def test_configured_names_are_ours(services: Services) -> None:
    services.settings.http.base_url = "https://minutes.example/"
    services.settings.http.allowed_hosts = ["minutebook"]
    services.settings.bots.home_url = "http://home:8000"
    app = create_app(services)
    for host in ("minutes.example", "minutebook:8000", "home:8000"):
        answer = await client_of(app).get(METADATA, headers={"Host": host})
        assert answer.json()["issuer"] == "https://minutes.example"
    assert (await client_of(app).get(METADATA, headers={"Host": "evil.example"})).status_code == 421


async def test_forwarded_host_and_scheme_count_from_a_trusted_proxy_alone(services: Services) -> None:
    from ipaddress import ip_network

    services.settings.http.allowed_hosts = ["minutes.example"]
    headers = {"X-Forwarded-Host": "minutes.example", "X-Forwarded-Proto": "https"}
    untrusted = await client_of(create_app(services)).get(METADATA, headers=headers)
    assert untrusted.json()["issuer"] == "http://127.0.0.1:8000"
    services.settings.http.trusted_proxies = [ip_network("127.0.0.0/8")]
    trusted = client_of(create_app(services))
    assert (await trusted.get(METADATA, headers=headers)).json()["issuer"] == "https://minutes.example"
    evil = headers | {"X-Forwarded-Host": "evil.example"}
    assert (await trusted.get(METADATA, headers=evil)).status_code == 421


async def test_two_host_headers_are_none(app: FastAPI) -> None:
    answer = await client_of(app).get(METADATA, headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert answer.status_code == 421


async def test_probes_may_use_any_name(app: FastAPI) -> None:
    assert (await client_of(app).get("/healthz", headers={"Host": "10.1.2.3:8000"})).status_code == 200


@pytest.mark.parametrize(
    ("header", "name"),
    [("Example.COM:80", "example.com"), ("[::1]:9", "[::1]"), ("a.", "a"), ("a:b", None), ("a/b", None), ("é", None)],
)
def test_host_name(header: str, name: str | None) -> None:
    assert host_name(header) == name


async def test_cookies_of_https_are_bound_to_this_host(browser: Browser, services: Services) -> None:
    services.settings.http.base_url = "https://minutebook.example"
    browser.http.base_url = "https://minutebook.example"
    page = await browser.open("/sign-in")
    answer = await browser.send(page, email="ada@example.com", password="correct horse battery")
    for line in (page.headers["set-cookie"], answer.headers["set-cookie"]):
        assert line.startswith("__Host-minutebook_")
        assert "Secure" in line
        assert "Path=/" in line
        assert "domain" not in line.lower()


async def test_planted_cookies_make_no_form_token(browser: Browser, services: Services) -> None:
    """Who can set a cookie here (a neighbour below the same domain) still cannot compute what a form must carry."""
    from minutebook.kit.ids import fingerprint

    browser.http.cookies.set("minutebook_browser", "planted", domain="minutebook.example")
    form = {"form_token": fingerprint("form|planted|"), "email": "ada@example.com", "password": "correct horse battery"}
    answer = await browser.http.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "form_outdated" in answer.text
