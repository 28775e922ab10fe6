"""`/api/calendars`: calendars by an ICS address or CalDAV, and rules for all of them. Access tokens as for PAXS."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from minutebook.api.bodies import Body
from minutebook.api.deps import Read, ServicesOf, SessionCaller, Tx
from minutebook.calendars.model import Calendar, CalendarState, ProviderName, RawCalendar, Rule, StoredEvent
from minutebook.calendars.rules import checked_rule
from minutebook.errors import invalid

router = APIRouter(prefix="/api/calendars", tags=["calendars"])


class Secrets(Body):
    """How a calendar without any cloud console is reached. `email` is its owner's, where the address does not tell."""

    provider: ProviderName = Field(description="`ics` or `caldav`; the others are connected over the v1 API.")
    url: str = Field(min_length=1, max_length=4096)
    username: str = ""
    password: SecretStr = SecretStr("")
    email: str = ""

    def plain(self) -> dict[str, str]:
        """The secrets as the provider wants them."""
        if self.provider not in {ProviderName.ICS, ProviderName.CALDAV}:
            message = "Google and Microsoft calendars are connected with POST /calendars/ of the v1 API."
            raise invalid("provider_invalid", message, "provider")
        given = {"url": self.url.strip(), "email": self.email.strip()}
        login = {"username": self.username, "password": self.password.get_secret_value()}
        return {**given, **(login if self.provider is ProviderName.CALDAV else {})}


class NewCalendar(Secrets):
    """Which calendar to connect; the first one where none is named."""

    calendar_id: str | None = None


class RuleBody(Body):
    """Which meetings get a bot by themselves: all of them, or those that pass what is set here."""

    mine_only: bool = Field(False, description="Only meetings that the calendar's owner organises.")
    words: list[str] = Field(default_factory=list, description="Only meetings with one of these words in the title.")
    never_private: bool = Field(True, description="No private meetings, whatever else is set.")
    never_free: bool = Field(False, description="No meetings that do not block time.")
    bot_name: str | None = Field(None, description="What the others in the call see.")

    def checked(self) -> Rule:
        """The rule."""
        return checked_rule(**self.model_dump())


class CalendarOut(BaseModel):
    """A connected calendar."""

    id: str
    provider: ProviderName
    name: str
    email: str
    state: CalendarState
    error_message: str | None
    synced_at: datetime | None
    rule: RuleBody | None


class RawCalendarOut(BaseModel):
    """A calendar that the credentials open."""

    id: str
    name: str
    is_primary: bool


class EventOut(BaseModel):
    """A meeting in a calendar."""

    id: str
    title: str
    start: datetime
    end: datetime
    meeting_url: str
    bot_id: str | None


@router.post("/raw")
async def raw(caller: SessionCaller, services: ServicesOf, body: Secrets) -> list[RawCalendarOut]:
    """The calendars that these credentials open; nothing is stored."""
    found = await services.calendars.connecting.raw(caller.user_id, body.provider, body.plain())
    return [_raw(each) for each in found]


@router.get("")
async def calendars(caller: SessionCaller, services: ServicesOf, read: Read) -> list[CalendarOut]:
    """Your calendars, of all providers."""
    return [_calendar(each) for each in await services.calendars.list(read, caller.user_id)]


@router.post("", status_code=201)
async def connect(caller: SessionCaller, services: ServicesOf, body: NewCalendar) -> CalendarOut:
    """Connect a calendar and read it for the first time."""
    made = await services.calendars.connecting.connect(
        caller.user_id, body.provider, body.plain(), raw_calendar_id=body.calendar_id
    )
    return _calendar(made)


@router.get("/{calendar_id}")
async def calendar(caller: SessionCaller, services: ServicesOf, calendar_id: str, read: Read) -> CalendarOut:
    """One calendar."""
    return _calendar(await services.calendars.get(read, caller.user_id, calendar_id))


@router.delete("/{calendar_id}", status_code=204)
async def remove(caller: SessionCaller, services: ServicesOf, calendar_id: str) -> Response:
    """Disconnect a calendar: its events go, and its bots are called off."""
    await services.calendars.connecting.remove(caller.user_id, calendar_id)
    return Response(status_code=204)


@router.post("/{calendar_id}/sync")
async def sync(caller: SessionCaller, services: ServicesOf, calendar_id: str) -> CalendarOut:
    """Read a calendar now."""
    outcome = await services.calendars.sync(caller.user_id, calendar_id)
    if outcome.error is not None:
        raise outcome.error
    async with services.db.reading() as read:
        return _calendar(await services.calendars.get(read, caller.user_id, calendar_id))


@router.post("/{calendar_id}/rule/preview")
async def preview(
    caller: SessionCaller, services: ServicesOf, calendar_id: str, body: RuleBody, read: Read
) -> list[EventOut]:
    """The meetings of the next seven days that a rule would send a bot to; nothing is changed."""
    return _events(await services.calendars.event_bots.preview(read, caller.user_id, calendar_id, body.checked()))


@router.put("/{calendar_id}/rule")
async def set_rule(
    caller: SessionCaller, services: ServicesOf, calendar_id: str, body: RuleBody, tx: Tx
) -> CalendarOut:
    """Switch a rule on: bots go to what is in the calendar and to what is to come."""
    return _calendar(await services.calendars.event_bots.set_rule(tx, caller.user_id, calendar_id, body.checked()))


@router.delete("/{calendar_id}/rule")
async def drop_rule(caller: SessionCaller, services: ServicesOf, calendar_id: str, tx: Tx) -> CalendarOut:
    """Switch the rule off: bots that it had asked for are called off."""
    return _calendar(await services.calendars.event_bots.set_rule(tx, caller.user_id, calendar_id, None))


def _calendar(found: Calendar) -> CalendarOut:
    rule = found.rule
    return CalendarOut(
        id=found.id,
        provider=found.provider,
        name=found.name,
        email=found.email,
        state=found.state,
        error_message=found.error_message,
        synced_at=found.synced_at,
        rule=RuleBody(
            mine_only=rule.mine_only,
            words=list(rule.words),
            never_private=rule.never_private,
            never_free=rule.never_free,
            bot_name=rule.bot_name,
        )
        if rule is not None
        else None,
    )


def _raw(found: RawCalendar) -> RawCalendarOut:
    return RawCalendarOut(id=found.id, name=found.name, is_primary=found.is_primary)


def _events(found: Sequence[StoredEvent]) -> list[EventOut]:
    return [
        EventOut(
            id=each.id,
            title=each.title,
            start=each.start,
            end=each.end,
            meeting_url=each.meeting_url,
            bot_id=each.bot_id,
        )
        for each in found
    ]
