"""Settings, bots and calendars: what can be done there, and that it is one's own."""

import re
from typing import cast

import pytest
from sqlalchemy import update

from minutebook.api.web.devices import browser_and_system
from minutebook.bots.model import BotWish
from minutebook.bots.protocol import CommandAnswer
from minutebook.bots.repository import pieces
from minutebook.bots.repository.bots import bots
from minutebook.bots.storage_keys import screenshot_key
from minutebook.wiring import Services
from support.bots import WAY_IN, Runner, Stage
from support.people import Held, Person


def ids(page: str, path: str) -> list[str]:
    return re.findall(rf'action="{path}/([0-9a-f-]+)/', page)


@pytest.mark.parametrize("path", ["/settings", "/my/bots", "/my/calendars"])
async def test_pages_open(ada: Person, path: str) -> None:
    page = await ada.open(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert f'<a href="{path}" aria-current="page">' in page.text


async def test_a_key_is_shown_once_and_revoked(ada: Person, grace: Person) -> None:
    made = await ada.send("/settings/keys", {"name": "Scheduler"})
    secret = re.search(r"<code id=\"new-key\">(mbk_[^<]+)</code>", made.text)
    assert secret is not None
    page = (await ada.open("/settings")).text
    assert secret[1] not in page
    (key,) = ids(page, "/settings/keys")
    assert (await grace.send(f"/settings/keys/{key}/revoke")).status_code == 404
    revoked = await ada.send(f"/settings/keys/{key}/revoke")
    assert (revoked.status_code, revoked.headers["location"]) == (303, "/settings?done=key#keys")
    assert "The key is revoked" in (await ada.open("/settings?done=key")).text
    assert ids((await ada.open("/settings")).text, "/settings/keys") == []


async def test_a_template_is_previewed_over_the_newest_note(ada: Person, grace: Person, held: Held) -> None:
    fields = {"name": "Only <b>", "kind": ["decision"], "act": "preview"}
    page = (await ada.send("/settings/templates", fields)).text
    shown = page.partition("would read so:")[2].partition("</div>")[0]
    assert "Weekly" in shown
    assert "Move the launch" in shown
    assert "figures" not in shown
    assert 'value="Only &lt;b&gt;"' in page
    assert ids(page, "/settings/templates") == []
    assert "No meeting has a note yet" in (await grace.send("/settings/templates", fields)).text
    assert (await ada.send("/settings/templates", {"name": "None", "act": "preview"})).status_code == 400


async def test_templates(ada: Person, grace: Person) -> None:
    fields = {"name": "Stand-up", "kind": ["action", "question"], "instruction": "Who does what"}
    assert (await ada.send("/settings/templates", fields)).status_code == 303
    page = (await ada.open("/settings")).text
    assert "Stand-up" in page
    (template,) = ids(page, "/settings/templates")
    assert (await ada.send("/settings/templates", fields)).status_code == 409
    assert (await grace.send(f"/settings/templates/{template}/delete")).status_code == 404
    assert (await ada.send(f"/settings/templates/{template}/delete")).status_code == 303


async def test_contents_lead_to_what_is_there(ada: Person) -> None:
    page = (await ada.open("/settings")).text
    contents = page.partition('aria-label="Contents"')[2].partition("</nav>")[0]
    places = re.findall(r'href="#([\w-]+)"', contents)
    assert len(places) == len(re.findall(r'<section class="sheet"', page))
    assert [place for place in places if f'<section class="sheet" id="{place}"' not in page] == []


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36", ("Chrome", "Linux")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0",
            ("Edge", "Windows"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) Version/18.1 Safari/605.1.15", ("Safari", "macOS")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) CriOS/131.0 Safari/604.1",
            ("Chrome", "iPhone"),
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", ("Firefox", "Android")),
        ("python-httpx/0.28.1", ("python-httpx", "")),
        ("Mozilla/5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_browsers_have_names(user_agent: str, words: tuple[str, str]) -> None:
    assert browser_and_system(user_agent) == words


async def test_password_language_and_webhook(ada: Person) -> None:
    wrong = await ada.send("/settings/password", {"current": "nonsense", "password": "correct horse battery 2"})
    assert wrong.status_code == 403
    right = {"current": "correct horse battery", "password": "correct horse battery 2"}
    assert (await ada.send("/settings/password", right)).headers["location"] == "/settings?done=password#your-password"
    assert (await ada.open("/settings")).status_code == 200
    assert (await ada.send("/settings/webhook", {"webhook_url": "ftp://x"})).status_code == 400
    assert (await ada.send("/settings/webhook", {"webhook_url": "https://hooks.example.com/x"})).status_code == 303
    assert "https://hooks.example.com/x" in (await ada.open("/settings")).text
    await ada.send("/settings/language", {"language": "de"})
    assert '<html lang="de">' in (await ada.open("/settings")).text


async def test_a_bot_is_sent_and_called_off(ada: Person, grace: Person) -> None:
    fields = {"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "Minutes"}
    assert (await ada.send("/my/bots", fields)).status_code == 303
    page = (await ada.open("/my/bots")).text
    assert "Waits for its time" in page
    assert 'hx-trigger="every 3s"' in page
    (bot,) = ids(page, "/my/bots")
    assert (await ada.send("/my/bots", fields)).status_code == 409
    assert (await grace.send(f"/my/bots/{bot}/leave")).status_code == 404
    assert (await ada.send(f"/my/bots/{bot}/leave")).status_code == 303
    assert "Called off" in (await ada.part("/my/bots/list")).text
    assert (await ada.send("/my/bots", {"meeting_url": " "})).status_code == 400
    refused = await ada.send("/my/bots", {"meeting_url": "https://meet.example/room"})
    assert refused.status_code == 400
    assert "Google Meet, Microsoft Teams or Zoom" in refused.text
    assert "MINUTEBOOK_BOTS__WEBRTC_PAGES" in refused.text


async def test_a_bot_is_told_something_in_its_call(ada: Person, grace: Person, services: Services) -> None:
    await ada.send("/my/bots", {"meeting_url": "https://meet.google.com/abc-defg-hij"})
    (bot,) = ids((await ada.open("/my/bots")).text, "/my/bots")
    early = await ada.send(f"/my/bots/{bot}/tell", {"act": "pause"})
    assert early.status_code == 409
    assert "it waits for its time, or for its turn" in early.text
    (claim,) = await services.bot_dispatch.claim("here", 4)
    await services.bot_dispatch.started(claim, 4711)
    runner = await Runner(cast(Stage, services), claim).reach(*WAY_IN)
    page = (await ada.open("/my/bots")).text
    assert "Pause the recording" in page
    assert "Say it" not in page, "this server has no voice"
    assert (await grace.send(f"/my/bots/{bot}/tell", {"act": "pause"})).status_code == 404
    for fields in ({"act": "chat", "text": "Hello"}, {"act": "screenshot"}, {"act": "pause"}):
        assert (await ada.send(f"/my/bots/{bot}/tell", fields)).status_code == 303, fields
    assert (await ada.send(f"/my/bots/{bot}/tell", {"act": "chat", "text": " "})).status_code == 400
    assert (await ada.send(f"/my/bots/{bot}/tell", {"act": "dance"})).status_code == 400
    mute = await ada.send(f"/my/bots/{bot}/tell", {"act": "say", "text": "Hello"})
    assert (mute.status_code, "MINUTEBOOK_BOTS__VOICE" in mute.text) == (409, True)
    told = (await runner.beats()).commands
    assert [(each.kind, each.text) for each in told] == [("chat", "Hello"), ("screenshot", None), ("pause", None)]
    refused = CommandAnswer(told[1].id, done=False, message="The page could not be pictured.")
    await runner.beats(refused, CommandAnswer(told[2].id, done=True))
    page = (await ada.part("/my/bots/list")).text
    assert "The recording is paused: nothing is recorded now." in page
    assert "Record again" in page


async def test_a_calendar_that_cannot_be_read(ada: Person, held: Held) -> None:
    answer = await ada.send("/my/calendars", {"url": "http://127.0.0.1:1/private.ics"})
    assert 400 <= answer.status_code < 500
    assert "There is a problem" in answer.text
    nobody = "00000000-0000-7000-8000-000000000000"
    assert (await ada.send(f"/my/calendars/{nobody}/remove")).status_code == 404
    assert (await ada.send(f"/my/calendars/{nobody}/rule", {"act": "record"})).status_code == 404
    assert (await ada.send(f"/my/bots/messages/{nobody}/replay")).status_code == 404


async def test_what_a_bot_saw_and_what_to_do_about_it(ada: Person, grace: Person, services: Services) -> None:
    wish = BotWish(meeting_url="https://meet.google.com/abc-defg-hij", bot_name="Minutes")
    picture = b"\x89PNG\r\n\x1a\n-a-picture"
    async with services.db.transaction() as tx:
        bot = await services.bots.create(tx, ada.user.id, wish, api_key=None)
        key = screenshot_key(bot.id, 1, 0)
        await pieces.keep_screenshot(tx, bot.id, 1, 0, "lobby", services.clock.now(), key)
        await services.storage.put_bytes(key, picture)
    path = f"/my/bots/{bot.id}/screenshots/0"
    assert f'<img src="{path}"' in (await ada.open("/my/bots")).text
    shown = await ada.open(path)
    assert (shown.content, shown.headers["content-type"]) == (picture, "image/png")
    assert (await grace.open(path)).status_code == 404
    assert (await ada.open(f"/my/bots/{bot.id}/screenshots/1")).status_code == 404
    assert (await ada.open(f"/my/bots/{bot.id}/screenshots/x")).status_code in {404, 422, 400}
    async with services.db.transaction() as tx:
        failed = {"state": "failed", "failure": "passcode_required", "failure_message": "It wants a passcode."}
        await tx.execute(update(bots).where(bots.c.id == bot.id).values(failed))
    page = (await ada.open("/my/bots")).text
    assert "It wants a passcode. Paste the whole invitation, its passcode included." in page
    assert "What it saw" in page
