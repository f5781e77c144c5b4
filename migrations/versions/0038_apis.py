"""Keep of a program's key who took it and when, and with which status it was answered.

Revision 0038, after 0037.

What is kept for repetitions is for a day, under a hash of other things than from now on: it is
dropped. Who repeats a call across this change is told what stands, not what was answered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLE = "kept_answer"


def upgrade() -> None:
    """Make the table anew."""
    op.drop_table(TABLE)
    _create(
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(answer_sealed IS NULL) = (status IS NULL)", name=op.f("ck_kept_answer_answered")
        ),
    )


def downgrade() -> None:
    """Make the table as it was."""
    op.drop_table(TABLE)
    _create()


def _create(*more: sa.Column[object] | sa.CheckConstraint) -> None:
    op.create_table(
        TABLE,
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_kept_answer_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "key_hash", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_expires_at"), TABLE, ["expires_at"])
