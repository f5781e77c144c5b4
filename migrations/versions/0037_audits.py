"""Keep audits and incidents.

Revision 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

from migrations.append_only import protect, release

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
GROWING = ("trail_seal", "trail_checkpoint", "ledger_verification")
WATCHED = (
    "event IN ('record.viewed', 'record.viewed_without_case', 'proxy.many_principals', "
    "'staff.refused')"
)


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create the tables."""
    _create_audits()
    _create_what_is_asked_and_found()
    _create_the_chain_of_the_trail()
    _create_incidents()
    _create_daily_work()


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


def _create_the_chain_of_the_trail() -> None:
    op.create_index(
        "ix_trail_watched",
        "trail",
        ["id"],
        sqlite_where=sa.text(WATCHED),
        postgresql_where=sa.text(WATCHED),
    )
    op.create_table(
        "trail_seal",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_trail_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trail_seal_entry_id")),
    )
    op.create_table(
        "trail_checkpoint",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("horizon", MOMENT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trail_checkpoint")),
    )
    op.create_table(
        "ledger_verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_verification")),
    )
    protect(*GROWING)


def _create_incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("reported_at", MOMENT, nullable=True),
        sa.Column("contained_at", MOMENT, nullable=True),
        sa.Column("authority_at", MOMENT, nullable=True),
        sa.Column("reach", _choice("reach", "clients", "actors", "everybody"), nullable=True),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("place", sa.Uuid(), nullable=True),
        sa.Column("frozen_at", MOMENT, nullable=True),
        sa.Column("affected", sa.Integer(), nullable=True),
        sa.Column("affected_hash", sa.String(length=64), nullable=True),
        sa.Column("is_unreadable", sa.Boolean(), nullable=False),
        sa.Column("notice_zh", sa.Text(), nullable=False),
        sa.Column("notice_en", sa.Text(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("told_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("improvement_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_incident_level")),
        sa.CheckConstraint("since < until", name=op.f("ck_incident_period")),
        sa.CheckConstraint(
            "(frozen_at IS NULL) = (affected IS NULL)", name=op.f("ck_incident_frozen")
        ),
        sa.CheckConstraint(
            "told_by IS NULL OR told_by <> opened_by", name=op.f("ck_incident_second_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("reference", name=op.f("uq_incident_reference")),
    )
    op.create_table(
        "incident_member",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_member_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "member_id", name=op.f("pk_incident_member")),
    )
    op.create_index(
        op.f("ix_incident_member_incident_id_told_at"),
        "incident_member",
        ["incident_id", "told_at"],
    )


def _create_daily_work() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=128), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "daily_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", "key", name=op.f("pk_daily_figure")),
    )


def downgrade() -> None:
    """Drop the tables."""
    release(*GROWING)
    for table in (
        *("daily_figure", "heartbeat", "incident_member", "incident", *GROWING),
        *("audit_finding", "audit_request", "audit_sample", "audit"),
    ):
        op.drop_table(table)
    op.drop_index("ix_trail_watched", table_name="trail")
