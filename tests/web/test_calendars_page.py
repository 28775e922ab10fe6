"""The page of calendars: what a rule would record is shown before it does, and a CalDAV account opens by its name."""

import re
from pathlib import Path
from typing import Any

import pytest

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.calendars.connecting import Connecting
from minutebook.calendars.model import ProviderName
from minutebook.db.database import Database
from minutebook.errors import invalid
from support.calendars.rig import meeting, rig_over
from support.calendars.world import Truth
from support.people import Held, Person, person


async def test_a_rule_is_previewed_before_it_is_set(db: Database, tmp_path: Path) -> None:
    rig = await rig_over(db, tmp_path)
    truth = Truth()
    for number, title in enumerate(("Planning", "Review <b>", "Lunch"), start=1):
        truth.put(meeting(title, 24 * number, title=title))
    truth.put(meeting("Later planning", 24 * 10, title="Later planning"))
    calendar = await rig.connected(ProviderName.ICS, truth)
    who = await person(create_app(rig.services), rig.services, rig.owner)
    path = f"/my/calendars/{calendar.id}/rule"
    fields = {"words": "planning, review", "never_private": "on"}
    page = (await who.send(path, {**fields, "act": "preview"})).text
    shown = page.partition("this rule records:")[2].partition("</ul>")[0]
    assert "Planning" in shown
    assert "Review &lt;b&gt;" in shown
    assert "Lunch" not in shown
    assert "Later" not in shown
    assert 'value="planning, review"' in page
    assert (await rig.calendar(calendar.id)).rule is None
    assert await rig.bots() == []

    assert (await who.send(path, {**fields, "act": "record"})).status_code == 303
    rule = (await rig.calendar(calendar.id)).rule
    assert rule is not None
    assert (rule.words, rule.mine_only, rule.never_private, rule.never_free) == (
        ("planning", "review"),
        False,
        True,
        False,
    )
    assert 'value="planning, review"' in (await who.open("/my/calendars")).text
    too_many = await who.send(path, {"words": ",".join(map(str, range(1000))), "act": "preview"})
    assert too_many.status_code == 400
    stopped = await who.send(path, {"act": "stop"})
    assert stopped.status_code == 303
    assert "Nothing of this calendar is recorded by itself" in (await who.open(stopped.headers["location"])).text
    assert (await rig.calendar(calendar.id)).rule is None
    await who.http.aclose()


async def test_a_single_meeting_is_recorded_or_left_out_by_a_button(
    db: Database, tmp_path: Path, other_user: User
) -> None:
    rig = await rig_over(db, tmp_path)
    truth = Truth()
    truth.put(meeting("Planning", 24, title="Planning"))
    truth.put(meeting("Lunch", 25, title="Lunch", url=""))
    await rig.connected(ProviderName.ICS, truth)
    app = create_app(rig.services)
    who = await person(app, rig.services, rig.owner)
    before = (await who.open("/my/calendars")).text
    (path,) = re.findall(r'action="(/my/calendars/events/[^"]+)"', before)
    assert "no rule and nobody asks for it" in before
    other = await person(app, rig.services, other_user)
    assert (await other.send(path, {"act": "record"})).status_code == 404
    assert await rig.bots() == []
    asked = await who.send(path, {"act": "record"})
    assert len(await rig.bots()) == 1
    page = (await who.open(asked.headers["location"])).text
    assert "A bot will be there." in page
    assert "Do not record" in page
    await who.send(path, {"act": "leave-out"})
    assert "not recorded: you said so" in (await who.open("/my/calendars")).text
    assert await rig.bots() == []
    await other.http.aclose()
    await who.http.aclose()


@pytest.mark.parametrize("provider", [ProviderName.GOOGLE, ProviderName.MICROSOFT])
async def test_google_and_microsoft_are_connected_with_a_client_and_a_refresh_token(
    db: Database, tmp_path: Path, provider: ProviderName
) -> None:
    rig = await rig_over(db, tmp_path)
    fake = rig.google if provider is ProviderName.GOOGLE else rig.graph
    account = fake.account("ada@example.com")
    truth = Truth()
    truth.put(meeting("Planning", 24, title="Planning"))
    account.calendars["ada@example.com"] = truth
    who = await person(create_app(rig.services), rig.services, rig.owner)
    fields = {"provider": provider.value, **fake.secrets(account)}
    missing = await who.send("/my/calendars", {**fields, "client_secret": " "})
    assert missing.status_code == 400
    assert 'href="#client_secret">Client ID, client secret and refresh token are all needed.' in missing.text
    account.revoked = True
    refused = await who.send("/my/calendars", fields)
    assert refused.status_code >= 400
    assert "Token has been expired or revoked." in refused.text
    assert fields["client_secret"] not in refused.text
    account.revoked = False
    assert (await who.send("/my/calendars", {**fields, "record": "on"})).status_code == 303
    page = (await who.open("/my/calendars")).text
    assert "ada@example.com" in page
    assert fields["refresh_token"] not in page
    await who.http.aclose()


async def test_a_caldav_account_is_reached_with_name_and_password(
    ada: Person, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    async def connect(_self: object, *args: object, **kwargs: object) -> None:
        asked.append((args, kwargs))

    monkeypatch.setattr(Connecting, "connect", connect)
    fields = {"provider": "caldav", "url": " https://dav.example/ ", "username": "ada", "secret": "hidden"}
    assert (await ada.send("/my/calendars", fields)).status_code == 303
    await ada.send("/my/calendars", {"url": "https://x.example/a.ics", "username": "ignored", "record": "on"})
    (first, rule), (second, other) = asked
    assert 'id="caldav-url"' in (await ada.open("/my/calendars")).text
    opened = {"url": "https://dav.example/", "username": "ada", "password": "hidden"}
    assert first == (ada.user.id, ProviderName.CALDAV, opened)
    assert rule == {"rule": None}
    assert second[1:] == (ProviderName.ICS, {"url": "https://x.example/a.ics"})
    assert other["rule"] is not None


async def test_what_was_typed_for_an_account_that_does_not_open_stands_there_again(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_self: object, *_args: object, **_kwargs: object) -> None:
        raise invalid("calendar_unreachable", "The server does not answer.", "url")

    monkeypatch.setattr(Connecting, "connect", refuse)
    fields = {"provider": "caldav", "url": "https://dav.example/", "username": "ada", "secret": "hidden"}
    page = (await ada.send("/my/calendars", fields)).text
    account = page.partition("<summary>With a CalDAV account")
    assert account[0].rstrip().endswith("<details open>")
    assert 'value="https://dav.example/"' in account[2]
    assert 'value="ada"' in account[2]
    assert 'hidden"' not in page.replace('type="hidden"', "")
    assert 'href="#caldav-url"' in page
    assert "https://dav.example/" not in account[0]
