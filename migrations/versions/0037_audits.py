"""Keep audits and incidents.

Revision 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create the tables."""
    _create_audits()
    _create_what_is_asked_and_found()


def _create_audits() -> None:
    states = ("planned", "announced", "evidence", "findings", "action", "verified", "closed")
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("is_announced", sa.Boolean(), nullable=False),
        sa.Column("state", _choice("auditstate", *states), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("announced_at", MOMENT, nullable=True),
        sa.Column("drawn_at", MOMENT, nullable=True),
        sa.Column("seed", sa.String(length=43), nullable=True),
        sa.Column("actors", sa.JSON(), nullable=True),
        sa.Column("clients", sa.JSON(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("population_hash", sa.String(length=64), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("since < until", name=op.f("ck_audit_period")),
        sa.CheckConstraint("(seed IS NULL) = (drawn_at IS NULL)", name=op.f("ck_audit_drawn")),
        sa.CheckConstraint("size > 0", name=op.f("ck_audit_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("reference", name=op.f("uq_audit_reference")),
    )
    op.create_index(op.f("ix_audit_organisation_id"), "audit", ["organisation_id"])
    op.create_table(
        "audit_sample",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", _choice("source", "trail", "ledger"), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_sample_audit_id")),
        sa.PrimaryKeyConstraint("audit_id", "place", name=op.f("pk_audit_sample")),
    )


def _create_what_is_asked_and_found() -> None:
    op.create_table(
        "audit_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("missed_at", MOMENT, nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(answer_sealed IS NULL) = (answered_at IS NULL) "
            "AND (answered_by IS NULL) = (answered_at IS NULL)",
            name=op.f("ck_audit_request_answered"),
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_request_audit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_request")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_request_audit_id_number")),
    )
    op.create_table(
        "audit_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("grade", _choice("grade", "major", "minor", "remark"), nullable=False),
        sa.Column("clause", sa.String(length=64), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("action_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("returned_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(action_sealed IS NULL) = (due_on IS NULL)", name=op.f("ck_audit_finding_action")
        ),
        sa.CheckConstraint(
            "verified_at IS NULL OR done_at IS NOT NULL",
            name=op.f("ck_audit_finding_verified_after_done"),
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_finding_audit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_finding")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_finding_audit_id_number")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("audit_finding", "audit_request", "audit_sample", "audit"):
        op.drop_table(table)
