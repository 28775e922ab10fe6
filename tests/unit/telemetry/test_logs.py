"""Log lines say what happened and keep secrets to themselves."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.kit.ids import new_secret
from minutebook.telemetry.logs import JsonFormatter, LineFormatter, configure_logging, request_id
from minutebook.telemetry.redaction import HIDDEN, LONGEST, redacted


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("minutebook.test").makeRecord(
        "minutebook.test", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )
    return made


def test_a_json_line() -> None:
    token = request_id.set("r-1")
    try:
        line = json.loads(JsonFormatter().format(record("took %d s", 7, seconds=7.5, route="/api/x")))
    finally:
        request_id.reset(token)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning", "logger": "minutebook.test", "message": "took 7 s", "request_id": "r-1",
        "seconds": 7.5, "route": "/api/x",
    }  # fmt: skip


def test_a_line_for_people() -> None:
    line = LineFormatter().format(record("a worker ended", code=-9))
    assert line.endswith("warning a worker ended code=-9")


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_secrets_in_exceptions_and_fields(formatter: logging.Formatter) -> None:
    secret = new_secret("mbat")
    try:
        raise ValueError(f"refused {secret}")
    except ValueError:
        told = record("call failed", header=f"Bearer {secret}")
        told.exc_info = sys.exc_info()
    line = formatter.format(told)
    assert secret not in line
    assert "ValueError" in line
    assert "test_logs.py" in line


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abcdefghijkl.mnop", "abcdefghijkl.mnop"),
        ("postgresql://minutebook:hunter2@db.example/minutebook", "hunter2"),
        ("GET /callback?code=4/0AbCdEfGh&state=xyz", "4/0AbCdEfGh"),
        ('{"password": "correct horse", "email": "a@b.c"}', "correct"),
        ("refresh_token=abcd1234efgh", "abcd1234efgh"),
        ("Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
    ],
)
def test_what_looks_like_a_secret(text: str, hidden: str) -> None:
    assert hidden not in redacted(text)
    assert HIDDEN in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "took over 3 jobs of runners that fell silent: host:12:ab34",
        "a worker ended with code -9; it is started again in 0.5 s",
        "recordings/0199c7a8-0000-7000-8000-000000000000/original.flac",
        "GET /api/sessions?limit=20&state=open",
        "http://127.0.0.1:8000/api",
    ],
)
def test_what_does_not(text: str) -> None:
    assert redacted(text) == text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_secret_of_ours_is_found(around: str) -> None:
    secret = new_secret("mbrt")
    assert secret not in redacted(f"{around} {secret} {around}")


def test_long_values_are_cut() -> None:
    assert len(redacted("word " * 10_000)) == LONGEST + 1


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure_logging("warning", as_json=True)
        configure_logging("warning", as_json=True)
        logging.getLogger("minutebook.test").info("not this")
        logging.getLogger("minutebook.test").warning("once")
        logging.getLogger("httpx").info("nor this")
    finally:
        logging.captureWarnings(False)
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["once"]
