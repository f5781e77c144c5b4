"""Create the table of codes shown at a till.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "till_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("eligible", sa.Boolean(), nullable=True),
        sa.Column("number", sa.String(length=2), nullable=True),
        sa.Column("receipt", sa.String(length=8), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (eligible IS NULL)", name=op.f("ck_till_code_answered")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_till_code_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_till_code_code_hash")),
    )
    op.create_index(op.f("ix_till_code_expires_at"), "till_code", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_till_code_member_id_id"), "till_code", ["member_id", "id"], unique=False
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("till_code")
