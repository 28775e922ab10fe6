"""Read by Alembic for each command. The connection comes from the caller, who also owns the transaction."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from minutebook.db.database import metadata
from minutebook.db.migrations.compare import is_ours
from minutebook.db.types import UtcDateTime


def _spelled_out(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    # A migration must not change when the code does, so that it names no type of ours.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    render_item=_spelled_out,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
