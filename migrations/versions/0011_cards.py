"""Create the tables of cards and of conversations with them.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what names chip cards and other cards, and where a conversation stands."""
    op.create_table(
        "key_card",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_key_card_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_key_card")),
    )
    op.create_table(
        "card",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_card_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_number_hash"), "card", ["number_hash"])
    op.create_table(
        "card_talk",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_card_talk")),
    )
    op.create_index(op.f("ix_card_talk_expires_at"), "card_talk", ["expires_at"])


def downgrade() -> None:
    """Drop them: cards must be bound again."""
    op.drop_table("card_talk")
    op.drop_table("card")
    op.drop_table("key_card")
