"""Reading calendars, over both databases and each kind of provider: what is stored is what the provider shows."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from minutebook.calendars.model import CalendarState, ProviderName
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from support.calendars.google import error as google_error
from support.calendars.provider import answer, failing, too_slow, unreachable
from support.calendars.rig import PUBLIC, START, Rig, busy_truth, meeting, rig_over, weekly
from support.calendars.world import Change, Truth

TOKENS = (ProviderName.GOOGLE, ProviderName.MICROSOFT)
EVERY = (*TOKENS, ProviderName.ICS)


@pytest.fixture
async def rig(database: Database, tmp_path: Path) -> Rig:
    return await rig_over(database, tmp_path)


@pytest.mark.parametrize("provider", EVERY)
async def test_a_calendar_is_read_and_followed(rig: Rig, provider: ProviderName) -> None:
    truth = busy_truth()
    calendar = await rig.connected(provider, truth)
    await rig.check_shows_truth(calendar.id)
    first = next(iter(weekly().instances(START, START + timedelta(days=14))))
    assert first.original is not None
    occurrence = first.original
    edits: list[Callable[[], None]] = [
        lambda: truth.put(meeting("new", 5)),
        lambda: truth.change("single1", start=START + timedelta(hours=30)),
        lambda: truth.change("single2", title="Renamed", url="https://meet.google.com/xyz-abcd-efg"),
        lambda: truth.remove("single3"),
        lambda: truth.change_occurrence("weekly", occurrence, Change(start=first.start + timedelta(hours=5))),
        lambda: truth.change_series("daily", title="Stand-up"),
        lambda: truth.change_occurrence("daily", START + timedelta(days=1, hours=6), Change(cancelled=True)),
        lambda: truth.split("daily", START + timedelta(days=10), "daily2", at=time(11)),
        lambda: truth.remove("weekly"),
        lambda: truth.change("single4", start=START - timedelta(days=3)),
        lambda: truth.change("single4", start=START + timedelta(days=2)),
    ]
    for edit in edits:
        edit()
        await rig.later(301)
        await rig.check_shows_truth(calendar.id)
    assert (await rig.calendar(calendar.id)).state is CalendarState.CONNECTED


@pytest.mark.parametrize("provider", EVERY)
async def test_nothing_new_is_told_of_when_nothing_changed(rig: Rig, provider: ProviderName) -> None:
    calendar = await rig.connected(provider, busy_truth())
    assert len(await rig.told()) == 1
    for _ in range(4):
        await rig.later(301)
    assert len(await rig.told()) == 1
    assert (await rig.calendar(calendar.id)).synced_at == rig.clock.now()


@pytest.mark.parametrize("provider", EVERY)
async def test_the_window_rolls_although_nothing_changes(rig: Rig, provider: ProviderName) -> None:
    truth = busy_truth()
    truth.put(meeting("far", 24 * 40))
    calendar = await rig.connected(provider, truth)
    for days in (1, 1, 5, 5):
        await rig.later(days * 24 * 3600)
        await rig.check_shows_truth(calendar.id)
    assert "far" in {event.title for event in await rig.events(calendar.id)}


@pytest.mark.parametrize("provider", TOKENS)
async def test_a_forgotten_cursor_is_a_whole_reading(rig: Rig, provider: ProviderName) -> None:
    truth = busy_truth()
    calendar = await rig.connected(provider, truth)
    rig.google.tokens.clear()
    rig.graph.links.clear()
    truth.remove("single5")
    truth.put(meeting("new", 6))
    await rig.later()
    await rig.check_shows_truth(calendar.id)


@pytest.mark.parametrize("provider", TOKENS)
async def test_an_access_token_that_ran_out_early_is_renewed_once(rig: Rig, provider: ProviderName) -> None:
    fake = rig.google if provider is ProviderName.GOOGLE else rig.graph
    truth = busy_truth()
    calendar = await rig.connected(provider, truth)
    fake.accounts[0].access.clear()
    truth.put(meeting("new", 6))
    refreshed = len(fake.refreshed)
    await rig.later()
    assert len(fake.refreshed) == refreshed + 1
    await rig.check_shows_truth(calendar.id)


async def test_a_refresh_token_that_is_replaced_is_kept(rig: Rig) -> None:
    await rig.connected(ProviderName.MICROSOFT, busy_truth())
    for _ in range(3):
        await rig.later(3700)
    assert len(set(rig.graph.refreshed)) == len(rig.graph.refreshed) >= 4
    second = Truth()
    second.put(meeting("other", 4))
    other = await rig.connected(ProviderName.MICROSOFT, second)
    await rig.check_shows_truth(other.id)


@pytest.mark.parametrize("provider", TOKENS)
async def test_a_revoked_grant_marks_the_calendar_tells_its_owner_and_loses_nothing(
    rig: Rig, provider: ProviderName
) -> None:
    fake = rig.google if provider is ProviderName.GOOGLE else rig.graph
    calendar = await rig.connected(provider, busy_truth())
    before = await rig.events(calendar.id)
    fake.accounts[0].revoked = True
    for _ in range(3):
        await rig.later(7 * 3600)
    marked = await rig.calendar(calendar.id)
    assert marked.state is CalendarState.REVOKED
    assert marked.error_message is not None
    assert "expired or revoked" in marked.error_message
    assert len(await rig.told("calendar.revoked")) == 1
    assert [event.id for event in await rig.events(calendar.id)] == [event.id for event in before]
    fake.accounts[0].revoked = False
    fake.accounts[0].refresh_tokens = {f"refresh-{fake.accounts[0].email}", "fresh"}
    secrets = {**fake.secrets(fake.accounts[0]), "refresh_token": "fresh"}
    renewed = await rig.calendars.connecting.reconnect(rig.owner.id, calendar.id, provider, secrets)
    assert (renewed.id, renewed.state) == (calendar.id, CalendarState.CONNECTED)


async def test_a_token_that_only_looking_used_up_connects_and_goes_when_nothing_comes_of_it(rig: Rig) -> None:
    account = rig.graph.account("ada@example.com", **{"ada@example.com": busy_truth()})
    given = (rig.owner.id, ProviderName.MICROSOFT, rig.graph.secrets(account))
    await rig.calendars.connecting.raw(*given)
    with pytest.raises(MinutebookError, match="no calendar of this id"):
        await rig.calendars.connecting.connect(*given, raw_calendar_id="nowhere")
    made = await rig.calendars.connecting.connect(*given)
    await rig.calendars.forget_old()
    assert (await rig.calendar(made.id)).state is CalendarState.CONNECTED
    await rig.calendars.connecting.remove(rig.owner.id, made.id)
    account.refresh_tokens.add(given[2]["refresh_token"])
    await rig.calendars.connecting.raw(*given)
    rig.clock.advance(25 * 3600)
    await rig.calendars.forget_old()
    async with rig.db.reading() as read:
        assert (await read.execute(text("select id from calendar_connections"))).all() == []


LIMITS = {
    ProviderName.GOOGLE: lambda _request: google_error(403, "rateLimitExceeded", "Rate Limit Exceeded"),
    ProviderName.MICROSOFT: failing(429, {"error": {"code": "TooManyRequests"}}, retry_after="400"),
}


@pytest.mark.parametrize("provider", TOKENS)
async def test_an_account_at_its_limit_is_left_alone_and_others_are_not(rig: Rig, provider: ProviderName) -> None:
    fake = rig.google if provider is ProviderName.GOOGLE else rig.graph
    limited = [await rig.connected(provider, busy_truth()) for _ in range(2)]
    other = await rig.connected(provider, busy_truth(), email="grace@example.com")
    fake.faults.append(LIMITS[provider])
    asked = len(fake.requests)
    await rig.later()
    states = [(await rig.calendar(each.id)).state for each in (*limited, other)]
    assert states.count(CalendarState.FAILING) == 1
    assert len(fake.requests) > asked
    await rig.quiet()
    for each in (*limited, other):
        assert (await rig.calendar(each.id)).state is CalendarState.CONNECTED
        await rig.check_shows_truth(each.id)


FAULTS = {
    "500": failing(500),
    "503": failing(503, None, retry_after="2"),
    "502 html": lambda _request: answer(502),
    "no route": unreachable,
    "slow": too_slow,
    "no json": lambda _request: answer(200, ["no object"]),
}


@pytest.mark.parametrize("provider", EVERY)
async def test_what_fails_for_a_while_is_made_up_for(rig: Rig, provider: ProviderName) -> None:
    fake = {ProviderName.GOOGLE: rig.google, ProviderName.MICROSOFT: rig.graph}.get(provider, rig.published)
    truth = busy_truth()
    calendar = await rig.connected(provider, truth)
    for place, fault in enumerate(FAULTS.values()):
        truth.remove(f"single{place}")
        truth.put(meeting(f"new{place}", 26 + 12 * place))
        fake.faults.extend([fault] * 2)
        await rig.later(301)
        await rig.later(1000)
        await rig.later(1000)
        assert not fake.faults
        await rig.later(3000)
        await rig.check_shows_truth(calendar.id)


async def test_credentials_that_are_no_good_are_told_in_the_providers_words(rig: Rig) -> None:
    account = rig.google.account("ada@example.com")
    with pytest.raises(MinutebookError, match="expired or revoked"):
        await rig.calendars.connecting.connect(
            rig.owner.id, ProviderName.GOOGLE, {**rig.google.secrets(account), "refresh_token": "no"}
        )
    rig.google.not_enabled = True
    with pytest.raises(MinutebookError, match="has not been used in project"):
        await rig.calendars.connecting.connect(rig.owner.id, ProviderName.GOOGLE, rig.google.secrets(account))
    async with rig.db.reading() as read:
        assert await rig.calendars.list(read, rig.owner.id) == []


async def test_a_calendar_that_is_connected_twice_is_one(rig: Rig) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    secrets = rig.google.secrets(rig.google.accounts[0])
    again = await rig.calendars.connecting.connect(
        rig.owner.id, ProviderName.GOOGLE, secrets, raw_calendar_id="ada@example.com"
    )
    assert again.id == calendar.id


@pytest.mark.parametrize("provider", TOKENS)
async def test_changes_are_told_and_subscriptions_are_kept(
    database: Database, tmp_path: Path, provider: ProviderName
) -> None:
    from minutebook.calendars.pushing import Notification

    rig = await rig_over(database, tmp_path, http={"base_url": PUBLIC})
    fake = rig.google if provider is ProviderName.GOOGLE else rig.graph
    truth = busy_truth()
    calendar = await rig.connected(provider, truth)
    await rig.later(1)
    (channel,) = fake.channels.values()
    assert channel.address == f"{PUBLIC}/api/calendars/push/{provider.value}"
    truth.put(meeting("new", 6))
    assert await rig.later(61) == 0, "with push there is no need to ask each minute"
    assert await rig.calendars.told(provider, [Notification(channel.id, "guessed"), Notification("other", "x")]) == 0
    assert await rig.later(1) == 0
    assert await rig.calendars.told(provider, [Notification(channel.id, channel.secret)] * 3) == 3
    assert await rig.later(1) == 1
    await rig.check_shows_truth(calendar.id)
    for _ in range(10):
        await rig.later(20 * 3600)
        (channel,) = fake.channels.values()
        assert channel.expires_at > rig.clock.now(), "the subscription is renewed before it ends"
    await rig.calendars.told(provider, [Notification(channel.id, channel.secret, ended=True)])
    fake.channels.clear()
    await rig.later(1)
    await rig.later(1)
    assert len(fake.channels) == 1
    await rig.calendars.connecting.remove(rig.owner.id, calendar.id)
    assert not fake.channels
    assert await rig.events(calendar.id, deleted=True) == []


async def test_neither_store_nor_log_holds_a_secret_in_the_open(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="minutebook")
    for provider in EVERY:
        await rig.connected(provider, busy_truth())
    for fake in (rig.google, rig.graph, rig.published):
        fake.faults.extend([failing(401), failing(500), unreachable])
    await rig.later(301)
    await rig.later(3700)
    async with rig.db.reading() as read:
        names = ("calendar_connections", "calendars", "calendar_events", "events", "calendar_series_wishes")
        found = [str(row) for name in names for row in await read.execute(text(f"select * from {name}"))]
    for kept in ("\n".join(found), caplog.text):
        for secret in ("the-secret", "refresh-ada", "access-1", "calendars.example.com/"):
            assert secret not in kept


def test_start_is_the_clock_of_all_tests() -> None:
    assert datetime.fromisoformat("2026-03-02T09:00:00+00:00") == START
