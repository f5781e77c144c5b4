"""Create the tables of representation: who acts for whom, and what is asked of them.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and room on the receipt for who approved."""
    op.add_column("consent_receipt", sa.Column("approver_id", sa.Uuid(), nullable=True))
    op.add_column("consent_receipt", sa.Column("relation", sa.String(length=16), nullable=True))
    _guardian_link()
    _approval_request()


def _guardian_link() -> None:
    op.create_table(
        "guardian_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ward_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("relation", _enum("relation", "parent", "guardian"), nullable=False),
        sa.Column(
            "evidence", _enum("evidence", "household_register", "court_decision"), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ward_id <> guardian_id", name=op.f("ck_guardian_link_two_people")),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["member.id"],
            name=op.f("fk_guardian_link_guardian_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"], ["member.id"], name=op.f("fk_guardian_link_ward_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_link")),
    )
    op.create_index(
        op.f("ix_guardian_link_guardian_id"), "guardian_link", ["guardian_id"], unique=False
    )
    _unique("guardian_link", "ended_at IS NULL", "ward_id", "guardian_id")


def _approval_request() -> None:
    op.create_table(
        "approval_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("duration", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("acr", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            _enum("approvalstate", "waiting", "approved", "refused", "taken_back"),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (state = 'waiting')", name=op.f("ck_approval_request_decided")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_approval_request_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_request")),
    )
    _unique("approval_request", "decided_at IS NULL", "member_id", "purpose_id")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _unique(table: str, condition: str, *columns: str) -> None:
    op.create_index(
        op.f("_".join(("ix", table, *columns))),
        table,
        list(columns),
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def downgrade() -> None:
    """Drop the tables; receipts forget who approved."""
    op.drop_table("approval_request")
    op.drop_table("guardian_link")
    op.drop_column("consent_receipt", "relation")
    op.drop_column("consent_receipt", "approver_id")
