"""Places from which people have signed in; addresses are compared in lower case, not folded.

Revision 0006, after 0005.
"""

from unicodedata import normalize

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_places",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_places")),
    )
    with op.batch_alter_table("sign_in_places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_places_last_at"), ["last_at"], unique=False)
    users = sa.table("users", sa.column("id", sa.String()), sa.column("email", sa.String()), sa.column("email_key"))
    connection = op.get_bind()
    for user_id, email in connection.execute(sa.select(users.c.id, users.c.email)).all():
        key = normalize("NFC", email).strip().lower()
        connection.execute(sa.update(users).where(users.c.id == user_id).values(email_key=key))


def downgrade() -> None:
    with op.batch_alter_table("sign_in_places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_places_last_at"))

    op.drop_table("sign_in_places")
