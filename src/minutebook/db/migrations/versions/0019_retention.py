"""Wishes of users, holds of meetings, and receipts of what was removed by its age.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("vocabulary", sa.JSON(), nullable=False),
        sa.Column("sound_days", sa.Integer(), nullable=True),
        sa.Column("meeting_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_preferences_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "retention_receipts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_receipts")),
    )
    op.create_index("ix_retention_receipts_owner_id_id", "retention_receipts", ["owner_id", "id"])
    op.add_column("meetings", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("recordings", sa.Column("sound_removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("recordings", "sound_removed_at")
    op.drop_column("meetings", "held_at")
    op.drop_table("retention_receipts")
    op.drop_table("preferences")
