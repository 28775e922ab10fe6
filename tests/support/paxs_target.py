"""The servers that the client suite runs against, and the person who signs in there."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx

from minutebook.client import MemoryTokens, Paxs, Tokens


@dataclass(frozen=True)
class Target:
    """A PAXS server. `decide(link, allow)` does what a person does there; returns the last page's text."""

    name: str
    url: str
    email: str
    decide: Callable[[str, bool], str]

    def tokens(self) -> Tokens:
        """A fresh pair, by a real sign-in."""
        store = MemoryTokens()
        with Paxs(self.url, store, sleep=brief) as client:
            client.oauth.by_agent(lambda link: self.decide(link, True))
        tokens = store.load()
        assert tokens is not None
        return tokens


def brief(seconds: float) -> None:
    """The client's pauses, shortened: a real server works in real time, but not in steps of 5 s."""
    time.sleep(min(seconds, 0.25))


class _Form(HTMLParser):
    """The fields and the target of a page's first form."""

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


def person(url: str, email: str, password: str) -> Callable[[str, bool], str]:
    """Somebody who opens the link, signs in when asked to, and decides; every time in a browser without cookies."""

    def decide(link: str, allow: bool) -> str:
        with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as browser:
            page = browser.get(link)
            if "<h1>Sign in</h1>" in page.text:
                form = _Form(page.text)
                page = browser.post(form.action, data=form.fields | {"email": email, "password": password})
            form = _Form(page.text)
            return browser.post(form.action, data=form.fields | {"decision": "allow" if allow else "deny"}).text

    return decide
