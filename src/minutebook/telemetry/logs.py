"""Logging: JSON lines for machines, plain lines at a terminal; every line carries the request it belongs to."""

import json
import logging
import sys
import time
import traceback
from contextvars import ContextVar

from minutebook.telemetry.redaction import redacted

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Set by the HTTP layer for the time of a request."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""Attributes that every record has; the others were given as `extra` and are fields of the line."""
_FROM_ENGINE = frozenset({"applicationID", "applicationVersion", "executorID"})
_CHATTY = ("httpx", "httpcore", "alembic.runtime", "aiosqlite", "asyncio", "numba", "multipart")


def configure_logging(level: str, *, as_json: bool | None = None) -> None:
    """Send records of `level` and above to standard error. JSON when that is no terminal, unless said otherwise."""
    handler = logging.StreamHandler(sys.stderr)
    to_terminal = sys.stderr.isatty() if as_json is None else not as_json
    handler.setFormatter(LineFormatter() if to_terminal else JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """What a record says, by name, free of secrets."""
    fields: dict[str, object] = {"message": redacted(record.getMessage())}
    if (request := request_id.get()) is not None:
        fields["request_id"] = request
    for name, value in vars(record).items():
        if name not in _OWN and name not in _FROM_ENGINE:
            fields[name] = value if isinstance(value, bool | int | float | None) else redacted(str(value))
    if record.exc_info and record.exc_info[1] is not None:
        fields["exception"] = "".join(_frames(record.exc_info[1]))
    return fields


def _frames(error: BaseException) -> list[str]:
    """The traceback with its messages redacted. Source lines stay, values do not appear in them."""
    return [
        line if line.startswith("  File ") else redacted(line)
        for line in traceback.TracebackException.from_exception(error).format()
    ]


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = {"time": f"{moment}.{int(record.msecs):03d}Z", "level": record.levelname.lower(), "logger": record.name}
        return json.dumps(head | fields_of(record), ensure_ascii=False, default=str)


class LineFormatter(logging.Formatter):
    """A line to be read: time, level, message, fields; the traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        message, exception = fields.pop("message"), fields.pop("exception", None)
        said = " ".join(f"{name}={value}" for name, value in fields.items())
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{moment} {record.levelname.lower():<7} {message} {said}".rstrip()
        return line if exception is None else f"{line}\n{exception}".rstrip()
