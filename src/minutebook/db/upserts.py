"""An INSERT that knows ON CONFLICT: both databases do, the common one of SQLAlchemy does not."""

from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert_into(tx: AsyncConnection | Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """In the words of the connection's database; those of the other are not loaded."""
    made: sqlite.Insert | postgresql.Insert
    made = import_module(f"sqlalchemy.dialects.{tx.dialect.name}").insert(table)
    return made
