"""Bots on events: asked for one by one, for a whole series, or by a calendar's rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import BotWish
from minutebook.bots.wish_json import check_json, wish_from_json, wish_to_json
from minutebook.calendars.finding import calendar_of, event_of
from minutebook.calendars.model import Calendar, Rule, StoredEvent
from minutebook.calendars.placing import Placing, spots_of
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.rules import is_wanted_by, rule_to_json
from minutebook.calendars.wishes import Wishes
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing

PREVIEW_DAYS: Final = 7


class EventBots:
    """Says which events are to have bots."""

    def __init__(self, clock: Clock, sealing: Sealing, placing: Placing, wishes: Wishes) -> None:
        self._clock = clock
        self._sealing = sealing
        self._placing = placing
        self._wishes = wishes

    async def schedule(
        self,
        tx: AsyncConnection,
        owner_id: str,
        event_id: str,
        wish: BotWish,
        *,
        api_key: str | None,
        all_occurrences: bool = False,
    ) -> Sequence[StoredEvent]:
        """Ask for a bot at an event, in place of what was asked before; with `all_occurrences` at every stored one of
        its series and at those to come. Returns these events. Raises `event_not_found`, `event_deleted` and
        `event_over` (conflicts), `event_without_link`, `json_invalid`."""
        event = await event_of(tx, owner_id, event_id)
        _check_joinable(event, self._clock.now(), every=all_occurrences)
        check_json(wish.extra, "extra")
        kept = wish_to_json(replace(wish, meeting_url="", start_at=None))
        sealed = self._sealing.seal(api_key) if api_key else None
        if all_occurrences and event.series_id is not None:
            await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, kept, sealed)
        columns = {"wish": kept, "by_rule": False, "refused": False, "sealed_api_key": sealed}
        return await self._changed(tx, event, columns, every=all_occurrences)

    async def patch(
        self,
        tx: AsyncConnection,
        owner_id: str,
        event_id: str,
        change: Callable[[BotWish], BotWish],
        *,
        all_occurrences: bool = False,
    ) -> Sequence[StoredEvent]:
        """Change what is asked of a scheduled bot. Raises `event_not_found`, `bot_not_scheduled`, `json_invalid`."""
        event = await event_of(tx, owner_id, event_id)
        if event.wish is None:
            raise MinutebookError(Kind.NOT_FOUND, "bot_not_scheduled", "No bot is scheduled for this event.")

        def changed(wish: Mapping[str, object]) -> dict[str, object]:
            after = change(wish_from_json(dict(wish)))
            check_json(after.extra, "extra")
            return wish_to_json(after)

        events = await self._targets(tx, event, every=all_occurrences)
        if all_occurrences and event.series_id is not None:
            of_series = await events_repository.series_wishes_of(tx, event.calendar_id, [event.series_id])
            for wish, key in of_series.values():
                await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, changed(wish), key)
        for each in events:
            if each.wish is not None:
                # What was changed by hand is not the rule's any more.
                await events_repository.change(tx, [each.id], wish=changed(each.wish), by_rule=False)
        return await self._settled(tx, event, events)

    async def unschedule(
        self, tx: AsyncConnection, owner_id: str, event_id: str, *, all_occurrences: bool = False
    ) -> Sequence[StoredEvent]:
        """Take the bot away, also the one that a rule asked for; no error where there is none. Raises
        `event_not_found`."""
        event = await event_of(tx, owner_id, event_id)
        if all_occurrences and event.series_id is not None:
            await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, None, None)
        columns = {"wish": None, "by_rule": False, "refused": True, "sealed_api_key": None}
        return await self._changed(tx, event, columns, every=all_occurrences)

    async def preview(self, tx: AsyncConnection, owner_id: str, calendar_id: str, rule: Rule) -> Sequence[StoredEvent]:
        """The meetings of the next seven days that a rule would send a bot to; nothing is changed."""
        calendar = await calendar_of(tx, owner_id, calendar_id)
        now = self._clock.now()
        coming = await events_repository.upcoming(tx, calendar.id, now, now + timedelta(days=PREVIEW_DAYS))
        return [event for event in coming if is_wanted_by(rule, event) and not event.refused]

    async def set_rule(self, tx: AsyncConnection, owner_id: str, calendar_id: str, rule: Rule | None) -> Calendar:
        """Switch a rule on, or off with None, for what is in the calendar and what is to come."""
        calendar = await calendar_of(tx, owner_id, calendar_id, lock=True)
        kept = rule_to_json(rule) if rule is not None else None
        await repository.change(tx, calendar.id, rule=kept)
        calendar = replace(calendar, rule=rule)
        events = await events_repository.upcoming(tx, calendar.id, self._clock.now())
        renewed = await self._wishes.renew(tx, calendar, events)
        changed = (after for before, after in zip(events, renewed, strict=True) if after != before)
        await self._placing.settle(tx, owner_id, spots_of(changed))
        return calendar

    async def _targets(self, tx: AsyncConnection, event: StoredEvent, *, every: bool) -> Sequence[StoredEvent]:
        if not every or event.series_id is None:
            return [event]
        return await events_repository.of_series(tx, event.calendar_id, event.series_id)

    async def _changed(
        self, tx: AsyncConnection, event: StoredEvent, columns: Mapping[str, object], *, every: bool
    ) -> Sequence[StoredEvent]:
        events = await self._targets(tx, event, every=every)
        now, asks = self._clock.now(), columns["wish"] is not None
        await events_repository.change(tx, [each.id for each in events if each.end > now or not asks], **columns)
        return await self._settled(tx, event, events)

    async def _settled(
        self, tx: AsyncConnection, event: StoredEvent, events: Sequence[StoredEvent]
    ) -> Sequence[StoredEvent]:
        await self._placing.settle(tx, event.owner_id, spots_of(events))
        return await events_repository.of_ids(tx, [each.id for each in events], with_raw=True)


def _check_joinable(event: StoredEvent, now: datetime, *, every: bool) -> None:
    if event.deleted:
        raise MinutebookError(Kind.CONFLICT, "event_deleted", "This event was deleted in its calendar.")
    if every and event.series_id is not None:
        return
    if event.end <= now:
        raise MinutebookError(Kind.CONFLICT, "event_over", "This event is over: no bot can join it.")
    if event.room is None:
        message = (
            "This event has no link to a meeting that a bot can join: Google Meet, Microsoft Teams, Zoom, or one of "
            "the server's own pages, which the operator lists in MINUTEBOOK_BOTS__WEBRTC_PAGES."
        )
        raise invalid("event_without_link", message)
