"""What events are asked of bots: by somebody, for a whole series, or by the calendar's rule."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import BotWish, SpeechToText
from minutebook.bots.wish_json import wish_to_json
from minutebook.calendars.model import Calendar, Rule, StoredEvent
from minutebook.calendars.repository import events as repository
from minutebook.calendars.rules import is_wanted_by


class Wishes:
    """Keeps events' wishes as series and rules have them."""

    async def renew(self, tx: AsyncConnection, calendar: Calendar, events: Sequence[StoredEvent]) -> list[StoredEvent]:
        """The events, each with the wish that it is to have: what somebody asked for stays as it is, then the series'
        counts, then the rule's."""
        series = {event.series_id for event in events if event.series_id and event.wish is None}
        of_series = await repository.series_wishes_of(tx, calendar.id, series)
        renewed = [_renewed(event, calendar.rule, of_series) for event in events]
        alike: defaultdict[tuple[str, bool, str | None], list[StoredEvent]] = defaultdict(list)
        for before, after in zip(events, renewed, strict=True):
            if after != before:
                asked = json.dumps(after.wish, sort_keys=True)
                alike[asked, after.by_rule, after.sealed_api_key].append(after)
        for (_, by_rule, key), every in alike.items():
            columns = {"wish": every[0].wish, "by_rule": by_rule, "sealed_api_key": key}
            await repository.change(tx, [each.id for each in every], **columns)
        return renewed


def print_of(event: StoredEvent) -> str:
    """Tells apart what bots were asked for events: the wish, where, and with which key."""
    asked: list[Any] = [event.wish, event.meeting_url, event.sealed_api_key]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def wish_of_rule(rule: Rule) -> dict[str, Any]:
    """What a rule asks of a bot."""
    return wish_to_json(BotWish(meeting_url="", bot_name=rule.bot_name, speech_to_text=SpeechToText()))


def _renewed(
    event: StoredEvent, rule: Rule | None, of_series: Mapping[str, tuple[Mapping[str, object], str | None]]
) -> StoredEvent:
    if event.refused or (event.wish is not None and not event.by_rule):
        return event
    if event.series_id is not None and event.series_id in of_series:
        wish, key = of_series[event.series_id]
        return replace(event, wish=wish, by_rule=False, sealed_api_key=key)
    if rule is not None and is_wanted_by(rule, event):
        return replace(event, wish=wish_of_rule(rule), by_rule=True, sealed_api_key=None)
    return replace(event, wish=None, by_rule=False, sealed_api_key=None)
