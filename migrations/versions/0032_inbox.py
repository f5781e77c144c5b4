"""Keep members' inboxes, and what the nightly check saw and found.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
UNREAD = sa.text("read_at IS NULL")
OPEN = sa.text("closed_at IS NULL")
WHAT = (
    "value_unreadable",
    "value_replayed",
    "standing_unfounded",
    "note_unfounded",
    "note_gone",
    "history_changed",
    "seal_gone",
)


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
        _of_a_member("inbox_message"),
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
    _checks()
    _drafts()


def _drafts() -> None:
    op.create_table(
        "rule_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("youngest", sa.Integer(), nullable=False),
        sa.Column("sample_per_mille", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.String(length=64), nullable=False),
        sa.Column("one_open", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "adopted_by IS NULL OR adopted_by <> proposed_by",
            name=op.f("ck_rule_draft_four_eyes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_draft")),
    )
    op.create_index(
        op.f("ix_rule_draft_one_open"),
        "rule_draft",
        ["one_open"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(op.f("ix_rule_run_ran_at"), "rule_run", ["ran_at"])


def _checks() -> None:
    op.create_table(
        "record_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_check")),
        sa.UniqueConstraint("day", name=op.f("uq_record_check_day")),
    )
    op.create_table(
        "record_seal",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        _of_a_member("record_seal"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_record_seal")),
    )
    what = sa.Enum(*WHAT, name="discrepancy", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "record_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("what", what, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("explanation", sa.String(length=200), nullable=True),
        _of_a_member("record_finding"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_finding")),
    )
    index = op.f("ix_record_finding_closed_at_id")
    op.create_index(index, "record_finding", ["closed_at", "id"])
    op.create_index(
        op.f("ix_record_finding_member_id_what_subject"),
        "record_finding",
        ["member_id", "what", "subject"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def _of_a_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id"],
        ["member.id"],
        name=op.f(f"fk_{table}_member_id"),
        ondelete="CASCADE",
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index(op.f("ix_rule_run_ran_at"), "rule_run")
    for table in ("rule_draft", "record_finding", "record_seal", "record_check", "inbox_message"):
        op.drop_table(table)
