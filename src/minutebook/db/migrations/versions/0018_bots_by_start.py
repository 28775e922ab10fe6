"""An owner's bots of some time are found without looking at all of them.

Revision 0018, after 0017.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bots", schema=None) as batch_op:
        batch_op.create_index("ix_bots_owner_id_start_at", ["owner_id", "start_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("bots", schema=None) as batch_op:
        batch_op.drop_index("ix_bots_owner_id_start_at")
