"""Events out of iCalendar text (RFC 5545): series are expanded here, each occurrence becomes an event. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, Final

from minutebook.calendars.model import MOST_PEOPLE, MOST_TITLE, FetchedEvent, Person, Skip, Window
from minutebook.calendars.rules import skip_of
from minutebook.errors import MinutebookError, invalid

MOST_EVENTS: Final = 20_000
"""Occurrences that are taken out of one file; what has more in a month is no calendar of meetings."""
UNREADABLE: Final = (ValueError, TypeError, OverflowError, AttributeError, KeyError, IndexError)
"""What the libraries raise for what is no iCalendar."""
TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY"})
BUSY_STATUS: Final = "X-MICROSOFT-CDO-BUSYSTATUS"
CONFERENCE: Final = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "URL")
"""Properties that hold a meeting's address: RFC 7986, and what Google and Microsoft write."""
TEXTS: Final = ("LOCATION", "DESCRIPTION", "X-ALT-DESC")
OF_OCCURRENCE: Final = ("DTSTART", "DTEND", "RECURRENCE-ID", "SEQUENCE")
"""What tells an occurrence from the others of its series."""
RECURS: Final = ("RRULE", "RDATE", "RECURRENCE-ID")


def events_of(data: bytes, window: Window, owners: frozenset[str], group: str | None = None) -> list[FetchedEvent]:
    """The events of a file within the window; `owners` are the addresses (folded) of the calendar's owner. Cancelled
    ones are left out, and those that cannot be read where others can. Times without a zone are in the calendar's
    (`X-WR-TIMEZONE`), else UTC. Raises `ics_unreadable` and `ics_too_many`."""
    calendar = _read(data)
    made = _Making(_recurring(calendar), owners, group)
    found = _each_readable(calendar, window)
    events = [event for each in found if (event := made.event(each)) and window.overlaps(event.start, event.end)]
    return sorted(events, key=lambda event: event.start)


def _read(data: bytes) -> Any:
    import icalendar

    try:
        calendar = icalendar.Calendar.from_ical(data.replace(b"\0", b""))
    except (*UNREADABLE, RecursionError) as error:
        raise _unreadable(error) from error
    for component in list(calendar.subcomponents):
        rule = component.get("RRULE")
        frequencies = {str(each).upper() for each in rule.get("FREQ", [])} if isinstance(rule, Mapping) else set()
        if frequencies & TOO_OFTEN:
            calendar.subcomponents.remove(component)
    return calendar


def _each_readable(calendar: Any, window: Window) -> list[Any]:
    """The file's occurrences; where one of its events spoils that, those of the others."""
    try:
        return _bounded(_occurrences(calendar, window))
    except UNREADABLE as error:
        alone = _each_alone(calendar)
        read = [found for part in alone[:MOST_EVENTS] if (found := _readable(part, window)) is not None]
        if not read:
            raise _unreadable(error) from error
        return _bounded(chain.from_iterable(read))


def _readable(calendar: Any, window: Window) -> list[Any] | None:
    try:
        return _bounded(_occurrences(calendar, window))
    except UNREADABLE:
        return None


def _each_alone(calendar: Any) -> list[Any]:
    """A calendar for each id of events, with all else that the file holds."""
    of_uid: defaultdict[str, list[Any]] = defaultdict(list)
    for component in calendar.walk("VEVENT"):
        of_uid[str(component.get("UID", ""))].append(component)
    common = [component for component in calendar.subcomponents if component.name != "VEVENT"]
    alone = []
    for components in of_uid.values():
        part = calendar.copy()
        part.subcomponents = [*common, *components]
        alone.append(part)
    return alone


def _recurring(calendar: Any) -> frozenset[str]:
    of_uid: defaultdict[str, list[Any]] = defaultdict(list)
    for component in calendar.walk("VEVENT"):
        of_uid[str(component.get("UID", ""))].append(component)
    return frozenset(
        uid for uid, components in of_uid.items() if any(name in each for each in components for name in RECURS)
    )


def _occurrences(calendar: Any, window: Window) -> Iterator[Any]:
    """The components within the window, series by series and each series once: `query.after` walks every series from
    its beginning for each quarter of an hour, and `query.between` makes all of them before it shows one."""
    import recurring_ical_events
    import x_wr_timezone

    query: Any = recurring_ical_events.of(x_wr_timezone.to_standard(calendar), skip_bad_series=True)
    for series in query.series:
        with suppress(*query.suppressed_errors):
            for occurrence in series.between(window.since, window.until):
                yield occurrence.as_component(query.keep_recurrence_attributes)


