"""Asking one's meetings, against a model that is served on loopback like any OpenAI-compatible one."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from minutebook.accounts.model import User
from minutebook.answers.service import Answers
from minutebook.api.app import create_app
from minutebook.config import LlmSettings
from minutebook.language.producers.choice import model_of
from minutebook.wiring import Services
from support.people import Held, Person, person

QUESTION = "When is the launch?"


@dataclass
class Model:
    """What it says next, be it sentences or a status; and what it was asked."""

    says: Any = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @property
    def shown(self) -> str:
        return str(self.asked[-1]["messages"][-1]["content"])

    def line(self, words: str) -> int:
        """The number of the line that holds these words."""
        found = re.search(rf"\[(\d+)\][^\n]*{words}", self.shown)
        assert found is not None, self.shown
        return int(found[1])

    def answer(self) -> tuple[int, bytes]:
        if isinstance(self.says, int):
            return self.says, b"{}"
        says = self.says(self) if callable(self.says) else self.says
        content = says if isinstance(says, str) else json.dumps({"sentences": says})
        return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            made.asked.append(json.loads(self.rfile.read(length)))
            assert self.path == "/v1/chat/completions"
            status, body = made.answer()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def asking(services: Services, model: Model) -> Services:
    settings = LlmSettings(base_url=model.url, model="small", attempts=1, timeout_s=10)
    made = Answers(services.db, services.search, services.recordings, services.results, model_of(settings))
    return replace(services, answers=made)


@pytest.fixture
async def ada(asking: Services, user: User) -> AsyncIterator[Person]:
    made = await person(create_app(asking), asking, user)
    yield made
    await made.http.aclose()


@pytest.fixture
async def grace(asking: Services, other_user: User) -> AsyncIterator[Person]:
    made = await person(create_app(asking), asking, other_user)
    yield made
    await made.http.aclose()


async def test_each_sentence_leads_to_the_second_where_it_was_said(ada: Person, held: Held, model: Model) -> None:
    assert "Ask your meetings" in (await ada.open("/search")).text

    def says(asked: Model) -> list[dict[str, Any]]:
        line = asked.line("decided to move the launch")
        return [
            {"text": "We decided to move the launch.", "lines": [line]},
            {"text": "We decided to move the launch by 12 weeks.", "lines": [line]},
            {"text": "We decided not to move the launch.", "lines": [line]},
            {"text": "The launch was called off.", "lines": []},
            {"text": "The launch was moved.", "lines": [999]},
            {"text": "Everybody decided that cats rule the moon.", "lines": [line]},
        ]

    model.says = says
    page = await ada.send("/search/ask", {"q": QUESTION})
    assert page.status_code == 200
    assert '<p dir="auto">We decided to move the launch.</p>' in page.text
    assert f'href="{held.path}?t=' in page.text
    for invented in ("12 weeks", "not to move", "called off", "was moved.", "cats rule"):
        assert invented not in page.text
    assert "5 sentences were left out" in page.text


async def test_what_was_not_said_is_told_so(ada: Person, grace: Person, held: Held, model: Model) -> None:
    assert "Not said in your meetings" in (await ada.send("/search/ask", {"q": QUESTION})).text
    assert len(model.asked) == 1
    assert "Not said in your meetings" in (await ada.send("/search/ask", {"q": "Elephants?"})).text
    assert "Not said in your meetings" in (await grace.send("/search/ask", {"q": QUESTION})).text
    assert len(model.asked) == 1, "nothing to show, nothing to ask; and nobody else's words are ever shown"


async def test_a_model_that_cannot_be_used(ada: Person, held: Held, model: Model) -> None:
    for says in (500, "no JSON", json.dumps({"answer": "yes"}), json.dumps([1])):
        model.says = says
        page = await ada.send("/search/ask", {"q": QUESTION})
        assert page.status_code == 503, says
        assert "language model gave no usable answer" in page.text
    assert (await ada.send("/search/ask", {"q": " "})).status_code == 400
    assert (await ada.send("/search/ask", {"q": "x" * 301})).status_code == 400
    assert (await ada.http.post("/search/ask", data={"q": QUESTION})).status_code == 403


async def test_what_a_model_says_stays_text(ada: Person, held: Held, model: Model) -> None:
    model.says = lambda asked: [
        {"text": "<b>move</b> the launch<script>x</script>", "lines": [asked.line("decided to move")]},
        {"text": 7, "lines": "x"},
        {"text": "launch", "lines": [True, -1, "0", None]},
    ]
    page = await ada.send("/search/ask", {"q": f"{QUESTION} <script>y</script>"})
    assert page.status_code == 200
    assert "<script>x" not in page.text
    assert "<script>y" not in page.text
    assert "<b>" not in page.text


async def test_without_a_model_nobody_is_invited_to_ask(services: Services, user: User) -> None:
    made = await person(create_app(services), services, user)
    assert "Ask your meetings" not in (await made.open("/search")).text
    assert (await made.send("/search/ask", {"q": QUESTION})).status_code == 409
    await made.http.aclose()
