"""Keep what developers' self-service needs.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a trusted issuer said of a program."""
    op.create_table(
        "kept_answer",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_kept_answer_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "key_hash", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_expires_at"), "kept_answer", ["expires_at"])
    op.add_column("client", sa.Column("software_statement", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("client", "software_statement")
    op.drop_table("kept_answer")
