"""The rules about links, without any I/O."""

import secrets
import string
import uuid
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.errors import MinutebookError
from minutebook.oauth.requests import (
    AuthorizeRequest,
    Flow,
    SentBack,
    is_allowed_redirect,
    parse_authorize,
    patternless_bits,
    secret_bits,
    with_query,
)

REGISTERED = ("https://app.example.com/cb", "minutebook-app://done")

REDIRECTS = [
    ("http://localhost", True),
    ("http://localhost/", True),
    ("http://localhost:3000/callback", True),
    ("http://localhost:65535/a/b?x=1&y=%20", True),
    ("http://LOCALHOST:3000/callback", True),
    ("http://127.0.0.1:1/", True),
    ("http://127.0.0.1?x=1", True),
    ("http://[::1]/", True),
    ("http://[::1]:8080/cb", True),
    ("https://app.example.com/cb", True),
    ("minutebook-app://done", True),
    ("https://app.example.com/cb/", False),
    ("https://app.example.com/cb?x=1", False),
    ("https://APP.example.com/cb", False),
    ("https://localhost:3000/callback", False),
    ("http://localhost:0/", False),
    ("http://localhost:65536/", False),
    ("http://localhost:80a/", False),
    ("http://localhost.evil.example/", False),
    ("http://localhost@evil.example/", False),
    ("http://localhost:3000@evil.example/", False),
    ("http://evil.example#@localhost/", False),
    ("http://evil.example/?localhost", False),
    ("http://localhost\\@evil.example/", False),
    ("http://localhost\t.evil.example/", False),
    ("http://localhost\n/", False),
    ("http://localhost/cb#fragment", False),
    ("http://localhost/cb\r\nSet-Cookie: a=b", False),
    ("http://localhos\u0074\u200b/", False),
    ("http://127.0.0.1.evil.example/", False),
    ("http://127.1/", False),
    ("http://2130706433/", False),
    ("http://0.0.0.0:3000/", False),
    ("http://[::ffff:127.0.0.1]/", False),
    ("http://[::1].evil.example/", False),
    ("http:/localhost/", False),
    ("//localhost/", False),
    ("javascript:alert(1)//http://localhost/", False),
    (" http://localhost/", False),
    ("http://localhost/" + "a" * 2048, False),
    ("", False),
]


@pytest.mark.parametrize(("uri", "allowed"), REDIRECTS)
def test_redirect_rule(uri: str, allowed: bool) -> None:
    assert is_allowed_redirect(uri, REGISTERED) is allowed


@given(st.text(max_size=60))
def test_a_foreign_host_never_passes(rest: str) -> None:
    uri = "http://localhost" + rest
    if is_allowed_redirect(uri, ()):
        assert urlsplit(uri).hostname == "localhost"
        assert "@" not in urlsplit(uri).netloc


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=40), max_size=4))
def test_added_parameters_come_back_untouched(parameters: dict[str, str]) -> None:
    parameters = {name: value for name, value in parameters.items() if _is_utf8(name + value)}
    location = with_query("http://localhost/cb?kept=1", parameters)
    assert dict(parse_qsl(urlsplit(location).query, keep_blank_values=True)) == {"kept": "1"} | parameters


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


@pytest.mark.parametrize(
    "state",
    [
        secrets.token_hex(16),
        secrets.token_urlsafe(16) + "aZ9",
        str(uuid.UUID(int=secrets.randbits(128))),
        "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(25)),
        "".join(secrets.choice(string.digits) for _ in range(39)),
    ],
    ids=["hexadecimal", "url-safe", "uuid", "lower-case", "digits"],
)
def test_random_states_are_strong(state: str) -> None:
    assert secret_bits(state) >= 128


@pytest.mark.parametrize(
    "state",
    [
        "",
        "abc",
        "0" * 100,
        "abcabc" * 20,
        "state-1234",
        "7487455c4606625728424cf32f2f1d",
        "ü" * 50,
        "aaaaaaaaaaaaaaaaaaaaaaabcdefgh",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "7f3a9c01" * 6,
    ],
)
def test_weak_states_are_weak(state: str) -> None:
    assert secret_bits(state) < 128


@given(st.binary(min_size=16, max_size=16))
def test_sixteen_random_bytes_in_hexadecimal_pass_unless_they_repeat(seed: bytes) -> None:
    expected = patternless_bits(seed.hex()) >= 96 and not seed.hex().isdecimal()
    assert (secret_bits(seed.hex()) >= 128) is expected


LINK = {"response_type": "code", "redirect_uri": "http://localhost:3000/cb", "state": "s"}


def parse(**changes: str) -> AuthorizeRequest | SentBack:
    return parse_authorize(list((LINK | changes).items()), (), "https://m.example/agent-callback")


def test_a_plain_link() -> None:
    request = parse()
    assert request == AuthorizeRequest(
        Flow.CODE, "http://localhost:3000/cb", "session media analysis user:read", "s", None
    )
    assert request.redirect_host == "localhost:3000"
    assert request.answer(code="c") == "http://localhost:3000/cb?code=c&state=s"


def test_state_is_optional_and_then_not_returned() -> None:
    request = parse(state="")
    assert isinstance(request, AuthorizeRequest)
    assert request.answer(code="c") == "http://localhost:3000/cb?code=c"


def test_unknown_parameters_are_ignored() -> None:
    assert isinstance(parse(client_id="x", prompt="none"), AuthorizeRequest)


def test_what_is_wrong_besides_the_redirect_goes_back() -> None:
    sent = parse(scope="everything")
    assert isinstance(sent, SentBack)
    assert sent.location.startswith("http://localhost:3000/cb?error=invalid_scope&error_description=")
    assert sent.location.endswith("&state=s")


@given(st.dictionaries(st.sampled_from([*LINK, "scope", "flow", "code_challenge", "code_challenge_method"]), st.text()))
def test_no_link_breaks_the_parser(link: dict[str, str]) -> None:
    try:
        parsed = parse_authorize(list(link.items()), (), "https://m.example/agent-callback")
    except MinutebookError:
        return
    where = parsed.location if isinstance(parsed, SentBack) else parsed.redirect_uri
    assert urlsplit(where).hostname in {"localhost", "127.0.0.1", "::1", "m.example"}
