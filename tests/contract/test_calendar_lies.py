"""Lies, lags and losses of calendar providers that have been met in the open: nothing is lost to them, and what they
said wrong is made up for."""

import itertools
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from minutebook.bots.model import BotWish
from minutebook.calendars.model import Calendar, CalendarState, ProviderName, Rule
from minutebook.db.database import Database
from support.calendars import graph
from support.calendars.dav import CALENDAR, OBJECT, FakeDav, multistatus
from support.calendars.google import resource
from support.calendars.provider import FakeProvider, answer, failing
from support.calendars.rig import START, Rig, build, busy_truth, meeting, rig_over

Lie = Callable[[httpx.Request, httpx.Response], httpx.Response]
EVERY = (ProviderName.GOOGLE, ProviderName.MICROSOFT, ProviderName.ICS)
DAY_S = 24 * 3600.0


@pytest.fixture
async def rig(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    database = Database(sqlite_url)
    yield await rig_over(database, tmp_path)
    await database.close()


def lies(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, lie: Lie) -> None:
    """From now on the provider says something else."""
    honest = type(fake).api
    monkeypatch.setattr(fake, "api", lambda request: lie(request, honest(fake, request)))


def rewritten(body: Callable[[dict[str, Any]], None]) -> Lie:
    """A lie in the JSON of good answers."""

    def lie(_request: httpx.Request, said: httpx.Response) -> httpx.Response:
        if not said.is_success or not said.content:
            return said
        members = said.json()
        body(members)
        return answer(said.status_code, members)

    return lie


async def ids(rig: Rig, calendar: Calendar) -> set[str]:
    return {event.id for event in await rig.events(calendar.id)}


async def state(rig: Rig, calendar: Calendar) -> CalendarState:
    return (await rig.calendar(calendar.id)).state


@pytest.mark.parametrize("provider", EVERY)
async def test_a_calendar_that_comes_back_empty_for_a_moment_keeps_its_bots(rig: Rig, provider: ProviderName) -> None:
    # https://github.com/derekantrican/GAS-ICS-Sync/issues/436
    truth = busy_truth()
    truth.put(meeting("late", 24 * 20))
    calendar = await rig.connected(provider, truth, rule=Rule())
    singles, series = truth.singles, truth.series
    truth.singles, truth.series = {}, {}
    waiting = {bot.id for bot in await rig.bots()}
    await rig.later(DAY_S)
    assert await state(rig, calendar) is CalendarState.FAILING
    assert waiting <= {bot.id for bot in await rig.bots()}
    truth.singles, truth.series = singles, series
    await rig.later(3600)
    assert await state(rig, calendar) is CalendarState.CONNECTED
    assert waiting <= {bot.id for bot in await rig.bots()}
    await rig.check_shows_truth(calendar.id)


async def test_a_calendar_that_stays_empty_is_believed(rig: Rig) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.ICS, truth, rule=Rule())
    truth.singles, truth.series = {}, {}
    for _ in range(6):
        await rig.later(400)
    assert await state(rig, calendar) is CalendarState.CONNECTED
    await rig.check_shows_truth(calendar.id)


async def test_of_an_event_that_is_named_twice_the_last_counts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    # https://github.com/microsoftgraph/microsoft-graph-docs/issues/3121
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    before = resource(truth.singles["single3"], rig.google.accounts[0])
    truth.remove("single3")
    lies(rig.google, monkeypatch, rewritten(lambda body: body["items"].insert(0, before)))
    await rig.later()
    await rig.check_shows_truth(calendar.id)


def broken_off(body: dict[str, Any]) -> None:
    for name in ("@odata.nextLink", "@odata.deltaLink"):
        body.pop(name, None)


async def test_a_list_that_breaks_off_is_no_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = await rig.connected(ProviderName.MICROSOFT, busy_truth())
    known = await ids(rig, calendar)
    with monkeypatch.context() as patch:
        lies(rig.graph, patch, rewritten(broken_off))
        await rig.later(DAY_S)
        assert await state(rig, calendar) is CalendarState.FAILING
        assert known <= await ids(rig, calendar)
    await rig.later(3600)
    await rig.check_shows_truth(calendar.id)


