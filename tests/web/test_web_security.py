"""Every page: nobody's data is another's, what was said stays text, and the policy holds."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from minutebook.accounts.model import User
from minutebook.analysis.voices.model import Naming
from minutebook.api.web import PAGES
from minutebook.bots.model import BotWish
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.preferences import repository as preferences
from minutebook.preferences.model import Preferences
from minutebook.templates.model import SectionDraft, TemplateDraft
from minutebook.webhooks.model import MessageQuery
from minutebook.wiring import Services
from support.people import Held, Person
from support.records import Paxs, Worker, wav

HOSTILE = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
    "</textarea><script>alert(1)</script>",
    'javascript:alert(1)//" onmouseover="alert(1)',
    "</title><svg onload=alert(1)>",
    "%(name)s %s %",
)

OPEN = {
    "/sign-in",
    "/sign-out",
    "/setup",
    "/sign-in/{name}",
    "/sign-in/{name}/callback",
    "/s/{secret}",
    "/s/{secret}/audio",
    "/docs",
}
"""For anybody, by design; suites of their own test them."""


def routes() -> Iterator[tuple[str, str]]:
    """(method, path template) of every page for somebody who is signed in."""
    for router in PAGES:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path not in OPEN and not route.path.startswith("/api/oauth"):
                # OPTIONS tells anybody which parts of tus the server speaks.
                yield from ((method, route.path) for method in route.methods or () if method != "OPTIONS")


def test_there_are_pages() -> None:
    assert len(set(routes())) > 20


async def test_nobody_gets_in_without_signing_in(client: httpx.AsyncClient, held: Held) -> None:
    for method, path in sorted(set(routes())):
        if method == "OPTIONS":  # what a server of uploads can: says nothing of anybody
            continue
        address = path.format(meeting_id=held.meeting_id, export_format="txt", **OTHERS)
        answer = await client.request(method, address, headers={"Tus-Resumable": "1.0.0"})
        refused = answer.status_code in {401, 403} or (
            answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        )
        assert refused, (method, path, answer.status_code)


OTHERS = dict.fromkeys(
    (
        "template_id",
        "key_id",
        "bot_id",
        "message_id",
        "session_id",
        "program_id",
        "calendar_id",
        "event_id",
        "upload_id",
        "group_id",
        "user_id",
        "voice_id",
        "number",
    ),
    "00000000-0000-7000-8000-000000000000",
)
FIELDS = {
    "speaker": "speaker_1",
    "name": "Mallory",
    "place": "0",
    "text": "Mine",
    "item": "0",
    "turn": "0",
    "act": "trash",
    "type": "sentiment",
}


async def test_another_persons_meetings_are_not_found(ada: Person, grace: Person, held: Held) -> None:
    before = (await ada.open(held.path)).text
    tried = 0
    for method, path in sorted(set(routes())):
        if "{meeting_id}" not in path:
            continue
        address = path.format(meeting_id=held.meeting_id, export_format="txt", **OTHERS)
        query = {"speaker": "speaker_1", "place": "0", "item": "0"}
        if method == "POST":
            answer = await grace.send(address, FIELDS)
        else:
            answer = await grace.http.request(method, address, params=query)
        assert answer.status_code == 404, (method, path, answer.text[:300])
        tried += 1
    assert tried >= 12
    several = {"chosen": held.meeting_id, "back": "/"}
    for act in ("trash", "tag", "untag", "delete", "restore"):
        await grace.send("/meetings/several", {**several, "act": act, "tag": "Mine"})
    async with grace.http.stream("GET", f"/events?meeting={held.meeting_id}") as stream:
        told = "".join([chunk async for chunk in stream.aiter_text()])
    assert told == "event: end\ndata: {}\n\n"
    assert held.meeting_id not in (await grace.open("/")).text
    assert strip(before) == strip((await ada.open(held.path)).text)


async def test_what_hangs_on_the_account_is_ones_own(
    ada: Person, grace: Person, held: Held, services: Services, user_token: Any
) -> None:
    await user_token("session")
    async with services.db.transaction() as tx:
        me, accounts = ada.user.id, services.accounts
        key, _ = await accounts.management.create_api_key(tx, ada.user, "Scheduler")
        await accounts.open_web_session(tx, ada.user)
        draft = TemplateDraft(name="Mine", sections=[SectionDraft(("action",))])
        template = await services.templates.create(tx, me, draft)
        group_id = await services.sharing.groups.create(tx, me, "Board")
        await services.webhooks.set_account_url(tx, me, "https://hooks.example.com/bots")
        wish = BotWish(meeting_url="https://meet.google.com/abc-defg-hij", bot_name="Ada's bot")
        bot = await services.bots.create(tx, me, wish, api_key=None)
        await services.bots.leave(tx, me, bot.id)
    async with services.db.reading() as read:
        sessions = await services.accounts.management.sessions(read, me)
        program = next(iter(await services.oauth.programs(read, me)))
        messages = await services.webhooks.list(read, MessageQuery(owner_id=me))
    paths = [
        f"/settings/keys/{key.id}/revoke",
        f"/settings/sign-ins/{sessions[0].id}/end",
        f"/settings/programs/{program.id}/revoke",
        f"/settings/templates/{template.id}/delete",
        f"/settings/groups/{group_id}",
        f"/my/bots/{bot.id}/leave",
        *(f"/my/bots/messages/{message.id}/replay" for message in messages),
    ]
    assert len(paths) >= 7, "a bot that was called off is told of"
    for path in paths:
        assert (await grace.send(path, {"act": "delete"})).status_code == 404, path
    for page in ("/settings", "/my/bots"):
        shown = (await grace.open(page)).text
        for hers in ("Scheduler", "Board", "Ada&#39;s bot", "hooks.example.com", group_id, key.id, program.id):
            assert hers not in shown, (page, hers)
    for path in paths[:5]:
        assert (await ada.send(path, {"act": "delete"})).status_code == 303, path


def strip(page: str) -> str:
    return re.sub(r'(form_token" value|data-token)="[^"]*"', "", page)


async def test_forms_of_other_sites_change_nothing(ada: Person, held: Held) -> None:
    await ada.token()
    for method, path in sorted(set(routes())):
        if method != "POST" or path == "/meetings/new":  # which has a test of its own
            continue
        address = path.format(meeting_id=held.meeting_id, **OTHERS)
        for token in ({}, {"form_token": "x" * 64}):
            answer = await ada.http.post(address, data={**FIELDS, "chosen": held.meeting_id, **token})
            assert answer.status_code == 403, (path, answer.status_code)
            assert "form_outdated" in answer.text, path
    assert (await ada.open(held.path)).status_code == 200


class Tags(HTMLParser):
    """What a browser would take a page for: elements, and attributes that run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.wrong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given)
        for name, value in attrs:
            leads = name in {"href", "src", "action", "formaction"}
            runs = leads and (value or "").strip().lower().startswith("javascript:")
            if name.startswith("on") or name == "style" or runs:
                self.wrong.append(f"<{tag} {name}={value}>")
        if tag in {"iframe", "object", "embed", "base"} or (tag == "img" and not str(given.get("src")).startswith("/")):
            self.wrong.append(f"<{tag}>")


