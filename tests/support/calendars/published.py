"""A published calendar: a truth as an iCalendar file, with an entity tag."""

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx

from support.calendars.provider import FakeProvider
from support.calendars.world import Change, Instance, Series, Truth


class FakePublisher(FakeProvider):
    """Files at https://calendars.example.com/NAME.ics."""

    host, token_host = "calendars.example.com", "-"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.files: dict[str, Truth] = {}

    def api(self, request: httpx.Request) -> httpx.Response:
        truth = self.files.get(request.url.path)
        if truth is None:
            return httpx.Response(404)
        text = ics_of(truth, stamp=f"{self.now():%Y%m%dT%H%M%SZ}")
        tag = f'"{hashlib.sha256(ics_of(truth).encode()).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return httpx.Response(304)
        return httpx.Response(200, content=text.encode(), headers={"etag": tag, "content-type": "text/calendar"})


def ics_of(truth: Truth, stamp: str = "20260101T000000Z") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", "X-WR-CALNAME:Published"]
    for single in truth.singles.values():
        lines += _single(single, stamp)
    for series in truth.series.values():
        lines += series_lines(series, stamp)
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def series_lines(series: Series, stamp: str = "20260101T000000Z") -> list[str]:
    """A series and its exceptions as components."""
    zone = f"TZID={series.zone}"
    begin = f"{series.first:%Y%m%d}T{series.at:%H%M%S}"
    last = datetime.combine(series.last, series.at, ZoneInfo(series.zone)).astimezone(UTC) if series.last else None
    until = f";UNTIL={last:%Y%m%dT%H%M%SZ}" if last else ""
    gone = [original for original, change in series.changes.items() if change.cancelled]
    lines = [
        *("BEGIN:VEVENT", f"UID:{series.key}", f"DTSTAMP:{stamp}", f"SUMMARY:{series.title}"),
        *(f"DTSTART;{zone}:{begin}", f"DURATION:PT{series.minutes}M", f"LOCATION:{series.url}"),
        f"RRULE:FREQ=DAILY;INTERVAL={series.every_days}{until}",
        *(f"EXDATE:{original:%Y%m%dT%H%M%SZ}" for original in gone),
        "END:VEVENT",
    ]
    for original, change in series.changes.items():
        if not change.cancelled:
            lines += _exception(series, original, change, stamp)
    return lines


def _exception(series: Series, original: object, change: Change, stamp: str) -> list[str]:
    start = change.start or original
    return [
        *("BEGIN:VEVENT", f"UID:{series.key}", f"DTSTAMP:{stamp}", f"SUMMARY:{change.title or series.title}"),
        *(f"RECURRENCE-ID:{original:%Y%m%dT%H%M%SZ}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}"),
        *(f"DURATION:PT{series.minutes}M", f"LOCATION:{series.url}", "END:VEVENT"),
    ]


def _single(each: Instance, stamp: str) -> list[str]:
    answer = "DECLINED" if each.declined else "ACCEPTED"
    return [
        *("BEGIN:VEVENT", f"UID:{each.key}", f"DTSTAMP:{stamp}", f"SUMMARY:{each.title}"),
        *(f"DTSTART:{each.start:%Y%m%dT%H%M%SZ}", f"DTEND:{each.end:%Y%m%dT%H%M%SZ}", f"LOCATION:{each.url}"),
        f"ATTENDEE;PARTSTAT={answer};CN=Ada:mailto:ada@example.com",
        *("ATTENDEE;CN=Grace:mailto:Grace@example.com", "END:VEVENT"),
    ]
