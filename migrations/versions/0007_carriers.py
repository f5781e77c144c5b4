"""Create the tables of carriers, passkeys and the questions put to them.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LEDGER = "carrier_event"
KINDS = ("passkey", "card", "certificate", "device")
PLACES = ("account", "counter")
SUSPENSIONS = ("lost", "copied")
HAPPENINGS = ("bound", "renamed", "suspended", "released")


def upgrade() -> None:
    _create_binding()
    _create_passkey()
    _create_carrier_event()
    _create_open_challenge()
    op.add_column("browser_session", sa.Column("carrier_id", sa.Uuid(), nullable=True))
    append_only.protect(LEDGER)


def downgrade() -> None:
    append_only.release(LEDGER)
    with op.batch_alter_table("browser_session") as table:
        table.drop_column("carrier_id")
    for name in ("open_challenge", LEDGER, "passkey", "binding"):
        op.drop_table(name)


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _create_binding() -> None:
    op.create_table(
        "binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("carrierkind", KINDS), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_where", _enum("place", PLACES), nullable=False),
        sa.Column("bound_acr", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension", _enum("suspension", SUSPENSIONS), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(suspended_at IS NULL) = (suspension IS NULL)",
            name=op.f("ck_binding_suspended_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_binding_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
    )
    bound = sa.text("released_at IS NULL")
    op.create_index(
        op.f("ix_binding_fingerprint"),
        "binding",
        ["fingerprint"],
        unique=True,
        postgresql_where=bound,
        sqlite_where=bound,
    )
    op.create_index(op.f("ix_binding_member_id"), "binding", ["member_id"])


def _create_passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["binding.id"], name=op.f("fk_passkey_binding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_passkey")),
    )


def _create_carrier_event() -> None:
    op.create_table(
        LEDGER,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("happening", _enum("happening", HAPPENINGS), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_event")),
    )
    op.create_index(op.f("ix_carrier_event_binding_id"), LEDGER, ["binding_id"])


def _create_open_challenge() -> None:
    op.create_table(
        "open_challenge",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_open_challenge")),
    )
    op.create_index(op.f("ix_open_challenge_expires_at"), "open_challenge", ["expires_at"])
