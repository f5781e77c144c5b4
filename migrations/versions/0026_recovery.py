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


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _of_a_member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_member_id")
    return sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    """Drop the tables; nobody is restricted."""
    op.drop_table("recovery_slip")
    op.drop_table("recovery")
    op.drop_column("member", "restricted_until")
