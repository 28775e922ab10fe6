"""Settings: words, groups, how long things are kept; and what the owner of the server sees and does."""

import re

import httpx
import pytest
from fastapi import FastAPI

from minutebook.kit.clock import VirtualClock
from minutebook.preferences import repository as preferences
from minutebook.wiring import Services
from support.browser import Browser
from support.people import Held, Person, person


async def test_words_days_and_groups(ada: Person, grace: Person, services: Services) -> None:
    assert (await ada.send("/settings/preferences", {"vocabulary": "Priya Nair\nKubernetes"})).status_code == 303
    assert (await ada.send("/settings/preferences", {"sound_days": "30", "meeting_days": ""})).status_code == 303
    wrong = await ada.send("/settings/preferences", {"sound_days": "soon", "meeting_days": ""})
    assert (wrong.status_code, "number of days" in wrong.text) == (400, True)
    async with services.db.reading() as read:
        kept = await preferences.load(read, ada.user.id)
        assert await preferences.load(read, grace.user.id) == type(kept)()
    assert (kept.vocabulary, kept.sound_days, kept.meeting_days) == (("Priya Nair", "Kubernetes"), 30, None)
    page = (await ada.open("/settings")).text
    assert "Kubernetes</textarea>" in page
    assert 'value="30"' in page

    assert (await ada.send("/settings/groups", {"name": "Board"})).status_code == 303
    (path,) = set(re.findall(r'action="(/settings/groups/[^"]+)"', (await ada.open("/settings")).text))
    assert (await ada.send(path, {"act": "add", "email": "nobody@example.com"})).status_code == 404
    assert (await ada.send(path, {"act": "add", "email": "GRACE@example.com"})).status_code == 303
    assert "Grace Hopper" in (await ada.open("/settings")).text
    for act in ("add", "remove", "delete"):
        assert (await grace.send(path, {"act": act, "email": "ada@example.com"})).status_code == 404
    assert (await ada.send(path, {"act": "remove", "member": grace.user.id})).status_code == 303
    assert (await ada.send(path, {"act": "delete"})).status_code == 303
    assert "/settings/groups/" not in (await ada.open("/settings")).text


async def test_the_owner_invites_disables_and_deletes(
    ada: Person, grace: Person, client: httpx.AsyncClient, services: Services
) -> None:
    assert (await grace.open("/settings/server")).status_code == 403
    page = await ada.send("/settings/server/users", {"email": "kim@example.com", "display_name": "Kim"})
    found = re.search(r"<code id=\"[^\"]+\">(http://[^<]+/password\?token=mbp_[^<]+)</code>", page.text)
    assert found is not None
    assert "mbp_" not in (await ada.open("/settings/server")).text, "shown once"
    assert (await client.get(found[1])).status_code == 200
    taken = await ada.send("/settings/server/users", {"email": "kim@example.com", "display_name": "Kim Two"})
    assert (taken.status_code, "already a user" in taken.text) == (400, True)
    assert 'value="Kim Two"' in taken.text, "what was typed stays"

    users = f"/settings/server/users/{grace.user.id}"
    for part in ("disable", "link", "remove"):
        assert (await grace.send(f"{users}/{part}")).status_code == 403
    assert "/password?token=mbp_" in (await ada.send(f"{users}/link")).text
    assert (await ada.send(f"{users}/disable", {"act": "disable"})).status_code == 303
    assert (await grace.open("/settings")).status_code == 303
    assert (await ada.send(f"{users}/disable", {"act": "enable"})).status_code == 303
    assert (await ada.send(f"{users}/remove", {"email": "ada@example.com"})).status_code == 400
    receipt = await ada.send(f"{users}/remove", {"email": "grace@example.com"})
    assert "email_sha256" in receipt.text
    assert "grace@example.com" not in receipt.text
    async with services.db.reading() as read:
        assert [each.display_name for each in await services.accounts.management.users(read)] == ["Ada Lovelace", "Kim"]
    own = f"/settings/server/users/{ada.user.id}"
    for part, fields in (("disable", {}), ("remove", {"email": "ada@example.com"})):
        assert (await ada.send(f"{own}/{part}", fields)).status_code == 409


async def test_who_is_invited_chooses_a_password_and_is_in(
    ada: Person, client: httpx.AsyncClient, services: Services
) -> None:
    page = await ada.send("/settings/server/users", {"email": "kim@example.com", "display_name": "Kim"})
    assert "opens on this computer alone" not in page.text
    (link,) = re.findall(r">(http://[^<]+/password\?token=mbp_[^<]+)<", page.text)
    browser = Browser(client)
    form = await browser.open(link)
    assert "Kim" in form.text
    assert "kim@example.com" in form.text, "this is what they sign in with later"
    again = await browser.send(form, password="short")
    assert (again.status_code, "kim@example.com" in again.text) == (400, True)
    assert (await browser.send(form, password="correct horse battery")).headers["location"] == "/"
    assert "Kim" in (await browser.open("/settings")).text
    used = await browser.open(link)
    assert used.status_code == 403
    assert "used before. Sign in, or ask" in used.text
    assert 'href="/sign-in"' in used.text


async def test_a_link_that_leads_nowhere_else_says_so(ada: Person, services: Services) -> None:
    services.settings.http.base_url = "http://127.0.0.1:8000"
    page = await ada.send("/settings/server/users", {"email": "kim@example.com", "display_name": "Kim"})
    assert "This link opens on this computer alone" in page.text


async def test_what_is_older_than_the_days_is_told_before_it_goes(
    ada: Person, held: Held, clock: VirtualClock, app: FastAPI, services: Services
) -> None:
    await ada.send("/settings/preferences", {"sound_days": "7", "meeting_days": ""})
    clock.advance(8 * 24 * 3600)
    later = await person(app, services, ada.user)
    told = "Older than that already, and removed within the hour: 1 recording, 0 meetings"
    assert told in (await later.open("/settings")).text
    assert (await later.send(f"{held.path}/hold", {"act": "hold"})).status_code == 303
    assert "Older than that already" not in (await later.open("/settings")).text
    assert "· held" in (await later.open("/")).text


@pytest.mark.parametrize("part", ["users", "users/x/link", "users/x/disable", "users/x/remove"])
async def test_forms_of_the_server_need_our_page(ada: Person, part: str) -> None:
    assert (await ada.http.post(f"/settings/server/{part}", data={"form_token": "x"})).status_code == 403
