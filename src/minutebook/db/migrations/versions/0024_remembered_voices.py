"""People who are known again by their voice, what was guessed by it, and receipts of forgotten ones.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("preferences", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remember_voices", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("preferences", schema=None) as batch_op:
        batch_op.alter_column("remember_voices", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "remembered_voices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("consent_said_by", sa.Text(), nullable=False),
        sa.Column("consent_statement", sa.Text(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_vector", sa.Text(), nullable=True),
        sa.Column("enrolments", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_remembered_voices_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_voices")),
    )
    op.create_index(op.f("ix_remembered_voices_owner_id"), "remembered_voices", ["owner_id"])
    op.create_table(
        "voice_enrolments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("recording_id", sa.String(length=36), nullable=False),
        sa.Column("speaker_id", sa.String(length=64), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["remembered_voices.id"],
            name=op.f("fk_voice_enrolments_person_id_remembered_voices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name=op.f("fk_voice_enrolments_recording_id_recordings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_enrolments")),
        sa.UniqueConstraint("person_id", "recording_id", name="uq_voice_enrolments_person_id_recording_id"),
    )
    op.create_table(
        "voice_guesses",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("speaker_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("likeness", sa.Float(), nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["remembered_voices.id"],
            name=op.f("fk_voice_guesses_person_id_remembered_voices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_voice_guesses_report_id_reports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "speaker_id", name=op.f("pk_voice_guesses")),
    )
    op.create_index(op.f("ix_voice_guesses_person_id"), "voice_guesses", ["person_id"])
    op.create_table(
        "voice_receipts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_voice_receipts_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_receipts")),
    )
    op.create_index("ix_voice_receipts_owner_id_id", "voice_receipts", ["owner_id", "id"])


def downgrade() -> None:
    op.drop_table("voice_receipts")
    op.drop_table("voice_guesses")
    op.drop_table("voice_enrolments")
    op.drop_table("remembered_voices")
    with op.batch_alter_table("preferences", schema=None) as batch_op:
        batch_op.drop_column("remember_voices")
