"""A person in front of a browser, for tests of pages: links are followed, forms are filled in."""

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser

import httpx

PASSWORD = "correct horse battery"
AUTHORIZE = "/api/oauth/provider/authorize"
IssueToken = Callable[..., Awaitable[str]]


class Form(HTMLParser):
    """The fields and the target of the first form of a page, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._forms = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms += 1
            self.action = self.action or given["action"]
        if tag == "input" and self._forms == 1:
            self.fields[given["name"]] = given.get("value", "")


class Browser:
    """A person in front of a browser: keeps cookies, fills forms in, follows redirects on this server."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def open(self, url: str, **params: str) -> httpx.Response:
        return await self.http.get(url, params=params or None, follow_redirects=True)

    async def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        form = Form(page.text)
        return await self.http.post(form.action, data=form.fields | fields)

    async def sign_in(self, page: httpx.Response, email: str = "ada@example.com") -> httpx.Response:
        answer = await self.send(page, email=email, password=PASSWORD)
        return await self.open(answer.headers["location"]) if answer.is_redirect else answer

    async def decide(self, decision: str, **params: str) -> httpx.Response:
        """Open a consent link, sign in when asked to, and decide."""
        page = await self.open(AUTHORIZE, **params)
        if "<h1>Sign in</h1>" in page.text:
            page = await self.sign_in(page)
        assert page.status_code == 200, page.text
        return await self.send(page, decision=decision)
