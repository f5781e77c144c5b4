"""Keep members' inboxes.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
UNREAD = sa.text("read_at IS NULL")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "inbox_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_inbox_message_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_message")),
    )
    op.create_index(op.f("ix_inbox_message_member_id_id"), "inbox_message", ["member_id", "id"])
    op.create_index(op.f("ix_inbox_message_sent_at"), "inbox_message", ["sent_at"])
    op.create_index(
        op.f("ix_inbox_message_unread"),
        "inbox_message",
        ["member_id"],
        postgresql_where=UNREAD,
        sqlite_where=UNREAD,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("inbox_message")
