"""Tables of bots: what was asked, how it goes, what they bring home.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bots",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("url_folded", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=True),
        sa.Column("sealed_api_key", sa.Text(), nullable=True),
        sa.Column("sameness", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stop_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recording_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("failure", sa.String(length=32), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("meeting_id", sa.String(length=36), nullable=True),
        sa.Column("recording_id", sa.String(length=36), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("data_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_bots")),
        sa.UniqueConstraint("id", name=op.f("uq_bots_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("bots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bots_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index("ix_bots_owner_id_created_at", ["owner_id", "created_at", "number"], unique=False)
        batch_op.create_index("ix_bots_owner_id_ended_at", ["owner_id", "ended_at", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bots_recording_id"), ["recording_id"], unique=False)
        batch_op.create_index("ix_bots_sameness_start_at", ["sameness", "start_at"], unique=False)
        batch_op.create_index("ix_bots_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "bot_attempts",
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("stop_reason", sa.String(length=32), nullable=True),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name=op.f("fk_bot_attempts_bot_id_bots"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bot_id", "attempt", name=op.f("pk_bot_attempts")),
    )
    with op.batch_alter_table("bot_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_bot_attempts_ended_at_host", ["ended_at", "host"], unique=False)

    op.create_table(
        "bot_extras",
        sa.Column("bot_number", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("value_head", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bot_number"], ["bots.number"], name=op.f("fk_bot_extras_bot_number_bots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bot_number", "field", name=op.f("pk_bot_extras")),
    )
    with op.batch_alter_table("bot_extras", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bot_extras_value_head",
            ["owner_id", "field", "value_head", "created_at", "bot_number"],
            unique=False,
        )
        batch_op.create_index(
            "ix_bot_extras_value_head_newest",
            ["owner_id", "field", "value_head", sa.text("created_at DESC"), sa.text("bot_number DESC")],
            unique=False,
        )

    op.create_table(
        "bot_pieces",
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("length_ms", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name=op.f("fk_bot_pieces_bot_id_bots"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bot_id", "attempt", "stream", "index", name=op.f("pk_bot_pieces")),
    )
    op.create_table(
        "bot_retranscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bot_id"], ["bots.id"], name=op.f("fk_bot_retranscriptions_bot_id_bots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_retranscriptions")),
    )
    with op.batch_alter_table("bot_retranscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_retranscriptions_report_id"), ["report_id"], unique=False)

    op.create_table(
        "bot_screenshots",
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bot_id"], ["bots.id"], name=op.f("fk_bot_screenshots_bot_id_bots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bot_id", "number", name=op.f("pk_bot_screenshots")),
        sa.UniqueConstraint("bot_id", "attempt", "index", name="uq_bot_screenshots_bot_id_attempt_index"),
    )
    op.create_table(
        "bot_speakers",
        sa.Column("bot_number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bot_number"], ["bots.number"], name=op.f("fk_bot_speakers_bot_number_bots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bot_number", "position", name=op.f("pk_bot_speakers")),
    )
    op.create_table(
        "bot_status_changes",
        sa.Column("bot_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bot_id"], ["bots.id"], name=op.f("fk_bot_status_changes_bot_id_bots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bot_id", "seq", name=op.f("pk_bot_status_changes")),
    )


def downgrade() -> None:
    op.drop_table("bot_status_changes")
    op.drop_table("bot_speakers")
    op.drop_table("bot_screenshots")
    with op.batch_alter_table("bot_retranscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bot_retranscriptions_report_id"))

    op.drop_table("bot_retranscriptions")
    op.drop_table("bot_pieces")
    with op.batch_alter_table("bot_extras", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_extras_value_head_newest")
        batch_op.drop_index("ix_bot_extras_value_head")

    op.drop_table("bot_extras")
    with op.batch_alter_table("bot_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_attempts_ended_at_host")

    op.drop_table("bot_attempts")
    with op.batch_alter_table("bots", schema=None) as batch_op:
        batch_op.drop_index("ix_bots_state_due_at")
        batch_op.drop_index("ix_bots_sameness_start_at")
        batch_op.drop_index(batch_op.f("ix_bots_recording_id"))
        batch_op.drop_index("ix_bots_owner_id_ended_at")
        batch_op.drop_index("ix_bots_owner_id_created_at")
        batch_op.drop_index(batch_op.f("ix_bots_meeting_id"))

    op.drop_table("bots")
