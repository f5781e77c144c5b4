"""Public texts have attachments, offers drafts, milestones a done mark.

Revision 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; what is there was written down at its agency."""
    op.add_column("petition", sa.Column("counter_id", sa.Uuid(), nullable=True))
    _attachments()


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_attachment")),
    )
    op.create_table(
        "content_attachment",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["content_version.id"], name=op.f("fk_content_attachment_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["digest"], ["attachment.digest"], name=op.f("fk_content_attachment_digest")
        ),
        sa.PrimaryKeyConstraint("version_id", "digest", name=op.f("pk_content_attachment")),
    )


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_table("content_attachment")
    op.drop_table("attachment")
    op.drop_column("petition", "counter_id")
