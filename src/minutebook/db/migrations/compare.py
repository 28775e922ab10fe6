"""Where the history of migrations and today's tables differ."""

import importlib
import pkgutil

from sqlalchemy import Connection

import minutebook
from minutebook.db.database import metadata
from minutebook.db.migrations.run import alembic_config

ELSEWHERE = ("minutebook.db.events", "minutebook.jobs.requests")
"""Modules with tables that are no capability's repository."""
FULL_TEXT = "search_terms"


def load_tables() -> None:
    """Import every module that registers tables: each `repository`, be it a file or a folder, and the ones
    `ELSEWHERE`. By name, so that the database layer does not depend on what lies above it."""
    for module in pkgutil.walk_packages(minutebook.__path__, "minutebook."):
        if module.name.endswith(".repository") or ".repository." in module.name:
            importlib.import_module(module.name)
    for name in ELSEWHERE:
        importlib.import_module(name)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table or an index is kept by the tables' own statements rather than by what else the database makes of
    them: an index of full texts has tables of its own on SQLite, and a method of its own on Postgres."""
    return not (kind in {"table", "index"} and name is not None and name.startswith(FULL_TEXT))


def differences(connection: Connection) -> list[object]:
    """What Alembic would have to change in this database for it to match today's tables; empty when it does."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_server_default": True, "include_name": is_ours})
    return list(compare_metadata(context, metadata))


def write_revision(connection: Connection, message: str) -> str | None:
    """Write the next migration for a fully migrated database; returns its path, or None when nothing differs."""
    from alembic import command
    from alembic.script import ScriptDirectory

    if not differences(connection):
        return None
    config = alembic_config(connection)
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    return None if script is None or isinstance(script, list) else script.path
