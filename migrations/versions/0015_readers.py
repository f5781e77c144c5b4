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
    """Create the table of cards that agencies' readers have seen."""
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


def downgrade() -> None:
    """Readers without a line begin anew."""
    op.drop_table("seen_card")
