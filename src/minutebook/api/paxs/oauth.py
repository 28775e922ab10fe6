"""`/api/oauth/provider`: what programs call. The pages people see there are in `api.web.consent`."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from minutebook.api.deps import OAuthOf, Tx, base_url, client_address
from minutebook.api.openapi import form_or_json
from minutebook.api.paxs.schemas import ErrorBody
from minutebook.errors import invalid
from minutebook.oauth.model import SCOPES, Refusal, TokenPair

router = APIRouter(tags=["oauth"])

PREFIX = "/api/oauth/provider"

_TOKEN_BODY = form_or_json(
    ["grant_type"],
    {
        "grant_type": "authorization_code or refresh_token",
        "code": "the code, with authorization_code",
        "redirect_uri": "the one that the code was made for, with authorization_code",
        "code_verifier": "the PKCE verifier, when the code was asked for with a challenge",
        "refresh_token": "the latest one, with refresh_token",
    },
)
_REVOKE_BODY = form_or_json(["token"], {"token": "an access or a refresh token", "token_type_hint": "not needed"})


class PollOut(BaseModel):
    """`pending`, `denied`, or `complete` with the code. `user_code` is what the consent page shows as well: the program
    shows it, so that the person can compare."""

    status: str
    code: str | None = None
    user_code: str | None = None


class TokenOut(BaseModel):
    """A token pair (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme
    expires_in: int
    refresh_token: str
    scope: str


async def token_request(request: Request) -> Mapping[str, str]:
    """The parameters of a token request, as JSON or as a form. Each is text and named once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        pairs = _json_pairs(await request.body())
    else:
        pairs = (await request.form(max_files=0, max_fields=50)).multi_items()
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise invalid("parameter_repeated", f"{name[:50]} is given more than once.", name)
        if not isinstance(value, str) or not value.isascii() or not name.isascii():
            raise invalid("parameter_invalid", f"{name[:50]} must be ASCII text.", name)
        parameters[name] = value
    return parameters


def _json_pairs(body: bytes) -> list[tuple[str, Any]]:
    try:
        document = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise invalid("body_not_json", "The body is not valid JSON.") from error
    if not isinstance(document, list) or not all(isinstance(pair, tuple) for pair in document):
        raise invalid("body_not_object", "The body must be a JSON object.")
    return [(name, value) for name, value in document if value is not None]


TokenRequest = Annotated[Mapping[str, str], Depends(token_request)]


class OAuthErrorBody(BaseModel):
    """An error of the token and revocation endpoints (RFC 6749, 5.2)."""

    error: str
    error_description: str


_POLL_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The state is missing or too weak."},
    404: {"model": ErrorBody, "description": "Expired, or the code was fetched already."},
    429: {"model": ErrorBody, "description": "Too often; Retry-After says when."},
}
_OAUTH_ERRORS: dict[int | str, dict[str, Any]] = {400: {"model": OAuthErrorBody, "description": "Refused."}}


@router.get(PREFIX + "/poll", summary="Fetch the code", response_model_exclude_none=True, responses=_POLL_ERRORS)
async def poll(request: Request, tx: Tx, oauth: OAuthOf, state: str | None = None) -> PollOut:
    """An agent asks what became of its request; the code is handed out once."""
    answer = await oauth.poll(tx, state, client_address(request))
    return PollOut(status=answer.status, code=answer.code, user_code=answer.user_code)


@router.post(
    PREFIX + "/token",
    summary="Get or refresh tokens",
    response_model=TokenOut,
    responses=_OAUTH_ERRORS,
    openapi_extra=_TOKEN_BODY,
)
async def token(asked: TokenRequest, tx: Tx, oauth: OAuthOf) -> Response:
    """A code or a refresh token becomes a token pair. JSON or form; errors as in RFC 6749, section 5.2."""
    # A refusal is returned and not raised: what it revokes must be committed.
    answer = await _granted(asked, tx, oauth)
    if isinstance(answer, Refusal):
        return JSONResponse({"error": answer.error, "error_description": answer.description}, 400)
    out = TokenOut(
        access_token=answer.access_token,
        expires_in=answer.expires_in,
        refresh_token=answer.refresh_token,
        scope=answer.scope,
    )
    return JSONResponse(out.model_dump(), headers={"Pragma": "no-cache"})


async def _granted(asked: Mapping[str, str], tx: Tx, oauth: OAuthOf) -> TokenPair | Refusal:
    match asked.get("grant_type"):
        case "authorization_code":
            code, redirect_uri = asked.get("code"), asked.get("redirect_uri")
            if not code or not redirect_uri:
                return Refusal("invalid_request", "Send code and redirect_uri.")
            return await oauth.exchange(tx, code, redirect_uri, asked.get("code_verifier"))
        case "refresh_token":
            if not asked.get("refresh_token"):
                return Refusal("invalid_request", "Send refresh_token.")
            return await oauth.refresh(tx, asked["refresh_token"])
        case None:
            return Refusal("invalid_request", "Send grant_type: authorization_code or refresh_token.")
        case _:
            return Refusal("unsupported_grant_type", "There are authorization_code and refresh_token.")


@router.post(
    PREFIX + "/revoke",
    summary="Revoke a token",
    responses=_OAUTH_ERRORS,
    response_class=Response,
    openapi_extra=_REVOKE_BODY,
)
async def revoke(asked: TokenRequest, tx: Tx, oauth: OAuthOf) -> Response:
    """Sign out (RFC 7009): a refresh token takes all tokens of its family along. Unknown tokens are no error."""
    if not asked.get("token"):
        return JSONResponse({"error": "invalid_request", "error_description": "Send token."}, 400)
    await oauth.revoke(tx, asked["token"])
    return Response(status_code=200)


@router.get("/.well-known/oauth-authorization-server", summary="Describe the provider")
async def metadata(request: Request) -> dict[str, str | list[str]]:
    """Where everything is (RFC 8414)."""
    base = base_url(request)
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}{PREFIX}/authorize",
        "token_endpoint": f"{base}{PREFIX}/token",
        "revocation_endpoint": f"{base}{PREFIX}/revoke",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
    }
