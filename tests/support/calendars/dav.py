"""A CalDAV server of one calendar, as far as connecting and reading need it; refuses any other password."""

import base64

import httpx

from support.calendars.provider import FakeProvider
from support.calendars.published import ics_of
from support.calendars.world import Truth

CALENDAR = "/ada/work/"
_BODY = (
    '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response>'
    "<d:href>{href}</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop>{properties}</d:prop>"
    "</d:propstat></d:response></d:multistatus>"
)
_CALENDAR = (
    "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>Work</d:displayname>"
    '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
)


class FakeDav(FakeProvider):
    """At https://dav.example.com/ada/work/."""

    host, token_host = "dav.example.com", "-"
    user, password = "ada", "the-password-of-ada"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.truth = Truth()

    def api(self, request: httpx.Request) -> httpx.Response:
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return httpx.Response(401, text="wrong password")
        if request.method == "PROPFIND":
            return httpx.Response(207, text=_BODY.format(href=CALENDAR, properties=_CALENDAR))
        data = f"<d:getetag>1</d:getetag><c:calendar-data><![CDATA[{ics_of(self.truth)}]]></c:calendar-data>"
        return httpx.Response(207, text=_BODY.format(href=f"{CALENDAR}all.ics", properties=data))