async def test_a_list_that_goes_in_circles_is_left(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = await rig.connected(ProviderName.GOOGLE, busy_truth())
    lies(rig.google, monkeypatch, rewritten(lambda body: body.update(nextPageToken="3")))
    asked = len(rig.google.requests)
    await rig.later()
    assert await state(rig, calendar) is CalendarState.FAILING
    assert len(rig.google.requests) - asked < 5


@pytest.mark.parametrize("partly", [True, False])
async def test_a_series_that_is_not_found_for_a_moment_stays(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, partly: bool
) -> None:
    # https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/34: occurrences without a description
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.MICROSOFT, truth, rule=Rule())
    known, waiting = await ids(rig, calendar), {bot.id for bot in await rig.bots()}

    def lie(request: httpx.Request, said: httpx.Response) -> httpx.Response:
        if "/me/events/" in request.url.path:
            return graph.not_found()
        if partly or not said.is_success:
            return said
        body = said.json()
        body["value"] = [item for item in body["value"] if item.get("type") != "seriesMaster"]
        return answer(200, body)

    with monkeypatch.context() as patch:
        lies(rig.graph, patch, lie)
        truth.change_series("daily", title="Stand-up")
        await rig.later(61 if partly else DAY_S)
        assert await state(rig, calendar) is CalendarState.CONNECTED
        assert known <= await ids(rig, calendar)
        assert waiting <= {bot.id for bot in await rig.bots()}
    await rig.later(61 if partly else DAY_S)
    await rig.check_shows_truth(calendar.id)


@pytest.mark.parametrize("said", ["temporarily_unavailable", "server_error"])
async def test_a_token_endpoint_that_is_out_of_order_takes_back_no_grant(rig: Rig, said: str) -> None:
    # AADSTS90033: "A transient error has occurred", told as temporarily_unavailable with the status 400.
    calendar = await rig.connected(ProviderName.MICROSOFT, busy_truth())
    rig.graph.faults.append(failing(400, {"error": said, "error_description": "AADSTS90033: transient."}))
    await rig.later(3700)
    assert await state(rig, calendar) is CalendarState.FAILING
    assert await rig.told("calendar.revoked") == []
    await rig.later(61)
    assert await state(rig, calendar) is CalendarState.CONNECTED


