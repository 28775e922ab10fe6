"""Bots speak words of their own: what stood in the rows in the words of the Meeting BaaS v1 API is rewritten.

Revision 0008, after 0007.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

END_REASONS = {
    "bot_removed": "removed",
    "no_speaker": "silence",
    "recording_timeout": "longest",
    "api_request": "stopped",
    "meeting_error": "error",
}
FAILURES = {
    "CannotJoinMeeting": "cannot_join",
    "TimeoutWaitingToStart": "not_admitted_in_time",
    "BotNotAccepted": "not_accepted",
    "BotRemoved": "removed",
    "InvalidMeetingUrl": "invalid_url",
    "ApiRequest": "stopped",
    "StreamingSetupFailed": "streaming",
    "InternalError": "internal",
    "SignInRequired": "sign_in_required",
    "BlockedByPlatform": "blocked",
    "Captcha": "captcha",
}
CHANGES = {
    "joining_call": "joining",
    "in_waiting_room": "waiting_room",
    "in_call_not_recording": "in_call",
    "in_call_recording": "recording",
    "recording_paused": "paused",
    "recording_resumed": "resumed",
    "call_ended": "ended",
}
FAILED = {
    "waiting_room_timeout": "not_admitted_in_time",
    "bot_rejected": "not_accepted",
    "bot_removed": "removed",
    "invalid_meeting_url": "invalid_url",
    "api_request_stop": "stopped",
    "meeting_error": "internal",
}
"""Codes that said a failure; `meeting_error` says which one beside itself."""
AT_ONCE = 1000

Read = Callable[[Any], dict[str, Any]]


def upgrade() -> None:
    bots = sa.table("bots", sa.column("end_reason"), sa.column("failure"))
    attempts = sa.table("bot_attempts", sa.column("stop_reason"))
    for column, words in ((bots.c.end_reason, END_REASONS), (bots.c.failure, FAILURES)):
        _reword(bots, column, words)
    _reword(attempts, attempts.c.stop_reason, END_REASONS)
    _reword_told()
    for name in ("events", "webhook_messages"):
        _reword_payloads(name)
    op.execute("ALTER TABLE bot_status_changes RENAME COLUMN code TO change")


def _reword(table: sa.TableClause, column: sa.ColumnClause[Any], words: dict[str, str]) -> None:
    changed = sa.case(words, value=column, else_=column)
    op.execute(sa.update(table).where(column.in_(list(words))).values({column.name: changed}))


def _reword_told() -> None:
    """Status changes as bots keep them."""
    told = sa.table(
        "bot_status_changes", sa.column("bot_id"), sa.column("seq"), sa.column("code"), sa.column("details", sa.JSON())
    )
    of_row = sa.and_(told.c.bot_id == sa.bindparam("b_bot_id"), told.c.seq == sa.bindparam("b_seq"))
    statement = sa.update(told).where(of_row).values(code=sa.bindparam("b_code"), details=sa.bindparam("b_details"))
    query = sa.select(told).where(told.c.code.in_([*CHANGES, *FAILED]))
    for rows in _batches(query, told.c.bot_id, told.c.seq):
        values = []
        for row in rows:
            change, details = _reworded(row.code, row.details)
            values.append({"b_bot_id": row.bot_id, "b_seq": row.seq, "b_code": change, "b_details": details})
        op.get_bind().execute(statement, values)


def _reword_payloads(name: str) -> None:
    """Status changes as they were published, and as they wait to be told."""
    table = sa.table(name, sa.column("id"), sa.column("kind"), sa.column("payload", sa.JSON()))
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(payload=sa.bindparam("b_payload"))
    for rows in _batches(sa.select(table).where(table.c.kind == "bot.status_changed"), table.c.id):
        values = []
        for row in rows:
            if row.payload.get("code") in {*CHANGES, *FAILED}:
                change, details = _reworded(row.payload["code"], row.payload)
                kept = {member: row.payload[member] for member in ("seq", "at") if member in row.payload}
                values.append({"b_id": row.id, "b_payload": {**kept, "change": change, **details}})
        if values:
            op.get_bind().execute(statement, values)


def _reworded(code: str, details: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The word for a code, and what stands beside it: nothing but the failure of `failed`."""
    if code in CHANGES:
        return CHANGES[code], {}
    failure = FAILURES.get(details.get("error_type", ""), FAILED[code])
    message = details.get("error_message")
    return "failed", {"failure": failure, **({"message": message} if message is not None else {})}


def _batches(query: sa.Select[Any], *key: sa.ColumnClause[Any]) -> Iterator[list[sa.Row[Any]]]:
    """The rows in the order of their key, read in stretches: what was rewritten is not read again."""
    last: tuple[Any, ...] | None = None
    while True:
        beyond = query.where(sa.tuple_(*key) > sa.tuple_(*(sa.literal(value) for value in last))) if last else query
        rows = list(op.get_bind().execute(beyond.order_by(*key).limit(AT_ONCE)))
        if not rows:
            return
        yield rows
        last = tuple(getattr(rows[-1], column.name) for column in key)
