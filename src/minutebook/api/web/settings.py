"""`/settings`: what a person decides about their account: language, password, keys, sign-ins, programs, webhooks and
note templates."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from minutebook.accounts.management import check_not_owner
from minutebook.accounts.model import PASSWORD_MIN_CHARS, User
from minutebook.api.deps import SCOPE_MEANINGS, Db, Read, ServicesOf, Tx, client_address
from minutebook.api.errors import failure_of
from minutebook.api.stored_files import disposition
from minutebook.api.web.dates import own_name
from minutebook.api.web.devices import browser_and_system
from minutebook.api.web.forms import SESSION_COOKIE, PostedForm, browser_secret, drop_cookie, kept_cookie, several
from minutebook.api.web.frame import SignedIn, SignInStanding, shown
from minutebook.api.web.languages import COOKIE, language_of, languages
from minutebook.api.web.previews import TemplatePreview, preview_of
from minutebook.api.web.render import page
from minutebook.errors import MinutebookError, not_found
from minutebook.language.model import ItemKind, MeetingType
from minutebook.preferences import repository as preferences_repository
from minutebook.preferences.model import checked_days, checked_vocabulary
from minutebook.templates.model import SectionDraft, TemplateDraft

router = APIRouter(prefix="/settings", include_in_schema=False)

YEAR_S = 365 * 24 * 3600


@router.get("")
async def settings(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The page."""
    return await _page(request, user, services, read)


@router.post("/language")
async def language(user: SignedIn, form: PostedForm) -> Response:
    """Choose the language of the pages in this browser."""
    response = _done("language", "profile")
    if form.get("language") in languages():
        response.set_cookie(COOKIE, form["language"], YEAR_S, httponly=True, samesite="lax")
    return response


@router.post("/password")
async def password(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, db: Db) -> Response:
    """Choose another password; other browsers are signed out."""
    secret = kept_cookie(request, SESSION_COOKIE) or ""
    async with db.reading() as read:
        own = await services.accounts.web_session_id(read, secret)
    try:
        current, new = form.get("current", ""), form.get("password", "")
        await services.accounts.management.change_password(db, user, current, new, session_id=own)
    except MinutebookError as error:
        async with db.reading() as read:
            return await _page(request, user, services, read, error)
    return _done("password", "your-password")