@pytest.fixture(params=HOSTILE)
async def hostile(
    request: pytest.FixtureRequest, client: httpx.AsyncClient, services: Services, user: User, user_token: Any
) -> str:
    """A meeting in which everything that people can write holds an attack; its id."""
    text = str(request.param)
    people = [AttendeeDraft("mallory@example.com", text), AttendeeDraft("ada@example.com", "Ada")]
    async with services.db.transaction() as tx:
        meeting = await services.meetings.create(tx, user.id, MeetingDraft(text, text, people))
        await services.library.tag(tx, user.id, [meeting.id], text[:50])
    worker = Worker(services)
    worker.pipeline.talk = (
        ("speaker_1", 0.5, 5.0, f"We decided to move the launch to {text} on Monday."),
        ("speaker_2", 5.5, 9.0, f"I will send {text} to the board by Thursday."),
    )
    paxs = Paxs(client, await user_token())
    sent = await paxs.send(meeting.id, (f"{text.replace('/', '')}.wav", wav(), "audio/wav"))
    assert sent.status_code == 201
    await worker.drain()
    async with services.db.transaction() as tx:
        naming = [Naming("speaker_1", name=text)]
        await services.naming.name_speakers(tx, user.id, sent.json()["id"], naming)
        await services.accounts.management.create_api_key(tx, user, text)
        await services.sharing.groups.create(tx, user.id, text)
        draft = TemplateDraft(name=text[:60], sections=[SectionDraft(("action",), heading=text[:60])], instruction=text)
        await services.templates.create(tx, user.id, draft)
        await preferences.save(tx, user.id, Preferences((text[:60],)))
        wish = BotWish(meeting_url="https://meet.google.com/abc-defg-hij", bot_name=text)
        await services.bots.create(tx, user.id, wish, api_key=None)
    return str(meeting.id)


