"""Texts and what searches look at in one spelling: kept in NFC, searched NFKC-casefolded.

Revision 0007, after 0006.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ROWS = 1000
_Changes = Callable[[Mapping[str, Any]], dict[str, Any]]


def upgrade() -> None:
    _rewrite("attendees", ("meeting_id", "position"), _composed("display_name", "role"))
    _rewrite("meetings", ("id",), _meeting)
    _rewrite("recordings", ("id",), _composed("filename"))
    _rewrite("note_templates", ("id",), _template)
    _rewrite("speaker_names", ("report_id", "speaker_id"), _composed("name"))
    _rewrite("name_proposals", ("report_id", "speaker_id"), _composed("name"))
    _rewrite("bot_speakers", ("bot_number", "position"), _bot_speaker)
    _rewrite("bots", ("number",), lambda bot: {name: _fold(bot[name]) for name in ("name_folded", "url_folded")})


def _rewrite(table_name: str, key: tuple[str, ...], changes: _Changes) -> None:
    """Update what `changes` makes differ, in pages by the table's primary key."""
    connection = op.get_bind()
    table = sa.Table(table_name, sa.MetaData(), autoload_with=connection)
    columns = [table.c[name] for name in key]
    last: tuple[Any, ...] | None = None
    while True:
        query = sa.select(table).order_by(*columns).limit(_ROWS)
        if last is not None:
            query = query.where(sa.tuple_(*columns) > sa.tuple_(*(sa.literal(v) for v in last)))
        rows = connection.execute(query).mappings().all()
        for row in rows:
            new = {name: value for name, value in changes(dict(row)).items() if value != row[name]}
            if new:
                mine = (column == row[column.name] for column in columns)
                connection.execute(sa.update(table).where(*mine).values(**new))
        if len(rows) < _ROWS:
            return
        last = tuple(rows[-1][name] for name in key)


def _composed(*names: str) -> _Changes:
    return lambda row: {name: _nfc(row[name]) for name in names if row[name] is not None}


def _meeting(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**_composed("title", "description")(row), "search_text": _fold(row["search_text"])}


def _bot_speaker(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": _nfc(row["name"]), "name_folded": _fold(row["name"])}


def _template(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of two templates of one owner whose names were told apart by their spelling alone, the later keeps its own."""
    table = sa.table("note_templates", *(sa.column(name) for name in ("id", "owner_id", "name_key")))
    taken = sa.select(table.c.id).where(table.c.owner_id == row["owner_id"], table.c.id != row["id"])
    key = _fold(row["name_key"])
    if op.get_bind().execute(taken.where(table.c.name_key == key)).first() is not None:
        return {}
    return {**_composed("name", "instruction")(row), "name_key": key}


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
