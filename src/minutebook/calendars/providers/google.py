"""Google Calendar, by its REST API v3 (https://developers.google.com/workspace/calendar/api/v3/reference)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from minutebook.calendars.model import (
    MOST_PEOPLE,
    MOST_TITLE,
    Fetch,
    FetchedEvent,
    Person,
    ProviderName,
    Push,
    RawCalendar,
    Skip,
    Window,
)
from minutebook.calendars.ports import Access, CursorGoneError, PushAddress
from minutebook.calendars.providers.calls import Calls, Json, RefusedError
from minutebook.calendars.providers.pages import Further, Params, pages_of
from minutebook.calendars.providers.values import moment_in, newest, object_in, objects_in, stamp
from minutebook.calendars.rules import skip_of
from minutebook.config import GoogleSettings
from minutebook.grants.model import Granted
from minutebook.kit.ids import fingerprint, new_id
from minutebook.outgoing.client import OutgoingClient

KINDS: Final[Mapping[str, Skip]] = {
    "outOfOffice": Skip.OUT_OF_OFFICE,
    "focusTime": Skip.FOCUS_TIME,
    "workingLocation": Skip.WORKING_LOCATION,
    "birthday": Skip.BIRTHDAY,
}
"""`eventType` of what is no meeting."""
PAGE: Final = 2500
"""The most events that one page may have (`maxResults`)."""
UNKNOWN_CURSOR: Final = frozenset({400, 410})
"""410 for a token that has expired (guides/sync), 400 for one that never was."""


class Google:
    """Google Calendar."""

    name = ProviderName.GOOGLE
    poll_s = 60.0
    push_life, push_renewal = timedelta(days=7), timedelta(days=1)

    def __init__(self, outgoing: OutgoingClient, settings: GoogleSettings, now: Callable[[], datetime]) -> None:
        self._calls = Calls(outgoing, "Google", now)
        self._token_url = f"{settings.oauth_url.rstrip('/')}/token"
        self._api = f"{settings.api_url.rstrip('/')}/calendar/v3"

    async def refresh(self, secrets: Mapping[str, str]) -> Granted:
        """See the port."""
        return await self._calls.refreshed(self._token_url, secrets)

    async def calendars(self, access: Access) -> list[RawCalendar]:
        """See the port. An account's address is the id of its primary calendar."""
        entries = await self._pages(f"{self._api}/users/me/calendarList", access, {"maxResults": "250"})
        items = [
            item for page in entries for item in self._calls.listed(page, "items") if isinstance(item.get("id"), str)
        ]
        email = next((str(item["id"]) for item in items if item.get("primary")), "")
        found = [
            RawCalendar(
                str(item["id"]),
                str(item.get("summaryOverride") or item.get("summary") or item["id"])[:MOST_TITLE],
                email or str(item["id"]),
                bool(item.get("primary")),
            )
            for item in items
        ]
        return sorted(found, key=lambda each: not each.is_primary)

    async def fetch(self, access: Access, calendar: RawCalendar, window: Window, cursor: str | None) -> Fetch:
        """See the port. With a sync token none of timeMin, timeMax, orderBy, q, updatedMin may be there, and the rest
        has to be as it was."""
        same = {"singleEvents": "true", "showDeleted": "true", "maxResults": str(PAGE)}
        bounds = {"timeMin": stamp(window.since), "timeMax": stamp(window.until)}
        params = {**same, **({"syncToken": cursor} if cursor else bounds)}
        try:
            pages = await self._pages(f"{self._of(calendar)}/events", access, params)
        except RefusedError as error:
            if cursor and error.status in UNKNOWN_CURSOR:
                raise CursorGoneError from error
            raise
        items = list(newest(item for page in pages for item in self._calls.listed(page, "items")).values())
        gone = frozenset(str(item["id"]) for item in items if item.get("status") == "cancelled")
        alive = [event for item in items if item.get("status") != "cancelled" and (event := event_of(item)) is not None]
        token = pages[-1].get("nextSyncToken")
        return Fetch(window, alive, gone, complete=not cursor, cursor=str(token) if token else None)

    async def watch(self, access: Access, calendar: RawCalendar, address: PushAddress, until: datetime) -> Push:
        """See the port."""
        body = {
            "id": new_id(),
            "type": "web_hook",
            "address": address.url,
            "token": address.secret,
            "expiration": str(round(until.timestamp() * 1000)),
        }
        said = await self._calls.json("POST", f"{self._of(calendar)}/events/watch", access.token, json=body)
        millis = str(said.get("expiration") or body["expiration"])
        ends = datetime.fromtimestamp(int(millis) / 1000, UTC) if millis.isdigit() else until
        return Push(body["id"], str(said.get("resourceId") or ""), fingerprint(address.secret), ends)

    async def renew(self, access: Access, push: Push, until: datetime) -> Push | None:
        """Channels cannot be prolonged: a new one is made."""
        return None

    async def unwatch(self, access: Access, push: Push) -> None:
        """See the port."""
        body = {"id": push.id, "resourceId": push.resource_id}
        await self._calls.forget("POST", f"{self._api}/channels/stop", access.token, json=body)

    def _of(self, calendar: RawCalendar) -> str:
        return f"{self._api}/calendars/{quote(calendar.id, safe='')}"

    async def _pages(self, url: str, access: Access, params: Params) -> list[Json]:
        async def ask(url: str, params: Params) -> Json:
            return await self._calls.json("GET", url, access.token, params=dict(params))

        def further(page: Json) -> Further | None:
            token = page.get("nextPageToken")
            return (url, {**params, "pageToken": str(token)}) if token else None

        return await pages_of(self._calls.name, (url, params), ask, further)