async def test_what_people_write_stays_text(ada: Person, hostile: str) -> None:
    paths = ["/", "/?q=%22%3E%3Cscript%3E&person='%3E&tag=%3Cscript%3E", f"/meetings/{hostile}"]
    paths += [
        f"/meetings/{hostile}/{part}"
        for part in ("entry", "record", "history", "speaker?speaker=speaker_1", "segment?place=0", "item?item=0")
    ]
    paths += ["/search?q=launch", "/search?q=%22%3E%3Cscript%3E&person=%27%3E&since=%3C", f"/meetings/{hostile}/share"]
    paths += [f"/meetings/{hostile}/versions", f"/search?q=board&meeting={hostile}"]
    paths += ["/settings", "/settings/server", "/my/bots", "/my/calendars", "/meetings/trash", "/meetings/new"]
    paths += [await link_to(ada, hostile)]
    shown = 0
    for path in paths:
        for ask in (ada.open, ada.part):
            page: httpx.Response = await ask(path)
            if page.status_code == 404 and "item?" in path:
                continue
            assert page.status_code == 200, (path, page.text[:500])
            tags = Tags(page.text)
            assert tags.wrong == [], path
            assert all(str(script.get("src")).startswith("/static/") for script in tags.scripts), path
            assert "49" not in re.findall(r"\b49\b", page.text)
            shown += 1
    assert shown >= 30


async def link_to(who: Person, meeting_id: str) -> str:
    """The path of a link that shows all of a meeting."""
    fields = {"recording": "on", "transcript": "on", "expires": "day"}
    made = await who.send(f"/meetings/{meeting_id}/share", fields)
    found = re.search(r'value="http://minutebook\.example(/s/mbs_[\w-]+)"', made.text)
    assert found is not None
    return found[1]


async def test_forms_that_come_back_show_what_was_sent_as_text(ada: Person) -> None:
    for text in HOSTILE:
        for path, fields in (
            ("/settings/preferences", {"sound_days": text, "meeting_days": ""}),
            ("/settings/webhook", {"webhook_url": text}),
            ("/settings/server/users", {"email": text, "display_name": text}),
            ("/settings/templates", {"name": text * 50, "kind": "action"}),
            ("/settings/templates", {"name": text, "kind": "action", "instruction": text, "act": "preview"}),
            ("/settings/groups", {"name": text * 50}),
            ("/settings/keys", {"name": text}),
            ("/my/calendars", {"provider": "google", "client_id": text, "client_secret": text, "refresh_token": ""}),
            ("/my/bots", {"meeting_url": text, "bot_name": text}),
            ("/my/calendars", {"url": text}),
            ("/search/ask", {"q": text}),
            ("/meetings/new/from-link", {"url": text, "title": text, "attendees": text}),
        ):
            page = await ada.send(path, fields)
            assert page.status_code in {200, 303, 400, 404, 409}, (path, page.status_code)
            tags = Tags(page.text)
            assert tags.wrong == [], path
            assert all(str(script.get("src")).startswith("/static/") for script in tags.scripts), path


async def test_every_page_has_a_strict_policy(ada: Person, held: Held) -> None:
    for path in (
        "/",
        "/meetings/new",
        "/meetings/trash",
        held.path,
        f"{held.path}/history",
        "/settings",
        "/settings/server",
        "/search",
        f"{held.path}/share",
        f"{held.path}/versions",
        "/my/bots",
        "/my/calendars",
    ):
        page = await ada.open(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.text.count("<h1") == 1
