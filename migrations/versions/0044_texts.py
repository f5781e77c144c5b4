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
    op.create_table(
        "offer_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["purpose_id"],
            ["purpose.id"],
            name=op.f("fk_offer_draft_purpose_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_draft")),
        sa.UniqueConstraint("purpose_id", name=op.f("uq_offer_draft_purpose_id")),
    )
    _milestones()


def _milestones() -> None:
    op.create_table(
        "milestone_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(length=300), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_on", sa.Date(), nullable=False),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        sa.Column("taken_back_on", sa.Date(), nullable=True),
        sa.CheckConstraint("done_on <= marked_on", name=op.f("ck_milestone_mark_done")),
        sa.CheckConstraint(
            "(taken_back_on IS NULL) = (taken_back_by IS NULL)",
            name=op.f("ck_milestone_mark_taken_back"),
        ),
        sa.ForeignKeyConstraint(
            ["system_id"], ["identity_system.id"], name=op.f("fk_milestone_mark_system_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_mark")),
    )
    op.create_index(
        op.f("ix_milestone_mark_system_id_due_on_what"),
        "milestone_mark",
        ["system_id", "due_on", "what"],
        unique=True,
        sqlite_where=sa.text("taken_back_on IS NULL"),
        postgresql_where=sa.text("taken_back_on IS NULL"),
    )


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
    op.drop_table("milestone_mark")
    op.drop_table("offer_draft")
    op.drop_table("content_attachment")
    op.drop_table("attachment")
    op.drop_column("petition", "counter_id")
