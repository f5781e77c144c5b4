"""Keep recovery and changes of personal data.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
WAYS = ("delayed", "carrier", "counter", "guardian")
CHANNELS = ("member", "counter", "interface", "agreed", "city")
STATES = ("asked", "documented", "granted", "refused", "withdrawn")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the tables, and note who is restricted: nobody yet."""
    op.add_column(
        "member", sa.Column("restricted_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "recovery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wanted", _words("wanted", "account", "password"), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("typed_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("way", _words("way", *WAYS), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _of_a_member("recovery"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
    )
    op.create_index(op.f("ix_recovery_expires_at"), "recovery", ["expires_at"])
    op.create_index(op.f("ix_recovery_member_id"), "recovery", ["member_id"])
    op.create_table(
        "recovery_slip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("way", _words("way", *WAYS), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("case_reference", sa.String(length=32), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _of_a_member("recovery_slip"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_slip")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_slip_code_hash")),
    )
    op.create_index(op.f("ix_recovery_slip_member_id"), "recovery_slip", ["member_id"])
    _changes()


def _changes() -> None:
    op.create_table(
        "datum_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("old_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("channel", _words("channel", *CHANNELS), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("case_reference", sa.String(length=64), nullable=True),
        sa.Column("basis", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        _of_a_member("datum_change"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datum_change")),
    )
    index = op.f("ix_datum_change_member_id_claim_changed_at")
    op.create_index(index, "datum_change", ["member_id", "claim", "changed_at"])
    op.create_table(
        "contact_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        _of_a_member("contact_check"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_check")),
    )
    index = op.f("ix_contact_check_member_id_confirmed_at")
    op.create_index(index, "contact_check", ["member_id", "confirmed_at"])
    op.create_table(
        "change_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("wanted_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("channel", _words("channel", *CHANNELS), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", _words("changestate", *STATES), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=True),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        _of_a_member("change_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_change_request_reference")),
    )
    op.create_index(op.f("ix_change_request_member_id_id"), "change_request", ["member_id", "id"])
    op.create_index(
        op.f("ix_change_request_member_id_field"),
        "change_request",
        ["member_id", "field"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _of_a_member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_member_id")
    return sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    """Drop the tables; nobody is restricted."""
    for table in ("change_request", "contact_check", "datum_change", "recovery_slip"):
        op.drop_table(table)
    op.drop_table("recovery")
    op.drop_column("member", "restricted_until")
