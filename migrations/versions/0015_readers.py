"""Let readers tell members apart, and issue lists they read without a network.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    """Readers without a line begin anew; cards with a key are read no more."""
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
