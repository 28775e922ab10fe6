"""Rows that an earlier version wrote in the words of the v1 API speak the core's words after the migration, and what
was waiting to be told says the same as before. On SQLite and Postgres."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.repository import attempts as attempts_repository
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository.bots import bot_status_changes
from minutebook.bots.states import StatusChange
from minutebook.bots.v1 import codes
from minutebook.bots.v1.messages import status_of
from minutebook.db.database import Database
from minutebook.db.events import outbox
from minutebook.db.migrations import migrate
from minutebook.db.migrations.run import alembic_config
from minutebook.webhooks.repository import messages

AT = "2026-03-02T09:00:04.000Z"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WISH = (
    '{"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "Scribe", "recording_mode": "speaker_view", '
    '"start_at": null, "speech_to_text": null, "leave": {}, "streaming": {}, "zoom": {}}'
)
CAME_LATER = {Failure.PASSCODE_REQUIRED, Failure.REGISTRATION_REQUIRED, Failure.HOST_NOT_STARTED}
"""Causes that no row of that version can have."""
ERRORS = {failure: error for failure, error in codes.ERRORS.items() if failure not in CAME_LATER}
END_REASONS = {
    "bot_removed": EndReason.REMOVED,
    "no_attendees": EndReason.NO_ATTENDEES,
    "no_speaker": EndReason.SILENCE,
    "recording_timeout": EndReason.LONGEST,
    "api_request": EndReason.STOPPED,
    "meeting_ended": EndReason.MEETING_ENDED,
    "meeting_error": EndReason.ERROR,
}
TOLD: list[tuple[str, dict[str, Any]]] = [
    ("joining_call", {}),
    ("in_waiting_room", {}),
    ("in_call_not_recording", {}),
    ("in_call_recording", {"start_time": 1772442004000}),
    ("recording_paused", {}),
    ("recording_resumed", {}),
    ("call_ended", {}),
    ("bot_rejected", {}),
    ("bot_removed", {}),
    ("waiting_room_timeout", {}),
    ("invalid_meeting_url", {}),
    ("api_request_stop", {}),
    *(
        ("meeting_error", {"error_message": "It says “no”.", "error_type": error})
        for error in ("CannotJoinMeeting", "StreamingSetupFailed", "InternalError", "SignInRequired")
    ),
]


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the version before, with a bot of each kind in it."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("empty_postgres_url") if postgres else f"sqlite:///{tmp_path / 'before.db'}"
    database = Database(url)
    async with database.transaction() as tx:
        await tx.run_sync(_fill)
    yield database
    await database.close()


def _fill(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "0007")
    ways = [*((reason, None) for reason in END_REASONS), *((None, error) for error in ERRORS.values()), (None, None)]
    for number, (reason, failure) in enumerate(ways, start=1):
        row = {"number": number, "id": f"bot-{number}", "reason": reason, "failure": failure, "wish": WISH, "now": NOW}
        connection.execute(
            text(
                "INSERT INTO bots (number, id, owner_id, wish, name_folded, url_folded, sameness, state, start_at, "
                "due_at, attempt, created_at, updated_at, duration_s, end_reason, failure, files, data_deleted) VALUES "
                "(:number, :id, 'ada', :wish, 'scribe', '', '', 'failed', :now, :now, 1, :now, :now, 0, :reason, "
                ":failure, '[]', false)"
            ),
            row,
        )
        connection.execute(
            text(
                "INSERT INTO bot_attempts (bot_id, attempt, token_hash, host, stop_reason, next_seq, started_at, "
                "heartbeat_at) VALUES (:id, 1, '', 'here', :reason, 0, :now, :now)"
            ),
            row,
        )
    # The tables of the version before, for its JSON.
    connection.execute(text("ALTER TABLE bot_status_changes RENAME COLUMN code TO change"))
    for bot in ("bot-1", "bot-2"):
        for seq, (code, details) in enumerate(TOLD):
            told = {"bot_id": bot, "seq": seq, "change": code, "at": NOW, "details": details}
            connection.execute(bot_status_changes.insert().values(**told))
            payload = {"seq": seq, "code": code, "at": AT, **details}
            event: dict[str, Any] = {"id": f"{bot}-{seq:02}", "kind": "bot.status_changed", "payload": payload}
            event |= {"owner_id": "ada", "subject_id": bot}
            connection.execute(outbox.insert().values(**event, created_at=NOW))
            queued = {"lane": "status", "order_key": bot, "host": "", "state": "waiting", "failures": 0, "attempts": 0}
            connection.execute(messages.insert().values(**event, **queued, created_at=NOW, due_at=NOW))
    other = {"id": "other", "kind": "meeting.created", "owner_id": "ada", "subject_id": "m", "created_at": NOW}
    connection.execute(outbox.insert().values(**other, payload={"code": "call_ended"}))
    connection.execute(text("ALTER TABLE bot_status_changes RENAME COLUMN change TO code"))


async def test_bots_and_attempts(database: Database) -> None:
    await migrate(database)
    async with database.reading() as read:
        bots = [await repository.load(read, f"bot-{number}") for number in range(1, len(END_REASONS) + len(ERRORS) + 2)]
        attempts = [(await attempts_repository.of_bot(read, bot.id))[1] for bot in bots if bot is not None]
    nothing: list[None] = [None]
    assert [bot and bot.end_reason for bot in bots] == [*END_REASONS.values(), *(nothing * (len(ERRORS) + 1))]
    assert [bot and bot.failure for bot in bots] == [*(nothing * len(END_REASONS)), *ERRORS, None]
    assert [attempt.stop_reason for attempt in attempts] == [bot and bot.end_reason for bot in bots]


async def test_what_was_told_and_what_waits_to_be_told_says_the_same(database: Database) -> None:
    await migrate(database)
    async with database.reading() as read:
        query = select(bot_status_changes).order_by(bot_status_changes.c.bot_id, bot_status_changes.c.seq)
        kept = (await read.execute(query)).all()
        event = select(outbox.c.id, outbox.c.payload).where(outbox.c.kind == "bot.status_changed")
        published = (await read.execute(event.order_by(outbox.c.id))).all()
        waiting = (await read.execute(select(messages.c.id, messages.c.payload).order_by(messages.c.id))).all()
        other = (await read.execute(select(outbox.c.payload).where(outbox.c.id == "other"))).scalar_one()
    expected = [{"code": code, "created_at": AT, **details} for code, details in TOLD] * 2
    assert [status_of(row.payload) for row in published] == expected
    assert [status_of(row.payload) for row in waiting] == expected
    assert [status_of({"change": row.change, "at": AT, **row.details}) for row in kept] == expected
    assert {row.payload["seq"] for row in published} == set(range(len(TOLD)))
    assert {row.change for row in kept} == set(StatusChange)
    assert other == {"code": "call_ended"}, "what is not a bot's stays"


async def test_more_rows_than_are_read_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    revision = import_module("minutebook.db.migrations.versions.0008_words_of_bots")
    assert len(TOLD) * 2 < revision.AT_ONCE
    extra = revision.AT_ONCE + 7
    async with database.transaction() as tx:
        rows = [
            {"id": f"more-{number:05}", "kind": "bot.status_changed", "owner_id": "ada", "subject_id": "bot-3"}
            | {"payload": {"seq": number, "code": "call_ended", "at": AT}, "created_at": NOW}
            for number in range(extra)
        ]
        await tx.execute(outbox.insert(), rows)
    await migrate(database)
    async with database.reading() as read:
        query = select(outbox.c.payload).where(outbox.c.subject_id == "bot-3")
        changes = [payload["change"] for payload in (await read.execute(query)).scalars()]
    assert changes == ["ended"] * extra
