"""Recordings may come from a meeting's platform, and say so.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.Text(), nullable=True))
    op.create_table(
        "recording_imports",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("bot_id", sa.String(length=36), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name=op.f("fk_recording_imports_meeting_id_meetings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_recording_imports")),
    )
    op.create_index(op.f("ix_recording_imports_meeting_id"), "recording_imports", ["meeting_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_recording_imports_meeting_id"), table_name="recording_imports")
    op.drop_table("recording_imports")
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.drop_column("origin")
