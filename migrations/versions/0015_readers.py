"""Let readers tell members apart, and issue lists they read without a network.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LEDGER = "carrier_event"
HAPPENINGS = ("bound", "renamed", "suspended", "released")
NEW_HAPPENINGS = ("renewed", "face_marked")


def upgrade() -> None:
    """Create the tables of cards that readers have seen, and of the keys cards are made from."""
    op.create_table(
        "seen_card",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.LargeBinary(length=16), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_seen_card_binding_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_seen_card_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", "mark", name=op.f("pk_seen_card")),
    )
    op.create_index(op.f("ix_seen_card_binding_id"), "seen_card", ["binding_id"])
    op.create_index(op.f("ix_seen_card_seen_at"), "seen_card", ["seen_at"])
    _create_card_master_key()
    _allow((*HAPPENINGS, *NEW_HAPPENINGS))
    _let_certificates_outlive_accounts(outlive=True)


def downgrade() -> None:
    """Readers without a line begin anew; cards with a key are read no more."""
    op.execute("DELETE FROM device_certificate WHERE binding_id IS NULL")
    _let_certificates_outlive_accounts(outlive=False)
    append_only.release(LEDGER)
    op.execute("DELETE FROM carrier_event WHERE happening IN ('renewed', 'face_marked')")
    append_only.protect(LEDGER)
    _allow(HAPPENINGS)
    op.drop_table("card_master_key")
    op.drop_table("seen_card")


def _create_card_master_key() -> None:
    op.create_table(
        "card_master_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("token_label", sa.String(length=64), nullable=True),
        sa.Column("check_value", sa.LargeBinary(length=3), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(key_sealed IS NULL) <> (token_label IS NULL)",
            name=op.f("ck_card_master_key_one_place"),
        ),
        sa.CheckConstraint(
            "version BETWEEN 0 AND 255", name=op.f("ck_card_master_key_version_is_a_byte")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_master_key")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_card_master_key_kind_version")),
    )


def _allow(happenings: tuple[str, ...]) -> None:
    """Let these words stand in the carriers' history; rebuilding the table loses its triggers."""
    words = ", ".join(f"'{each}'" for each in happenings)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("happening", LEDGER, type_="check")
        op.create_check_constraint("happening", LEDGER, f"happening IN ({words})")
        return
    append_only.release(LEDGER)
    with op.batch_alter_table(LEDGER, recreate="always") as history:
        history.create_check_constraint("happening", f"happening IN ({words})")
    append_only.protect(LEDGER)


def _let_certificates_outlive_accounts(*, outlive: bool) -> None:
    name = op.f("fk_device_certificate_binding_id")
    with op.batch_alter_table("device_certificate") as table:
        table.drop_constraint(name, type_="foreignkey")
        table.alter_column("binding_id", existing_type=sa.Uuid(), nullable=outlive)
        table.create_foreign_key(
            name,
            "binding",
            ["binding_id"],
            ["id"],
            ondelete="SET NULL" if outlive else "CASCADE",
        )
