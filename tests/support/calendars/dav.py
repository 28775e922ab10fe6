"""A CalDAV server of one calendar, as far as connecting, reading and following it need that; refuses any other
password."""

import base64
import hashlib

import httpx

from support.calendars.provider import FakeProvider
from support.calendars.published import ics_of
from support.calendars.world import Truth

CALENDAR = "/ada/work/"
OBJECT = f"{CALENDAR}all.ics"
_BODY = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{}</d:multistatus>'
_RESPONSE = (
    "<d:response><d:href>{href}</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop>{properties}</d:prop>"
    "</d:propstat></d:response>"
)
_CALENDAR = (
    "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>Work</d:displayname>"
    '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
    "<d:sync-token>{token}</d:sync-token>"
)


class FakeDav(FakeProvider):
    """At https://dav.example.com/ada/work/; all events are one object."""

    host, token_host = "dav.example.com", "-"
    user, password = "ada", "the-password-of-ada"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.truth = Truth()

    def api(self, request: httpx.Request) -> httpx.Response:
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return httpx.Response(401, text="wrong password")
        data = ics_of(self.truth)
        token = f"urn:{hashlib.sha256(data.encode()).hexdigest()}"
        if request.method == "PROPFIND":
            return multistatus((CALENDAR, _CALENDAR.format(token=token)))
        if b"sync-collection" in request.content:
            changed = [] if token.encode() in request.content else [(OBJECT, "<d:getetag>1</d:getetag>")]
            return multistatus(*changed, token=token)
        return multistatus((OBJECT, f"<c:calendar-data><![CDATA[{data}]]></c:calendar-data>"))


def multistatus(*found: tuple[str, str], token: str | None = None) -> httpx.Response:
    responses = [_RESPONSE.format(href=href, properties=properties) for href, properties in found]
    continues = [f"<d:sync-token>{token}</d:sync-token>"] if token else []
    return httpx.Response(207, text=_BODY.format("".join((*responses, *continues))))
