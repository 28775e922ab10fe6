"""What people can see and take back of what they gave away, and who had access to recordings.

Revision 0009, after 0008.
"""

import uuid
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _new_tables() -> None:
    op.create_table(
        "accesses",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("recording_id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=True),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(100), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accesses")),
    )
    op.create_index(op.f("ix_accesses_at"), "accesses", ["at"])
    op.create_index(op.f("ix_accesses_owner_id"), "accesses", ["owner_id"])
    op.create_index(op.f("ix_accesses_recording_id_id"), "accesses", ["recording_id", "id"])
    op.create_table(
        "password_links",
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_password_links")),
    )
    op.create_index(op.f("ix_password_links_user_id"), "password_links", ["user_id"])
    op.create_table(
        "removal_receipts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal_receipts")),
    )


def upgrade() -> None:
    _new_tables()
    op.add_column("users", sa.Column("disabled_at", MOMENT, nullable=True))
    op.add_column("api_keys", sa.Column("name", sa.String(100), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", MOMENT, nullable=True))
    op.add_column("oauth_grants", sa.Column("program", sa.String(200), nullable=True))
    op.add_column("oauth_grants", sa.Column("last_used_at", MOMENT, nullable=True))
    sessions = sa.table(
        "web_sessions", *(sa.column(name) for name in ("secret_hash", "user_id")), sa.column("expires_at", MOMENT)
    )
    kept = op.get_bind().execute(sa.select(sessions)).all()
    op.drop_table("web_sessions")
    new = op.create_table(
        "web_sessions",
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("id", name=op.f("uq_web_sessions_id")),
    )
    op.create_index(op.f("ix_web_sessions_user_id"), "web_sessions", ["user_id"])
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"])
    for row in kept:
        begun = row.expires_at - timedelta(days=7)
        values = {"id": str(uuid.uuid4()), "created_at": begun, "device": "", "address": ""}
        op.execute(sa.insert(new).values(**row._mapping, **values))


def downgrade() -> None:
    for table in ("removal_receipts", "password_links", "accesses"):
        op.drop_table(table)
    for table, column in (
        ("oauth_grants", "last_used_at"),
        ("oauth_grants", "program"),
        ("api_keys", "last_used_at"),
        ("api_keys", "expires_at"),
        ("api_keys", "name"),
        ("users", "disabled_at"),
        ("web_sessions", "last_used_at"),
        ("web_sessions", "created_at"),
        ("web_sessions", "device"),
        ("web_sessions", "address"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
