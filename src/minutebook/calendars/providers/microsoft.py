"""Microsoft 365 and Outlook.com calendars, by Microsoft Graph v1.0 (https://learn.microsoft.com/graph/api/resources/event).

Graph keeps the window inside its delta link, and describes occurrences of a series by little more than their times: the
rest is their series master's, which may or may not be in the same answer.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from minutebook.calendars.diff import merged
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
from minutebook.calendars.ports import Access, CursorGoneError, PushAddress, unavailable
from minutebook.calendars.providers.calls import Calls, Json, RefusedError
from minutebook.calendars.providers.pages import Further, Params, pages_of
from minutebook.calendars.providers.values import moment_in, newest, object_in, objects_in, stamp
from minutebook.calendars.rules import skip_of
from minutebook.config import MicrosoftSettings
from minutebook.errors import MinutebookError
from minutebook.grants.model import Granted
from minutebook.kit.ids import fingerprint
from minutebook.outgoing.client import OutgoingClient

SCOPE: Final = "offline_access Calendars.Read"
RECORDINGS: Final = "OnlineMeetings.Read OnlineMeetingRecording.Read.All OnlineMeetingArtifact.Read.All"
"""What importing recordings takes beside it; only an administrator can consent to the last two."""
PREFER: Final = {"Prefer": 'outlook.timezone="UTC", odata.maxpagesize=200'}
SYNC_STATE: Final = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired", "syncstateinvalidformat"})
"""Error codes that mean that a delta link is of no use any more (https://learn.microsoft.com/graph/delta-query-overview
and its errors), besides the status 410."""
NO_PARAMS: Final[Params] = {}
MASTER, OCCURRENCE, EXCEPTION = "seriesMaster", "occurrence", "exception"
OF_MASTER: Final = frozenset({"recurrence", "start", "end", "id", "type", "seriesMasterId", "cancelledOccurrences"})
"""What an occurrence never takes from its master."""


class Microsoft:
    """Microsoft Graph."""

    name = ProviderName.MICROSOFT
    poll_s = 60.0
    # Subscriptions to calendars live less than 3 days (4230 minutes until 2023, 10080 now): what both take.
    push_life, push_renewal = timedelta(minutes=4200), timedelta(days=1)

    def __init__(self, outgoing: OutgoingClient, settings: MicrosoftSettings, now: Callable[[], datetime]) -> None:
        self._calls = Calls(outgoing, "Microsoft", now)
        self._token_url = f"{settings.login_url.rstrip('/')}/common/oauth2/v2.0/token"
        self._graph = f"{settings.graph_url.rstrip('/')}/v1.0"
        self._more = f"{SCOPE} {RECORDINGS}" if settings.recordings else ""

    async def refresh(self, secrets: Mapping[str, str]) -> Granted:
        """See the port. The answer may carry another refresh token. Whoever consented to the calendar alone keeps it:
        a token for more is refused, and the grant stands."""
        if self._more:
            try:
                return await self._calls.refreshed(self._token_url, secrets, scope=self._more)
            except MinutebookError as error:
                if error.code != "grant_revoked":
                    raise
        return await self._calls.refreshed(self._token_url, secrets, scope=SCOPE)

    async def calendars(self, access: Access) -> list[RawCalendar]:
        """See the port."""
        pages = await self._pages(f"{self._graph}/me/calendars", access)
        items = [
            item for page in pages for item in self._calls.listed(page, "value") if isinstance(item.get("id"), str)
        ]
        found = [
            RawCalendar(
                str(item["id"]),
                str(item.get("name") or item["id"])[:MOST_TITLE],
                str(object_in(item.get("owner")).get("address") or ""),
                bool(item.get("isDefaultCalendar")),
            )
            for item in items
        ]
        return sorted(found, key=lambda each: not each.is_primary)

    async def fetch(self, access: Access, calendar: RawCalendar, window: Window, cursor: str | None) -> Fetch:
        """See the port. A series whose master changed is read anew as a whole: its occurrences need not be named."""
        bounds = {"startDateTime": stamp(window.since), "endDateTime": stamp(window.until)}
        start = cursor or f"{self._of(calendar)}/calendarView/delta"
        try:
            pages = await self._pages(start, access, NO_PARAMS if cursor else bounds)
        except RefusedError as error:
            known = {reason.lower() for reason in error.reasons}
            if cursor and (error.status == 410 or known & SYNC_STATE):
                raise CursorGoneError from error
            raise
        link = pages[-1].get("@odata.deltaLink")
        if not link:
            raise unavailable(self._calls.name, "its list breaks off.")
        items = newest(item for page in pages for item in self._calls.listed(page, "value"))
        removed = {key for key, item in items.items() if "@removed" in item or item.get("isCancelled")}
        alive = [item for key, item in items.items() if key not in removed]
        masters = {str(item["id"]): item for item in alive if item.get("type") == MASTER}
        unclear: set[str] = set()
        for key in masters if cursor else ():
            instances = await self._instances(access, key, bounds)
            if instances is None:
                unclear.add(key)
            alive += instances or []
        groups = frozenset(masters) - unclear if cursor else frozenset()
        unclear |= await self._complete(access, alive, masters)
        told = (item for item in alive if not (_is_partial(item) and item["seriesMasterId"] not in masters))
        events = [each for item in told if (each := event_of(_whole(item, masters))) is not None]
        # Whoever was not told all asks for the same once more.
        here = cursor if cursor and unclear else str(link)
        return Fetch(window, events, frozenset(removed), groups, not cursor, here, frozenset(unclear))

    async def watch(self, access: Access, calendar: RawCalendar, address: PushAddress, until: datetime) -> Push:
        """See the port."""
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": address.url,
            "lifecycleNotificationUrl": address.url,
            "resource": f"/me/calendars/{calendar.id}/events",
            "expirationDateTime": stamp(until),
            "clientState": address.secret,
        }
        said = await self._calls.json("POST", f"{self._graph}/subscriptions", access.token, json=body)
        key = str(said.get("id") or "")
        return Push(key, key, fingerprint(address.secret), _moment(said.get("expirationDateTime")) or until)

    async def renew(self, access: Access, push: Push, until: datetime) -> Push | None:
        """See the port."""
        url = f"{self._graph}/subscriptions/{quote(push.id, safe='')}"
        try:
            said = await self._calls.json("PATCH", url, access.token, json={"expirationDateTime": stamp(until)})
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        ends = _moment(said.get("expirationDateTime")) or until
        return Push(push.id, push.resource_id, push.secret_print, ends)

    async def unwatch(self, access: Access, push: Push) -> None:
        """See the port."""
        url = f"{self._graph}/subscriptions/{quote(push.id, safe='')}"
        await self._calls.forget("DELETE", url, access.token)

    def _of(self, calendar: RawCalendar) -> str:
        return f"{self._graph}/me/calendars/{quote(calendar.id, safe='')}"

    async def _pages(self, url: str, access: Access, params: Params = NO_PARAMS) -> list[Json]:
        async def ask(url: str, params: Params) -> Json:
            self._check_ours(url)
            # A link of Graph's carries its query: parameters of our own would replace it, even none.
            given: dict[str, Any] = {"params": dict(params)} if params else {}
            return await self._calls.json("GET", url, access.token, headers=PREFER, **given)

        def further(page: Json) -> Further | None:
            link = page.get("@odata.nextLink")
            return (str(link), NO_PARAMS) if link else None

        return await pages_of(self._calls.name, (url, params), ask, further)

    def _check_ours(self, link: str) -> None:
        """Keep the token with Graph: a link that leads elsewhere is not followed."""
        here, there = urlsplit(self._graph), urlsplit(link)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise unavailable(self._calls.name, "it sent a link that leads elsewhere.")

    async def _instances(self, access: Access, master: str, bounds: Mapping[str, str]) -> list[Json] | None:
        """The occurrences of a series; None when Graph does not find it, which it does not always at once."""
        url = f"{self._graph}/me/events/{quote(master, safe='')}/instances"
        try:
            pages = await self._pages(url, access, bounds)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        return [item for page in pages for item in self._calls.listed(page, "value") if not item.get("isCancelled")]

    async def _complete(self, access: Access, items: Sequence[Json], masters: dict[str, Json]) -> set[str]:
        """Fetch the masters that occurrences need and the answer did not hold; returns those that are not found."""
        needed = {str(item["seriesMasterId"]) for item in items if _is_partial(item)}
        missing: set[str] = set()
        for key in sorted(needed - masters.keys()):
            url = f"{self._graph}/me/events/{quote(key, safe='')}"
            try:
                masters[key] = await self._calls.json("GET", url, access.token, headers=PREFER)
            except RefusedError as error:
                if error.status != 404:
                    raise
                missing.add(key)
        return missing


def _is_partial(item: Json) -> bool:
    return item.get("type") in {OCCURRENCE, EXCEPTION} and "subject" not in item and bool(item.get("seriesMasterId"))


def _whole(item: Json, masters: Mapping[str, Json]) -> Json:
    master = masters.get(str(item.get("seriesMasterId"))) if _is_partial(item) else None
    if master is None:
        return item
    return merged({name: value for name, value in master.items() if name not in OF_MASTER}, item)


def event_of(item: Json) -> FetchedEvent | None:
    """An event resource as ours; None for a series master, and for one that has no time."""
    start, end = _moment(item.get("start")), _moment(item.get("end"))
    if item.get("type") == MASTER or start is None:
        return None
    organizer = object_in(object_in(item.get("organizer")).get("emailAddress"))
    attendees = [object_in(each.get("emailAddress")) for each in objects_in(item.get("attendees")) if _is_person(each)]
    joins = (object_in(item.get("onlineMeeting")).get("joinUrl"), item.get("onlineMeetingUrl"))
    texts = (object_in(item.get("location")).get("displayName"), object_in(item.get("body")).get("content"))
    uris = [object_in(each).get("locationUri") for each in (item.get("location"), *objects_in(item.get("locations")))]
    series = str(item.get("seriesMasterId") or "") or None
    return FetchedEvent(
        provider_id=str(item["id"]),
        title=str(item.get("subject") or "")[:MOST_TITLE],
        start=start,
        end=max(end or start, start),
        raw=item,
        series_id=series,
        group=series,
        skip=skip_of(
            all_day=bool(item.get("isAllDay")),
            kind=Skip.OUT_OF_OFFICE if item.get("showAs") == "oof" else None,
            declined=object_in(item.get("responseStatus")).get("response") == "declined",
        ),
        is_free=item.get("showAs") == "free",
        is_private=item.get("sensitivity") in {"personal", "private", "confidential"},
        is_organizer=bool(item.get("isOrganizer")),
        organizer_email=str(organizer.get("address") or "") or None,
        attendees=tuple(
            Person(str(each["address"]), str(each.get("name") or "") or None)
            for each in attendees[:MOST_PEOPLE]
            if each.get("address")
        ),
        addresses=tuple(str(each) for each in joins if each),
        texts=tuple(str(each) for each in (*uris, *texts) if each),
    )


def _is_person(attendee: Json) -> bool:
    return attendee.get("type") != "resource"


def _moment(value: object) -> datetime | None:
    """A `dateTimeTimeZone`, with seven digits of a second and in UTC as we ask for it, or in the zone that it names
    where that is not heeded; or a moment with its zone."""
    text = str(value.get("dateTime") or "") if isinstance(value, dict) else str(value or "")
    whole, dot, rest = text.partition(".")
    zone = rest.lstrip("0123456789") if dot else ""
    return moment_in(whole + zone, value.get("timeZone") if isinstance(value, dict) else None)
