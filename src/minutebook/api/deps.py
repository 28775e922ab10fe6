"""What endpoints ask for: the services, the caller, a transaction.

One request is one transaction, and it is committed before the answer goes out: the dependencies below have the scope
"function", which ends when the endpoint returns. Name the caller *before* the transaction in an endpoint's parameters,
so that a refused request never queues up for the database's one writer. An endpoint that streams a body takes neither
`Tx` nor `Read`; it opens `db.transaction()` itself once the bytes are stored.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import OAuth2AuthorizationCodeBearer, SecurityScopes
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log.model import Actor, Via
from minutebook.accounts.service import Accounts
from minutebook.api.errors import StreamEnded
from minutebook.db.database import Database
from minutebook.db.writing import writes_for
from minutebook.errors import Kind, MinutebookError
from minutebook.oauth.model import SCOPES, Caller
from minutebook.oauth.service import OAuth
from minutebook.oauth.tokens import caller_of

if TYPE_CHECKING:
    from minutebook.records import Records
    from minutebook.wiring import Services

SCOPE_MEANINGS = {
    "session": "Create, read, change and delete your meetings",
    "media": "Upload and read your recordings",
    "analysis": "Request and read transcripts, notes and other analyses",
    "user:read": "See your name and e-mail address",
    "account": "Manage your account: keys, sign-ins, programs, password, and, if you own the server, its users",
}

API_KEY_HEADERS = ("x-meeting-baas-api-key", "x-spoke-api-key", "x-api-key")
"""Headers in which clients send the keys of the other API."""

RECHECK_S = 15.0
"""Revocation reaches open streams within this time and the pause between two chunks; 30 s are promised."""

_bearer = OAuth2AuthorizationCodeBearer(
    authorizationUrl="/api/oauth/provider/authorize",
    tokenUrl="/api/oauth/provider/token",
    refreshUrl="/api/oauth/provider/token",
    scopes={scope: SCOPE_MEANINGS[scope] for scope in SCOPES},
    scheme_name="OAuth",
    auto_error=False,
)


async def services_of(request: Request) -> "Services":
    """The services this application was created with."""
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated["Services", Depends(services_of)]


async def records_of(request: Request) -> "Records":
    """Those of them that the routes of records ask for; an application of these routes alone has no others."""
    records: Records = request.app.state.services
    return records


RecordsOf = Annotated["Records", Depends(records_of)]


async def _db(records: RecordsOf) -> Database:
    return records.db


async def _accounts(records: RecordsOf) -> Accounts:
    return records.accounts


async def _oauth(records: RecordsOf) -> OAuth:
    return records.oauth


Token = Annotated[str | None, Depends(_bearer)]
"""The access token, if there is one."""

Db = Annotated[Database, Depends(_db)]
AccountsOf = Annotated[Accounts, Depends(_accounts)]
OAuthOf = Annotated[OAuth, Depends(_oauth)]


async def _transaction(db: Db) -> AsyncIterator[AsyncConnection]:
    async with db.transaction() as tx:
        yield tx


async def _reading(db: Db) -> AsyncIterator[AsyncConnection]:
    async with db.reading() as connection:
        yield connection


Tx = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
"""For writing: committed when the endpoint returns, rolled back when it raises."""

Read = Annotated[AsyncConnection, Depends(_reading, scope="function")]
"""For queries only."""


def acts(request: Request, actor: Actor) -> None:
    """Keep who was let in: for the access log, and for their turns to write."""
    request.state.actor = actor
    if actor.user_id is not None:
        writes_for("user", actor.user_id)


async def caller(
    required: SecurityScopes,
    request: Request,
    db: Db,
    oauth: OAuthOf,
    token: Annotated[str | None, Depends(_bearer)],
) -> Caller:
    """Who is calling, by the access token; 401 without a good one, 403 when it lacks the scope. An application that
    serves its own process alone (`in_process`) knows its one caller."""
    only: Caller | None = getattr(request.app.state, "only_caller", None)
    if only is not None:
        acts(request, Actor(only.user_id, Via.PROGRAM, only.program))
        return only
    if not token:
        raise MinutebookError(Kind.UNAUTHENTICATED, "token_missing", _how_to_sign(request))
    async with db.reading() as connection:
        good = await oauth.tokens.good(connection, token)
    found = caller_of(good)
    acts(request, Actor(found.user_id, Via.PROGRAM, found.program))
    await oauth.tokens.note_use(db, good)
    lacking = [scope for scope in required.scopes if scope not in found.scopes]
    if lacking:
        message = f"This access token lacks the scope {' '.join(lacking)}. Authorise again and ask for it."
        raise MinutebookError(Kind.FORBIDDEN, "scope_not_granted", message)
    return found


def _how_to_sign(request: Request) -> str:
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    if scheme and not rest and scheme.lower() != "bearer":
        return "The word Bearer is missing before the access token: Authorization: Bearer …"
    if any(name in request.headers for name in API_KEY_HEADERS):
        return (
            "An API key opens /bots, /calendars and what else is below /meetingbaas; here an access token is wanted: "
            "Authorization: Bearer …"
        )
    return "Send an access token: Authorization: Bearer …"


def scope(name: str) -> Any:
    """A dependency that gives the caller when the token has this scope: `caller: Annotated[Caller, scope("media")]`."""
    return Security(caller, scopes=[name])


SessionCaller = Annotated[Caller, scope("session")]
MediaCaller = Annotated[Caller, scope("media")]
AnalysisCaller = Annotated[Caller, scope("analysis")]
UserCaller = Annotated[Caller, scope("user:read")]
AccountCaller = Annotated[Caller, scope("account")]


Check = Callable[[AsyncConnection], Awaitable[object]]
"""Raises when what let somebody in opens nothing any more."""


class Standing:
    """Whether what opened a stream or an upload (a token, a key, a sign-in, a link) still opens anything; looked up at
    most every `RECHECK_S` seconds."""

    def __init__(self, records: "Records", check: Check) -> None:
        self._records = records
        self._check = check
        self._checked_at = records.clock.now()

    def also(self, check: Check) -> "Standing":
        """One that holds as long as this one and `check` do."""
        own = self._check

        async def both(read: AsyncConnection) -> None:
            await own(read)
            await check(read)

        return Standing(self._records, both)

    async def look(self) -> None:
        """Raises what the check raises once it has been revoked or has expired."""
        now = self._records.clock.now()
        if (now - self._checked_at).total_seconds() < RECHECK_S:
            return
        try:
            async with self._records.db.reading() as read:
                await self._check(read)
        except MinutebookError as error:
            if error.kind is Kind.UNAVAILABLE:  # while nobody can tell, it holds; the next look follows at once
                return
            raise
        self._checked_at = now

    async def holds(self) -> bool:
        """False once it has been revoked or has expired."""
        try:
            await self.look()
        except MinutebookError:
            return False
        return True

    async def guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks, as long as it holds; then the stream breaks off, so that nobody takes it for whole."""
        async for chunk in chunks:
            if not await self.holds():
                raise StreamEnded
            yield chunk

    async def arriving(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks of a body, as long as it holds; then the request is refused, however long its body took."""
        async for chunk in chunks:
            await self.look()
            yield chunk


async def _standing(request: Request, records: RecordsOf, token: Annotated[str | None, Depends(_bearer)]) -> Standing:
    async def check(read: AsyncConnection) -> None:
        if getattr(request.app.state, "only_caller", None) is None:
            await records.oauth.authenticate(read, token or "")

    return Standing(records, check)


StandingOf = Annotated[Standing, Depends(_standing)]


def base_url(request: Request) -> str:
    """The server's address as its clients see it, without a slash at the end."""
    services: Services = request.app.state.services
    return (services.settings.http.base_url or str(request.base_url)).rstrip("/")


def client_address(request: Request) -> str:
    """Where the request comes from, for rate limits."""
    return request.client.host if request.client else "unknown"
