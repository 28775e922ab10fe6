"""`/my/calendars`: connected calendars, and the coming week with what will be recorded and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.bots.model import BotWish, SpeechToText
from minutebook.calendars.model import EventQuery, ProviderName, Rule, StoredEvent
from minutebook.calendars.rules import checked_rule
from minutebook.errors import Kind, MinutebookError, invalid

router = APIRouter(prefix="/my/calendars", include_in_schema=False)

AHEAD = timedelta(days=7)
GRANTED = frozenset({ProviderName.GOOGLE, ProviderName.MICROSOFT})
GRANTS = ("client_id", "client_secret", "refresh_token")
USUAL_WISH = BotWish(meeting_url="", bot_name=Rule().bot_name, speech_to_text=SpeechToText())
"""What is asked of a bot for a single meeting: the same as by a rule."""


@router.get("")
async def calendars(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The calendars and the coming week."""
    return await _page(request, user, services, read)


@router.post("")
async def connect(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf) -> Response:
    """Connect a calendar by its address; bots are sent to its meetings when that is wanted."""
    rule = Rule() if "record" in form else None
    try:
        provider, secrets = _reached(form)
        await services.calendars.connecting.connect(user.id, provider, secrets, rule=rule)
    except MinutebookError as error:
        async with services.db.reading() as read:
            return await _page(request, user, services, read, error, typed=form)
    return _done("connected")


@router.post("/{calendar_id}/rule")
async def set_rule(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, calendar_id: str
) -> Response:
    """Record the calendar's meetings by themselves, or do not, or show which ones a rule would record."""
    words = [word.strip() for word in form.get("words", "").split(",") if word.strip()]
    chosen = {name: name in form for name in ("mine_only", "never_private", "never_free")}
    async with services.db.transaction() as tx:
        try:
            rule = checked_rule(words=words, bot_name=None, **chosen)
        except MinutebookError as error:
            return await _page(request, user, services, tx, error)
        if form.get("act") == "preview":
            events = await services.calendars.event_bots.preview(tx, user.id, calendar_id, rule)
            return await _page(request, user, services, tx, preview=Preview(calendar_id, rule, events))
        wanted = rule if form.get("act") == "record" else None
        await services.calendars.event_bots.set_rule(tx, user.id, calendar_id, wanted)
    return _done("rule" if wanted else "no-rule")


@router.post("/events/{event_id}")
async def set_event(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, event_id: str
) -> Response:
    """Have one meeting recorded that no rule takes, or leave one out."""
    wanted = form.get("act") == "record"
    async with services.db.transaction() as tx:
        try:
            if wanted:
                await services.calendars.event_bots.schedule(tx, user.id, event_id, USUAL_WISH, api_key=None)
            else:
                await services.calendars.event_bots.unschedule(tx, user.id, event_id)
        except MinutebookError as error:
            if error.kind is Kind.NOT_FOUND:
                raise
            return await _page(request, user, services, tx, error)
    return _done("recorded" if wanted else "not-recorded")


@router.post("/{calendar_id}/remove")
async def remove(user: SignedIn, form: PostedForm, services: ServicesOf, calendar_id: str) -> Response:
    """Disconnect a calendar; bots that were to go to its meetings stay away."""
    await services.calendars.connecting.remove(user.id, calendar_id)
    return _done("removed")


def _done(what: str) -> RedirectResponse:
    """Back to the page, which says that this was done."""
    return RedirectResponse(f"/my/calendars?done={what}", 303)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would record in the coming week, before it is set."""

    calendar_id: str
    rule: Rule
    events: Sequence[StoredEvent]


def _reached(form: Mapping[str, str]) -> tuple[ProviderName, dict[str, str]]:
    """How a calendar is reached: with an OAuth client and its owner's refresh token it is Google's or Microsoft's, with
    a name and a password a CalDAV account, else its ICS address."""
    if form.get("provider") in GRANTED:
        given = {name: form.get(name, "").strip() for name in GRANTS}
        if missing := next((name for name, value in given.items() if not value), None):
            raise invalid("credentials_required", "Client ID, client secret and refresh token are all needed.", missing)
        return ProviderName(form["provider"]), given
    secrets = {"url": form.get("url", "").strip()}
    if form.get("provider") != ProviderName.CALDAV:
        return ProviderName.ICS, secrets
    return ProviderName.CALDAV, {**secrets, "username": form.get("username", ""), "password": form.get("secret", "")}


async def _page(
    request: Request,
    user: User,
    services: ServicesOf,
    read: Read,
    error: MinutebookError | None = None,
    preview: Preview | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The page. `typed` is what a form held that could not be done: all but its secrets stands there again."""
    now = services.clock.now()
    found = await services.calendars.list(read, user.id)
    weeks = []
    for calendar in found:
        query = EventQuery(calendar.id, ends_after=now, starts_until=now + AHEAD)
        weeks.append((calendar, [event for _, event in await services.calendars.page(read, user.id, query)]))
    again = {name: (typed or {}).get(name, "") for name in ("provider", "url", "username")}
    context = {"weeks": weeks, "preview": preview, "typed": again, "done": request.query_params.get("done", "")}
    return shown(request, user, "calendars.html", context, failure=failure_of(error) if error else None)