def event_of(item: Json) -> FetchedEvent | None:
    """An event resource as ours; None for one that has no id or no time."""
    start, end = _moment(item.get("start")), _moment(item.get("end"))
    if not isinstance(item.get("id"), str) or start is None:
        return None
    people = [each for each in objects_in(item.get("attendees")) if each.get("email") and not each.get("resource")]
    me = next((each for each in objects_in(item.get("attendees")) if each.get("self")), {})
    organizer = object_in(item.get("organizer"))
    return FetchedEvent(
        provider_id=item["id"],
        title=str(item.get("summary") or "")[:MOST_TITLE],
        start=start,
        end=max(end or start, start),
        raw=item,
        series_id=item.get("recurringEventId") or None,
        skip=skip_of(
            all_day="date" in item["start"] and "dateTime" not in item["start"],
            kind=KINDS.get(str(item.get("eventType"))),
            declined=me.get("responseStatus") == "declined",
        ),
        is_free=item.get("transparency") == "transparent",
        is_private=item.get("visibility") in {"private", "confidential"},
        is_organizer=bool(organizer.get("self")),
        organizer_email=organizer.get("email") or None,
        attendees=tuple(Person(str(each["email"]), each.get("displayName") or None) for each in people[:MOST_PEOPLE]),
        addresses=_addresses(item),
        texts=tuple(str(item[name]) for name in ("location", "description") if item.get(name)),
    )


def _addresses(item: Json) -> tuple[str, ...]:
    points = objects_in(object_in(item.get("conferenceData")).get("entryPoints"))
    videos = [_entry(point) for point in points if point.get("entryPointType") == "video" and point.get("uri")]
    hangout = [str(item["hangoutLink"])] if item.get("hangoutLink") else []
    return (*videos, *hangout)


def _entry(point: Json) -> str:
    """An entry point as an invitation would put it; what is the passcode goes by several names."""
    passcode = next((str(point[name]) for name in ("passcode", "password", "accessCode") if point.get(name)), "")
    return f"{point['uri']}\nPasscode: {passcode}" if passcode else str(point["uri"])


def _moment(value: object) -> datetime | None:
    """`dateTime` with its offset, or `date`, which is taken as midnight UTC: such events are no meetings."""
    said = object_in(value)
    return moment_in(
        str(said.get("dateTime") or said.get("date")), said.get("timeZone") if "dateTime" in said else None
    )
