"""What was wrong with a call's sound is kept.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_notices",
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("trouble", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name=op.f("fk_bot_notices_bot_id_bots"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bot_id", "trouble", name=op.f("pk_bot_notices")),
    )


def downgrade() -> None:
    op.drop_table("bot_notices")