def _bounded(occurrences: Iterable[Any]) -> list[Any]:
    found = list(islice(occurrences, MOST_EVENTS + 1))
    if len(found) > MOST_EVENTS:
        raise invalid("ics_too_many", f"The calendar has more than {MOST_EVENTS} events in a month.", "url")
    return found


class _Making:
    """Makes events of the components of one file. Occurrences of a series share their values, as objects, but for those
    of `OF_OCCURRENCE`: what comes of the shared ones is made once."""

    def __init__(self, recurring: frozenset[str], owners: frozenset[str], group: str | None) -> None:
        self._recurring = recurring
        self._owners = owners
        self._group = group
        self._alike: dict[tuple[object, ...], FetchedEvent | None] = {}

    def event(self, component: Any) -> FetchedEvent | None:
        """The event; None for what has no id, and for what was cancelled."""
        begins, ends = component["DTSTART"].dt, component["DTEND"].dt
        shared = (id(value) for name, value in component.items() if name not in OF_OCCURRENCE)
        key = (type(begins), *shared)
        if key not in self._alike:
            self._alike[key] = self._made(component, all_day=not isinstance(begins, datetime))
        alike = self._alike[key]
        if alike is None:
            return None
        start, original = _moment(begins), component.get("RECURRENCE-ID")
        of_series = _moment(original.dt) if original is not None else start
        uid = alike.provider_id
        return replace(
            alike,
            provider_id=f"{uid}/{of_series:%Y%m%dT%H%M%SZ}" if alike.series_id else uid,
            start=start,
            end=max(_moment(ends), start),
            raw={**alike.raw, **_raw({name: component[name] for name in OF_OCCURRENCE if name in component})},
        )

    def _made(self, component: Any, *, all_day: bool) -> FetchedEvent | None:
        uid = str(component.get("UID", ""))
        if not uid or str(component.get("STATUS", "")).upper() == "CANCELLED":
            return None
        people = _people(component)
        organizer = _email(component.get("ORGANIZER"))
        mine = [status for person, status in people if person.email.casefold() in self._owners]
        busy = str(component.get(BUSY_STATUS, "")).upper()
        return FetchedEvent(
            provider_id=uid,
            title=str(component.get("SUMMARY", ""))[:MOST_TITLE],
            start=datetime.min.replace(tzinfo=UTC),
            end=datetime.min.replace(tzinfo=UTC),
            raw=_raw(component),
            series_id=uid if uid in self._recurring else None,
            group=self._group,
            skip=skip_of(
                all_day=all_day, kind=Skip.OUT_OF_OFFICE if busy == "OOF" else None, declined="DECLINED" in mine
            ),
            is_free=str(component.get("TRANSP", "")).upper() == "TRANSPARENT" or busy == "FREE",
            is_private=str(component.get("CLASS", "")).upper() in {"PRIVATE", "CONFIDENTIAL"},
            is_organizer=organizer is not None and organizer.casefold() in self._owners,
            organizer_email=organizer,
            attendees=tuple(person for person, _ in people),
            addresses=tuple(text for name in CONFERENCE for text in _texts(component.get(name))),
            texts=tuple(text for name in TEXTS for text in _texts(component.get(name))),
        )


def _people(component: Any) -> list[tuple[Person, str]]:
    people = []
    for each in _listed(component.get("ATTENDEE"))[:MOST_PEOPLE]:
        email, parameters = _email(each), getattr(each, "params", {})
        if email is not None and str(parameters.get("CUTYPE", "")).upper() not in {"RESOURCE", "ROOM"}:
            name = str(parameters.get("CN", "")).strip().strip('"')
            people.append((Person(email, name or None), str(parameters.get("PARTSTAT", "")).upper()))
    return people


def _email(value: object) -> str | None:
    text = re.sub(r"^mailto:", "", str(value).strip(), flags=re.IGNORECASE) if value is not None else ""
    return text if "@" in text and " " not in text else None


def _raw(component: Mapping[str, Any]) -> dict[str, object]:
    """The component's properties, as they are written in the file."""
    raw: dict[str, object] = {}
    for name, value in component.items():
        texts = _texts(value, ical=True)
        raw[str(name)] = texts[0] if len(texts) == 1 else list(texts)
    return raw


def _texts(value: object, *, ical: bool = False) -> Sequence[str]:
    texts = []
    for each in _listed(value):
        written = each.to_ical() if ical and hasattr(each, "to_ical") else each
        texts.append(written.decode("utf-8", "replace") if isinstance(written, bytes) else str(written))
    return [text for text in texts if text]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _moment(value: date | datetime) -> datetime:
    """In UTC; a time without a zone, and the midnight of a date, are taken as UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def _unreadable(error: Exception) -> MinutebookError:
    return invalid("ics_unreadable", f"This is no calendar in iCalendar form: {str(error)[:200]}.", "url")
