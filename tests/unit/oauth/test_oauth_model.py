"""When a code or a refresh token is good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from minutebook.errors import MinutebookError
from minutebook.oauth.model import (
    DEFAULT_SCOPES,
    Code,
    Grant,
    RefreshUse,
    Refusal,
    Token,
    TokenKind,
    derive_secret,
    judge_code,
    judge_refresh,
    parse_scope,
    s256,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CODE = Code("u", "session", "http://localhost/cb", None, NOW + timedelta(seconds=600))
GRANT = Grant("g", "u", "session", revoked=False)
TOKEN = Token("t", GRANT, TokenKind.REFRESH, NOW + timedelta(days=30))
USED = replace(TOKEN, used_at=NOW, salt="s")


def test_s256_is_the_example_of_rfc_7636() -> None:
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_in_time_for_its_client_is_good() -> None:
    assert judge_code(CODE, "http://localhost/cb", None, NOW) is None


@pytest.mark.parametrize(
    ("code", "uri", "verifier", "revokes"),
    [
        (replace(CODE, grant_id="g"), "http://localhost/cb", None, True),
        (replace(CODE, expires_at=NOW), "http://localhost/cb", None, False),
        (CODE, "http://localhost/cb/", None, False),
        (CODE, "http://localhost/ü", None, False),
        (CODE, "http://localhost/cb", "v" * 43, False),
        (replace(CODE, code_challenge=s256("v")), "http://localhost/cb", None, False),
        (replace(CODE, code_challenge=s256("v")), "http://localhost/cb", "", False),
        (replace(CODE, code_challenge=s256("v")), "http://localhost/cb", "w", False),
    ],
)
def test_codes_that_are_not_good(code: Code, uri: str, verifier: str | None, revokes: bool) -> None:
    refusal = judge_code(code, uri, verifier, NOW)
    assert refusal is not None
    assert (refusal.error, refusal.revoke) == ("invalid_grant", revokes)


@pytest.mark.parametrize(
    ("token", "after_s", "expected"),
    [
        (TOKEN, 0, RefreshUse.ROTATE),
        (TOKEN, 30 * 24 * 3600 - 1, RefreshUse.ROTATE),
        (USED, 0, RefreshUse.REPEAT),
        (USED, 10, RefreshUse.REPEAT),
    ],
)
def test_refresh_tokens_that_are_good(token: Token, after_s: float, expected: RefreshUse) -> None:
    assert judge_refresh(token, NOW + timedelta(seconds=after_s)) is expected


@pytest.mark.parametrize(
    ("token", "after_s", "revokes"),
    [
        (replace(TOKEN, kind=TokenKind.ACCESS), 0, False),
        (replace(TOKEN, grant=replace(GRANT, revoked=True)), 0, False),
        (TOKEN, 30 * 24 * 3600, False),
        (USED, 10.01, True),
        (replace(USED, successor_used=True), 1, True),
        (replace(USED, salt=None), 1, True),
    ],
)
def test_refresh_tokens_that_are_not_good(token: Token, after_s: float, revokes: bool) -> None:
    refusal = judge_refresh(token, NOW + timedelta(seconds=after_s))
    assert isinstance(refusal, Refusal)
    assert refusal.revoke is revokes


def test_derived_secrets_depend_on_everything() -> None:
    derived = {
        derive_secret(kind, old, salt) for kind in TokenKind for old in ("mbr_a", "mbr_b") for salt in ("s", "t")
    }
    assert len(derived) == 8
    assert derive_secret(TokenKind.REFRESH, "mbr_a", "s").startswith("mbr_")


def test_scopes() -> None:
    assert parse_scope(None) == parse_scope("") == " ".join(DEFAULT_SCOPES)
    assert parse_scope("user:read  session session") == "session user:read"
    with pytest.raises(MinutebookError, match="Unknown scope: admin"):
        parse_scope("session admin")
