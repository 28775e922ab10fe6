"""The OAuth provider: consent becomes a code, a code becomes tokens, a token tells who is calling."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.limits import RateRule, count_try
from minutebook.accounts.model import User
from minutebook.accounts.service import Accounts, check_enabled
from minutebook.config import OAuthSettings
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret
from minutebook.kit.origin import subscriber
from minutebook.oauth import repository
from minutebook.oauth.model import (
    CODE_S,
    UNKNOWN_CODE,
    AgentStatus,
    Caller,
    Code,
    Grant,
    PollAnswer,
    Program,
    Refusal,
    TokenPair,
    judge_code,
    ordered_scope,
    parse_scope,
)
from minutebook.oauth.openid import GOOGLE_METADATA_URL, OpenIdSignIn, providers_of
from minutebook.oauth.requests import (
    AuthorizeRequest,
    Flow,
    SentBack,
    checked_agent_state,
    parse_authorize,
    user_code,
)
from minutebook.oauth.tokens import Tokens

AGENT_CALLBACK_PATH = "/api/oauth/provider/agent-callback"
"""An agent has no address to be sent to; its codes are bound to this one, where nothing is served."""

COMMAND_LINE, AGENT = "this server's command line", "a program that polls"
"""What programs without an address of their own are called."""

POLLS_PER_STATE = RateRule("polls of one agent", limit=60, window_s=60)
POLLS_PER_ADDRESS = RateRule("polls from one address", limit=600, window_s=60)

NEW_STATES = RateRule("new agents' requests from one address", limit=60, window_s=600)
"""Each is a row that anybody can have written; no more than these, and they go when they have expired."""

KEPT_AFTER_END_S = 24 * 3600
"""What has expired is kept for a day, so that it is told from what never was."""


class OAuth:
    """The provider, and the services at which people may sign in instead, those that are configured."""

    def __init__(
        self,
        settings: OAuthSettings,
        clock: Clock,
        accounts: Accounts,
        google_metadata_url: str = GOOGLE_METADATA_URL,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self.tokens = Tokens(settings, clock)
        found = providers_of(settings, google_metadata_url)
        self._sign_ins = {each.name: OpenIdSignIn.at(each, clock, accounts) for each in found}

    @property
    def sign_in_names(self) -> Sequence[tuple[str, str]]:
        """(name, label) of the services at which people may sign in."""
        return [(name, each.provider.label) for name, each in self._sign_ins.items()]

    def sign_in_at(self, name: str) -> OpenIdSignIn:
        """The sign-in at a service; `page_not_found`."""
        if name not in self._sign_ins:
            raise not_found("page")
        return self._sign_ins[name]

    async def authenticate(self, tx: AsyncConnection, bearer: str) -> Caller:
        """Who calls with this access token. Errors: `token_invalid`, `token_revoked`, `token_expired`."""
        return await self.tokens.authenticate(tx, bearer)

    async def issue_token(self, tx: AsyncConnection, user: User, scope: str) -> TokenPair:
        """A token pair for a user without their consent: for the server's administrator. `invalid_scope`,
        `account_disabled`."""
        check_enabled(user)
        grant = Grant(new_id(), user.id, parse_scope(scope), revoked=False, program=COMMAND_LINE)
        return await self.tokens.issue(tx, grant)

    def request(self, parameters: Sequence[tuple[str, str]], base: str) -> AuthorizeRequest | SentBack:
        """A link's request for consent, checked; `base` is this server's address. Errors: see `parse_authorize`."""
        return parse_authorize(parameters, self._settings.redirect_uris, base + AGENT_CALLBACK_PATH)

    async def open(self, tx: AsyncConnection, request: AuthorizeRequest, address: str) -> None:
        """Before consent is asked for: an agent's link must be neither expired nor decided. For people who have signed
        in: the link is written down. `link_used_up`, `rate_limited`."""
        if request.flow is Flow.AGENT:
            state_hash, now = fingerprint(request.state or ""), self._clock.now()
            await self._note(tx, state_hash, address)
            found = await repository.agent_request(tx, state_hash)
            if found is None or found.status is not AgentStatus.PENDING or found.expires_at <= now:
                raise _link_used_up()

    async def allow(self, tx: AsyncConnection, user: User, request: AuthorizeRequest) -> str | None:
        """The user consents. Returns where to send the browser; None for an agent, which fetches its code."""
        ends = self._clock.now() + timedelta(seconds=CODE_S)
        code = Code(user.id, request.scope, request.redirect_uri, request.code_challenge, ends)
        if request.flow is Flow.AGENT:
            await self._decide(tx, request, AgentStatus.APPROVED, code)
            return None
        return request.answer(code=await self._add_code(tx, code))

    async def deny(self, tx: AsyncConnection, request: AuthorizeRequest) -> str | None:
        """The user refuses. Returns as `allow` does."""
        if request.flow is Flow.AGENT:
            await self._decide(tx, request, AgentStatus.DENIED)
            return None
        return request.answer(error="access_denied", error_description="The user refused.")

    async def poll(self, tx: AsyncConnection, state: str | None, address: str) -> PollAnswer:
        """What became of an agent's request. The ten minutes begin when a state is first seen, whether the agent asks
        or the person opens the link first. Errors: `state_…`, `rate_limited`; `authorization_not_found` when it has
        expired or its code was fetched."""
        state_hash, now = fingerprint(checked_agent_state(state)), self._clock.now()
        from_address = subscriber(address)
        await count_try(tx, self._clock, [(POLLS_PER_ADDRESS, from_address), (POLLS_PER_STATE, state_hash)])
        await self._note(tx, state_hash, address)
        found = await repository.agent_request(tx, state_hash)
        if found is None or found.expires_at <= now or found.status is AgentStatus.DELIVERED:
            raise not_found("authorization")
        if found.approved is None:
            pending = found.status is AgentStatus.PENDING
            return PollAnswer(found.status.value, user_code=user_code(state or "") if pending else None)
        if not await repository.move_agent_request(tx, state_hash, AgentStatus.DELIVERED, now):
            raise not_found("authorization")
        code = replace(found.approved, expires_at=now + timedelta(seconds=CODE_S))
        return PollAnswer("complete", await self._add_code(tx, code))

    async def exchange(
        self, tx: AsyncConnection, secret: str, redirect_uri: str, verifier: str | None
    ) -> TokenPair | Refusal:
        """A code becomes tokens; see `judge_code`. Commit also after a refusal: it may have revoked tokens."""
        secret_hash = fingerprint(secret)
        code = await repository.code(tx, secret_hash)
        if code is None:
            return UNKNOWN_CODE
        refusal = judge_code(code, redirect_uri, verifier, self._clock.now())
        if refusal:
            if refusal.revoke and code.grant_id:
                await repository.revoke_grant(tx, code.grant_id, self._clock.now())
            return refusal
        program = urlsplit(code.redirect_uri).netloc or code.redirect_uri
        if urlsplit(code.redirect_uri).path == AGENT_CALLBACK_PATH:
            program = AGENT
        grant = Grant(new_id(), code.user_id, ordered_scope(code.scope.split()), revoked=False, program=program)
        if not await repository.mark_code_used(tx, secret_hash, grant.id):
            return await self.exchange(tx, secret, redirect_uri, verifier)  # somebody was faster: now it is a replay
        await self._forget(tx)
        return await self.tokens.issue(tx, grant)

    async def refresh(self, tx: AsyncConnection, refresh_token: str) -> TokenPair | Refusal:
        """A refresh token becomes a new pair; see `judge_refresh`. Commit also after a refusal."""
        return await self.tokens.rotate(tx, refresh_token)

    async def revoke(self, tx: AsyncConnection, token: str) -> None:
        """Sign a client out; unknown tokens are no error."""
        await self.tokens.revoke(tx, token)

    async def programs(self, tx: AsyncConnection, user_id: str) -> list[Program]:
        """The programs that a user has let in, the newest first."""
        return await repository.programs_of(tx, user_id, self._clock.now())

    async def revoke_program(self, tx: AsyncConnection, user_id: str, grant_id: str) -> None:
        """Let a program in no more; `program_not_found`."""
        if not await repository.revoke_program(tx, user_id, grant_id, self._clock.now()):
            raise not_found("program", grant_id)

    async def revoke_all(self, tx: AsyncConnection, user_id: str) -> None:
        """Let none of the user's programs in any more."""
        await repository.revoke_all(tx, user_id, self._clock.now())

    async def forget_expired(self, tx: AsyncConnection) -> None:
        """Remove what expired long ago, as a chore: who writes rows without signing in triggers nothing else."""
        await self._forget(tx)

    async def _note(self, tx: AsyncConnection, state_hash: str, address: str) -> None:
        if await repository.open_agent_request(tx, state_hash, self._clock.now() + timedelta(seconds=CODE_S)):
            await count_try(tx, self._clock, [(NEW_STATES, subscriber(address))])

    async def _decide(
        self, tx: AsyncConnection, request: AuthorizeRequest, status: AgentStatus, approved: Code | None = None
    ) -> None:
        state_hash = fingerprint(request.state or "")
        if not await repository.move_agent_request(tx, state_hash, status, self._clock.now(), approved):
            raise _link_used_up()

    async def _add_code(self, tx: AsyncConnection, code: Code) -> str:
        secret = new_secret("mbc")
        await repository.add_code(tx, code, fingerprint(secret))
        return secret

    async def _forget(self, tx: AsyncConnection) -> None:
        before = self._clock.now() - timedelta(seconds=KEPT_AFTER_END_S)
        # A used code is remembered as long as its first tokens may live, so that its replay is noticed.
        await repository.forget(tx, before, before - timedelta(seconds=self._settings.refresh_token_s))


def _link_used_up() -> MinutebookError:
    message = "This link has expired or was used before. Ask the program that gave it to you for a new one."
    return MinutebookError(Kind.CONFLICT, "link_used_up", message)
