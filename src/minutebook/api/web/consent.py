"""`/api/oauth/provider/authorize`: the link a client sends people to, and their decision."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import SCOPE_MEANINGS, Db, OAuthOf, base_url, client_address
from minutebook.api.web.forms import PostedForm, Visitor, form_token, keep_browser
from minutebook.api.web.render import page
from minutebook.oauth.requests import PARAMETERS, AuthorizeRequest, Flow, SentBack, user_code

router = APIRouter(prefix="/api/oauth/provider", include_in_schema=False)

Parameters = Sequence[tuple[str, str]]


@router.get("/authorize")
async def ask(request: Request, visitor: Visitor, db: Db, oauth: OAuthOf) -> Response:
    """Check the link, have the person sign in, ask for their consent."""
    parameters = request.query_params.multi_items()
    asked = oauth.request(parameters, base_url(request))
    if isinstance(asked, SentBack):
        return RedirectResponse(asked.location, 302)
    if visitor is None:
        return _to_sign_in(request, parameters)
    if asked.flow is Flow.AGENT:
        async with db.transaction() as tx:
            await oauth.open(tx, asked, client_address(request))
    return keep_browser(request, _consent_page(request, visitor, asked, parameters))


@router.post("/authorize")
async def decide(request: Request, form: PostedForm, visitor: Visitor, db: Db, oauth: OAuthOf) -> Response:
    """The person's decision goes to the client."""
    asked = oauth.request(list(form.items()), base_url(request))
    if isinstance(asked, SentBack):
        return RedirectResponse(asked.location, 302)
    if visitor is None:
        return _to_sign_in(request, list(form.items()))
    scopes = [scope for scope in asked.scope.split() if f"allow_{scope}" in form]
    allowed = form.get("decision") == "allow" and bool(scopes)
    asked = replace(asked, scope=" ".join(scopes))
    async with db.transaction() as tx:
        location = await (oauth.allow(tx, visitor, asked) if allowed else oauth.deny(tx, asked))
    if location is not None:
        return RedirectResponse(location, 302)
    return page(request, "decided.html", {"allowed": allowed})


def _to_sign_in(request: Request, parameters: Parameters) -> Response:
    link = f"{request.url.path}?{urlencode(_known(parameters))}"
    return RedirectResponse(f"/sign-in?{urlencode({'next': link})}", 303)


def _known(parameters: Parameters) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parameters if name in PARAMETERS]


def _consent_page(request: Request, user: User, asked: AuthorizeRequest, parameters: Parameters) -> Response:
    known = _known(parameters)
    context = {
        "user": user,
        "agent": asked.flow is Flow.AGENT,
        "host": asked.redirect_host,
        "user_code": user_code(asked.state or ""),
        "meanings": [(scope, SCOPE_MEANINGS[scope]) for scope in asked.scope.split()],
        "parameters": known,
        "link": f"{request.url.path}?{urlencode(known)}",
        "form_token": form_token(request),
    }
    return page(request, "consent.html", context, form_targets=_source(asked.redirect_uri))


def _source(uri: str) -> str:
    """The URI's origin as a source of a Content-Security-Policy, whose grammar has no IPv6 addresses."""
    parts = urlsplit(uri)
    return f"{parts.scheme}:" if "[" in parts.netloc or not parts.netloc else f"{parts.scheme}://{parts.netloc}"
