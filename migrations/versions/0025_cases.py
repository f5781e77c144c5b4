"""Keep cases at a desk: their steps, the documents seen, letters of proxies, and who was sent away.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LEDGER = "case_event"
OPEN = "closed_at IS NULL"


def upgrade() -> None:
    """Create the tables; what happened to a case stays as it is."""
    _create_counter_case()
    _create_case_event()
    append_only.protect(LEDGER)
    _create_document_seen()
    _create_case_letter()
    _create_intake_refusal()


def downgrade() -> None:
    """Drop them, with every case."""
    append_only.release(LEDGER)
    for table in ("intake_refusal", "case_letter", "document_seen", LEDGER, "counter_case"):
        op.drop_table(table)


def _create_counter_case() -> None:
    op.create_table(
        "counter_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("matter", _matter(), nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("person_kind", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=False),
        sa.Column("clerk_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        _moment("opened_at", nullable=False),
        _moment("accepted_at"),
        sa.Column("collected_by", sa.Uuid(), nullable=True),
        _moment("collected_at"),
        _moment("forwarded_at"),
        sa.Column("pauses", sa.JSON(), nullable=False),
        _moment("held_until"),
        _moment("face_checked_at"),
        sa.Column("outcome", _enum("caseoutcome", "approved", "refused"), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        _moment("decided_at"),
        _moment("fulfilled_at"),
        _moment("closed_at"),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (outcome IS NULL)", name=op.f("ck_counter_case_decided")
        ),
        sa.CheckConstraint(
            "collected_by <> counter_id OR forwarded_at IS NULL",
            name=op.f("ck_counter_case_elsewhere"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_counter_case_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_case")),
        sa.UniqueConstraint("number", name=op.f("uq_counter_case_number")),
    )
    op.create_index(op.f("ix_counter_case_application_id"), "counter_case", ["application_id"])
    op.create_index(op.f("ix_counter_case_member_id_id"), "counter_case", ["member_id", "id"])
    op.create_index(
        "ix_counter_case_open",
        "counter_case",
        ["counter_id", "id"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def _create_case_event() -> None:
    op.create_table(
        LEDGER,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        _moment("at", nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("clause", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id_id"), LEDGER, ["case_id", "id"])


def _create_document_seen() -> None:
    op.create_table(
        "document_seen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("whose", sa.String(length=16), nullable=False),
        sa.Column("paper", sa.String(length=32), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("clerk_id", sa.Uuid(), nullable=False),
        _moment("seen_at", nullable=False),
        _of_case("document_seen"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_seen")),
    )
    op.create_index(op.f("ix_document_seen_case_id"), "document_seen", ["case_id"])


def _create_case_letter() -> None:
    op.create_table(
        "case_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=True),
        sa.Column("proxy_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        _moment("entered_at", nullable=False),
        _moment("link_ends_at", nullable=False),
        _moment("revoked_at"),
        _of_case("case_letter"),
        sa.ForeignKeyConstraint(
            ["principal_id"],
            ["member.id"],
            name=op.f("fk_case_letter_principal_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_letter")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_letter_case_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_case_letter_secret_hash")),
    )
    op.create_index(op.f("ix_case_letter_principal_id"), "case_letter", ["principal_id"])
    op.create_index(
        op.f("ix_case_letter_proxy_hash_entered_at"), "case_letter", ["proxy_hash", "entered_at"]
    )


def _create_intake_refusal() -> None:
    op.create_table(
        "intake_refusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=False),
        sa.Column("clerk_id", sa.Uuid(), nullable=False),
        sa.Column("matter", _matter(), nullable=False),
        sa.Column("person_kind", sa.String(length=32), nullable=False),
        sa.Column("age", sa.String(length=8), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("by_proxy", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        _moment("refused_at", nullable=False),
        _moment("resumed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_refusal")),
        sa.UniqueConstraint("number", name=op.f("uq_intake_refusal_number")),
    )
    op.create_index(op.f("ix_intake_refusal_refused_at"), "intake_refusal", ["refused_at"])


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["case_id"], ["counter_case.id"], name=op.f(f"fk_{table}_case_id"), ondelete="CASCADE"
    )


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _matter() -> sa.Enum:
    return _enum(
        "casematter",
        "join",
        "bind",
        "unbind",
        "loss",
        "activation",
        "change",
        "recovery",
        "proxy_end",
    )


def _state() -> sa.Enum:
    return _enum(
        "casestate",
        "intake",
        "accepted",
        "collected",
        "forwarded",
        "not_accepted",
        "in_process",
        "waiting_applicant",
        "decided",
        "fulfilled",
        "closed",
        "stopped",
    )
