"""One call from beginning to end: token, sending, one refresh, retries. Decisions only; see `steps`."""

from collections.abc import Callable

from minutebook.client.errors import BadRequest, NotAuthenticated
from minutebook.client.model import Tokens
from minutebook.client.protocol import decode, operations
from minutebook.client.protocol.request import Lost, Reply, Request
from minutebook.client.protocol.retry import RetryPolicy
from minutebook.client.sending.steps import Pause, Refresh, Send, Steps
from minutebook.client.state.tokens import TokenStore

SIGN_IN = "Sign in with `minutebook login`."


def exchange(request: Request, store: TokenStore, policy: RetryPolicy, chance: Callable[[], float]) -> Steps[Reply]:
    """The successful reply to a request, or the error that ended it.

    The token file is read for every call. A 401 is answered with exactly one refresh; the second 401 is final.
    """
    tokens = _signed_in(store) if request.authorised else None
    refreshed = False
    attempt = 1
    while True:
        outcome: Reply | Lost = yield Send(request, tokens.access_token if tokens else None)
        if isinstance(outcome, Reply) and outcome.status == 401 and tokens and not refreshed:
            tokens = yield Refresh(tokens)
            refreshed = True
            continue
        delay = policy.delay(request, outcome, attempt, chance())
        if delay is None:
            return _successful(outcome)
        yield Pause(delay)
        attempt += 1


def renewal(stale: Tokens, store: TokenStore, policy: RetryPolicy, chance: Callable[[], float]) -> Steps[Tokens]:
    """A valid pair, on disk before anybody uses it. Runs while the store's lock is held.

    Whoever waited for the lock finds the pair that another caller, or another process, has just stored.
    """
    current = _signed_in(store)
    if current.access_token != stale.access_token:
        return current
    if not current.refresh_token:
        raise NotAuthenticated(f"The access token is no longer valid. {SIGN_IN}")
    # Room is made first: a pair that cannot be stored would be lost, and the old one with it.
    store.reserve()
    operation = operations.refresh(current.refresh_token)
    try:
        reply = yield from exchange(operation.request, store, policy, chance)
    except (BadRequest, NotAuthenticated) as refused:
        raise NotAuthenticated(
            f"The server no longer accepts this sign-in. {SIGN_IN}",
            code="refresh_refused",
            request_id=refused.request_id,
        ) from refused
    fresh = operation.parse(reply)
    store.save(fresh)
    return fresh


def _signed_in(store: TokenStore) -> Tokens:
    tokens = store.load()
    if tokens is None:
        raise NotAuthenticated(f"Nobody is signed in. {SIGN_IN}")
    return tokens


def _successful(outcome: Reply | Lost) -> Reply:
    if isinstance(outcome, Lost):
        raise outcome.error
    if not 200 <= outcome.status < 300:
        raise decode.error_of(outcome)
    return outcome
