"""WebDAV's XML (RFC 4918, RFC 4791, RFC 6578): the requests that we make, and what their answers say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from minutebook.calendars import ports
from minutebook.calendars.model import Window

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_SPACES: Final = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'

DISCOVER: Final = (
    f'<?xml version="1.0" encoding="utf-8"?><d:propfind {_SPACES}><d:prop><d:resourcetype/><d:displayname/>'
    "<d:current-user-principal/><c:calendar-home-set/><c:calendar-user-address-set/>"
    "<c:supported-calendar-component-set/></d:prop></d:propfind>"
).encode()
SYNC_TOKEN: Final = (
    f'<?xml version="1.0" encoding="utf-8"?><d:propfind {_SPACES}><d:prop><d:sync-token/></d:prop></d:propfind>'
).encode()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a multistatus says of one resource: its properties where they were found, None where not. `status` is that
    of the resource itself; 200 where it has none of its own."""

    href: str
    status: int = 200
    is_calendar: bool = False
    display_name: str | None = None
    principal: str | None = None
    home: str | None = None
    owner_email: str | None = None
    sync_token: str | None = None
    calendar_data: str | None = None


@dataclass(frozen=True, slots=True)
class Multistatus:
    """An answer with several resources; the token continues a synchronisation."""

    resources: Sequence[Resource]
    sync_token: str | None = None


def calendar_query(window: Window) -> bytes:
    """A report of all events that touch the window, with their data (RFC 4791, 7.8)."""
    bounds = f'start="{_stamp(window.since)}" end="{_stamp(window.until)}"'
    return (
        f'<?xml version="1.0" encoding="utf-8"?><c:calendar-query {_SPACES}><d:prop><d:getetag/><c:calendar-data/>'
        '</d:prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f"<c:time-range {bounds}/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    ).encode()


def sync_collection(token: str) -> bytes:
    """A report of what changed since `token` (RFC 6578, 3.2)."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><d:sync-collection {_SPACES}><d:sync-token>{escape(token)}'
        "</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    ).encode()


def multiget(hrefs: Sequence[str]) -> bytes:
    """A report of the data of these resources (RFC 4791, 7.9)."""
    named = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><c:calendar-multiget {_SPACES}><d:prop><d:getetag/>'
        f"<c:calendar-data/></d:prop>{named}</c:calendar-multiget>"
    ).encode()


def read_multistatus(data: bytes) -> Multistatus:
    """The answer's resources; raises `provider_unavailable` for what is no XML, or XML that only does harm."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ports.unavailable("The CalDAV server", "its answer is no XML.") from error
    return Multistatus(
        [_resource(each) for each in root.findall(f"{DAV}response")], _text(root.find(f"{DAV}sync-token"))
    )


def _resource(response: Any) -> Resource:
    found = [each for each in response.findall(f"{DAV}propstat") if _status(each.find(f"{DAV}status")) == 200]
    props = [prop for each in found for prop in each.findall(f"{DAV}prop")]

    def first(path: str) -> Any:
        return next((hit for prop in props if (hit := prop.find(path)) is not None), None)

    own = response.find(f"{DAV}status")
    kinds = first(f"{DAV}resourcetype")
    components = first(f"{CALDAV}supported-calendar-component-set")
    holds_events = components is None or any(each.get("name") == "VEVENT" for each in components)
    return Resource(
        href=_text(response.find(f"{DAV}href")) or "",
        status=_status(own) if own is not None else 200,
        is_calendar=kinds is not None and kinds.find(f"{CALDAV}calendar") is not None and holds_events,
        display_name=_text(first(f"{DAV}displayname")),
        principal=_text(first(f"{DAV}current-user-principal/{DAV}href")),
        home=_text(first(f"{CALDAV}calendar-home-set/{DAV}href")),
        owner_email=_owner_email(first(f"{CALDAV}calendar-user-address-set")),
        sync_token=_text(first(f"{DAV}sync-token")),
        calendar_data=_text(first(f"{CALDAV}calendar-data")),
    )


def _owner_email(addresses: Any) -> str | None:
    if addresses is None:
        return None
    parts = [urlsplit(_text(each) or "") for each in addresses.findall(f"{DAV}href")]
    return next((part.path for part in parts if part.scheme == "mailto" and "@" in part.path), None)


def _status(element: Any) -> int:
    words = (_text(element) or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 200


def _text(element: Any) -> str | None:
    text = element.text.strip() if element is not None and element.text else ""
    return text or None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