@router.post("/keys")
async def make_key(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """A new API key; its secret is on this one page and nowhere else."""
    try:
        _, secret = await services.accounts.management.create_api_key(tx, user, form.get("name", ""))
    except MinutebookError as error:
        return await _page(request, user, services, tx, error)
    return await _page(request, user, services, tx, secret=secret)


@router.post("/keys/{key_id}/revoke")
async def revoke_key(user: SignedIn, form: PostedForm, services: ServicesOf, key_id: str, tx: Tx) -> Response:
    """End a key."""
    await services.accounts.management.revoke_api_key(tx, user.id, key_id)
    return _done("key", "keys")


@router.post("/sign-ins/{session_id}/end")
async def end_sign_in(user: SignedIn, form: PostedForm, services: ServicesOf, session_id: str, tx: Tx) -> Response:
    """Sign a browser out."""
    await services.accounts.management.end_session(tx, user.id, session_id)
    return _done("sign-in", "sign-ins")


@router.post("/programs/{program_id}/revoke")
async def revoke_program(user: SignedIn, form: PostedForm, services: ServicesOf, program_id: str, tx: Tx) -> Response:
    """Let a program in no more."""
    await services.oauth.revoke_program(tx, user.id, program_id)
    return _done("program", "programs")


@router.post("/webhook")
async def webhook(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """Where messages go that have no address of their own; nowhere when it is empty."""
    try:
        await services.webhooks.set_account_url(tx, user.id, form.get("webhook_url", "").strip() or None)
    except MinutebookError as error:
        return await _page(request, user, services, tx, error)
    return _done("webhook", "webhook")


@router.post("/preferences")
async def keep_preferences(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx
) -> Response:
    """Words to recognise, or for how long things are kept: what the form has of both."""
    kept = await preferences_repository.load(tx, user.id)
    try:
        if "vocabulary" in form:
            kept = replace(kept, vocabulary=checked_vocabulary(form["vocabulary"]))
        else:
            days = [checked_days(form.get(name, ""), name) for name in ("sound_days", "meeting_days")]
            kept = replace(kept, sound_days=days[0], meeting_days=days[1])
    except MinutebookError as error:
        return await _page(request, user, services, tx, error)
    await preferences_repository.save(tx, user.id, kept)
    changed = "words" if "vocabulary" in form else "retention"
    return _done(changed, changed)


@router.post("/export")
async def export(user: SignedIn, form: PostedForm, services: ServicesOf, standing: SignInStanding) -> Response:
    """Everything that is the user's, as a ZIP that is made while it is sent."""
    name = f"minutebook {services.clock.now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": disposition(name, "attachment"), "Cache-Control": "no-store"}
    return StreamingResponse(standing.guarded(services.takeout.archive(user)), 200, headers, "application/zip")


@router.post("/delete")
async def delete(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, db: Db) -> Response:
    """Delete the account with all that is its own, for who knows its password; the page shows the receipt."""
    try:
        check_not_owner(user)
        await services.accounts.authenticate(
            db, user.email, form.get("own_password", ""), client_address(request), browser_secret(request)
        )
        receipt = await services.removal.remove_user(user.id)
    except MinutebookError as error:
        async with db.reading() as read:
            return await _page(request, user, services, read, error)
    response = page(request, "deleted.html", {"receipt": receipt.document()})
    drop_cookie(request, response, SESSION_COOKIE)
    return response


@router.post("/groups")
async def make_group(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """A new group."""
    try:
        await services.sharing.groups.create(tx, user.id, form.get("name", ""))
    except MinutebookError as error:
        return await _page(request, user, services, tx, error)
    return _done("group", "groups")


@router.post("/groups/{group_id}")
async def change_group(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, group_id: str, tx: Tx
) -> Response:
    """Add or remove a member, or delete the group."""
    groups = services.sharing.groups
    match form.get("act"):
        case "add":
            done = "member"
            try:
                await groups.add(tx, user.id, group_id, form.get("email", ""))
            except MinutebookError as error:
                if error.code == "group_not_found":
                    raise
                return await _page(request, user, services, tx, error)
        case "remove":
            done = "member-removed"
            await groups.remove(tx, user.id, group_id, form.get("member", ""))
        case "delete":
            done = "group-deleted"
            await groups.delete(tx, user.id, group_id)
        case _:
            raise not_found("group")
    return _done(done, "groups")


@router.post("/templates")
async def make_template(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """A new note template, a section for each chosen kind of line."""
    draft = TemplateDraft(
        name=form.get("name"),
        sections=[SectionDraft((kind,)) for kind in await several(request, "kind")],
        instruction=form.get("instruction") or None,
        meeting_type=form.get("meeting_type") or None,
    )
    try:
        if form.get("act") == "preview":
            preview = await preview_of(services, tx, user.id, draft.sections or ())
            return await _page(request, user, services, tx, preview=preview, draft=draft)
        await services.templates.create(tx, user.id, draft)
    except MinutebookError as error:
        return await _page(request, user, services, tx, error)
    return _done("template", "templates")


@router.post("/templates/{template_id}/delete")
async def drop_template(user: SignedIn, form: PostedForm, services: ServicesOf, template_id: str, tx: Tx) -> Response:
    """Delete a template; notes made with it stay."""
    await services.templates.delete(tx, user.id, template_id)
    return _done("template-deleted", "templates")


def _done(what: str, section: str) -> RedirectResponse:
    """Back to a section of the page, which says that this was done."""
    return RedirectResponse(f"/settings?done={what}#{section}", 303)


async def _page(
    request: Request,
    user: User,
    services: ServicesOf,
    read: Read,
    error: MinutebookError | None = None,
    secret: str | None = None,
    preview: TemplatePreview | None = None,
    draft: TemplateDraft | None = None,
) -> Response:
    management = services.accounts.management
    context: Mapping[str, object] = {
        "secret": secret,
        "preview": preview,
        "draft": draft,
        "chosen_kinds": [kind for section in draft.sections or () for kind in section.kinds or ()] if draft else None,
        "preferences": (preferences := await preferences_repository.load(read, user.id)),
        "due": await services.retention.due(read, user.id, preferences),
        "receipts": await services.retention.receipts(read, user.id),
        "voices": await services.remembering.list(read, user.id),
        "voice_receipts": await services.remembering.receipts(read, user.id),
        "groups": await services.sharing.groups.list(read, user.id),
        "people": [each for each in await management.users(read) if each.id != user.id and each.disabled_at is None],
        "done": request.query_params.get("done", ""),
        "browser_and_system": browser_and_system,
        "language_now": language_of(request),
        "languages": [(code, own_name(code)) for code in languages()],
        "password_min": PASSWORD_MIN_CHARS,
        "keys": await management.api_keys(read, user.id),
        "sign_ins": await management.sessions(read, user.id),
        "own_sign_in": await services.accounts.web_session_id(read, kept_cookie(request, SESSION_COOKIE) or ""),
        "meanings": SCOPE_MEANINGS,
        "programs": await services.oauth.programs(read, user.id),
        "webhook_url": await services.webhooks.account_url(read, user.id) or "",
        "webhook_secret": services.webhooks.secret(user.id),
        "templates": await services.templates.list(read, user.id),
        "kinds": list(ItemKind),
        "meeting_types": list(MeetingType),
    }
    return shown(request, user, "settings.html", context, failure=failure_of(error) if error else None)
