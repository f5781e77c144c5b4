"""Create the table of chip cards.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what names a chip card."""
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


def downgrade() -> None:
    """Drop it: chip cards must be bound again."""
    op.drop_table("key_card")