async def test_a_grant_that_is_refused_by_mistake_is_tried_again_within_minutes(rig: Rig) -> None:
    # https://github.com/O365/python-o365/issues/998
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    rig.google.faults.append(failing(400, {"error": "invalid_grant", "error_description": "Bad Request"}))
    await rig.later(3700)
    assert await state(rig, calendar) is CalendarState.REVOKED
    truth.put(meeting("new", 8))
    await rig.later(301)
    assert await state(rig, calendar) is CalendarState.CONNECTED
    await rig.check_shows_truth(calendar.id)


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "Europe/Berlin"])
async def test_times_in_a_zone_of_their_own_are_understood(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def local(body: dict[str, Any]) -> None:
        for item in body.get("value", []):
            for at in (item[side] for side in ("start", "end") if side in item):
                moment = graph.moment(at["dateTime"][:19] + "Z").astimezone(ZoneInfo("Europe/Berlin"))
                at.update(dateTime=f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", timeZone=name)

    lies(rig.graph, monkeypatch, rewritten(local))
    calendar = await rig.connected(ProviderName.MICROSOFT, busy_truth())
    await rig.check_shows_truth(calendar.id)


async def test_a_cursor_that_a_provider_stumbles_over_is_let_go(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    lies(rig.google, monkeypatch, lambda request, said: answer(500) if "syncToken" in request.url.params else said)
    truth.put(meeting("new", 8))
    for _ in range(4):
        await rig.later(250)
    await rig.check_shows_truth(calendar.id)


async def test_an_event_whose_id_is_new_each_time_keeps_what_was_asked_of_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # https://github.com/derekantrican/GAS-ICS-Sync/issues/283
    times = itertools.count()

    def renamed(_request: httpx.Request, said: httpx.Response) -> httpx.Response:
        text = re.sub(r"(?m)^UID:", f"UID:{next(times)}-", said.text)
        return httpx.Response(200, text=text, headers={"content-type": "text/calendar"})

    truth = busy_truth()
    lies(rig.published, monkeypatch, renamed)
    calendar = await rig.connected(ProviderName.ICS, truth)
    event = await rig.event(calendar.id, "single4")
    async with rig.db.transaction() as tx:
        await rig.calendars.event_bots.schedule(tx, rig.owner.id, event.id, BotWish("", "Scribe"), api_key=None)
    (bot,) = await rig.bots()
    for _ in range(3):
        await rig.later(301)
    assert (await rig.event(calendar.id, "single4")).id == event.id
    assert [each.id for each in await rig.bots()] == [bot.id]
    await rig.check_shows_truth(calendar.id)


SPOILT = {
    "without a start": "DTEND:20260311T100000Z",
    "with two starts": "DTSTART:20260310T100000Z\r\nDTSTART:20260312T100000Z",
    "with two ids": "UID:another\r\nDTSTART:20260310T100000Z",
    "at the end of time": "DTSTART:99991231T235959Z\r\nDURATION:P30D",
    "with a period": "DTSTART;VALUE=PERIOD:20260310T100000Z/PT1H",
    "on no day": "DTSTART:20260399T100000Z",
}


@pytest.mark.parametrize("lines", SPOILT.values(), ids=SPOILT)
async def test_one_event_that_cannot_be_read_keeps_no_other_away(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    def spoilt(_request: httpx.Request, said: httpx.Response) -> httpx.Response:
        event = f"BEGIN:VEVENT\r\nUID:spoilt\r\nSUMMARY:Spoilt\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR"
        return httpx.Response(200, text=said.text.replace("END:VCALENDAR", event))

    lies(rig.published, monkeypatch, spoilt)
    calendar = await rig.connected(ProviderName.ICS, busy_truth())
    assert await state(rig, calendar) is CalendarState.CONNECTED
    await rig.check_shows_truth(calendar.id)


async def test_a_file_that_is_cut_off_says_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.ICS, truth)
    known = await ids(rig, calendar)
    with monkeypatch.context() as patch:
        lies(rig.published, patch, lambda _, said: httpx.Response(200, text=said.text[: len(said.text) * 2 // 3]))
        truth.put(meeting("new", 8))
        await rig.later(301)
        assert await state(rig, calendar) is CalendarState.FAILING
        assert known <= await ids(rig, calendar)
    await rig.later(301)
    await rig.check_shows_truth(calendar.id)


@pytest.fixture
async def dav(rig: Rig) -> FakeDav:
    fake = FakeDav(rig.clock.now)
    fake.truth = busy_truth()
    rig.services = build(rig.settings, rig.db, rig.clock, (rig.google, rig.graph, rig.published, fake))
    return fake


async def connected(rig: Rig, dav: FakeDav) -> Calendar:
    secrets = {"url": f"https://{dav.host}{CALENDAR}", "username": dav.user, "password": dav.password}
    made = await rig.calendars.connecting.connect(rig.owner.id, ProviderName.CALDAV, secrets, rule=Rule())
    rig.truths[made.id] = dav.truth
    await rig.check_shows_truth(made.id)
    return made


BROKEN = {
    "an error": multistatus((OBJECT, "")).text.replace("200 OK", "500 Internal Server Error"),
    "nothing of it": multistatus().text,
    "no calendar": multistatus((OBJECT, "<c:calendar-data>BEGIN:VCALENDAR</c:calendar-data>")).text,
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
async def test_an_object_that_its_server_cannot_show_stays(
    rig: Rig, dav: FakeDav, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    calendar = await connected(rig, dav)
    known, waiting = await ids(rig, calendar), {bot.id for bot in await rig.bots()}
    with monkeypatch.context() as patch:
        wrong = httpx.Response(207, text=said)
        lies(dav, patch, lambda request, right: wrong if b"multiget" in request.content else right)
        dav.truth.change("single3", start=START + timedelta(days=5))
        await rig.later()
        assert await ids(rig, calendar) == known
        assert {bot.id for bot in await rig.bots()} == waiting
    await rig.later(DAY_S)
    await rig.check_shows_truth(calendar.id)


@pytest.mark.parametrize(
    ("status", "said"), [(403, '<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>'), (418, "")]
)
async def test_a_sync_token_that_is_refused_is_let_go(
    rig: Rig, dav: FakeDav, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    # https://github.com/python-caldav/caldav/issues/183
    calendar = await connected(rig, dav)
    dav.truth.remove("single3")
    refused = httpx.Response(status, text=said)
    lies(dav, monkeypatch, lambda request, right: refused if b"sync-collection" in request.content else right)
    await rig.later()
    await rig.check_shows_truth(calendar.id)
