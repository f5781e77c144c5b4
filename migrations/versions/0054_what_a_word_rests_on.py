"""A phone's answer knows the session it rests on.

Revision 0054, after 0051.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0051"
branch_labels = None
depends_on = None

MOMENTS = ("authenticated_at", "proven_after")


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column("handover", sa.Column("session_id", sa.Uuid(), nullable=True))
    for name in MOMENTS:
        op.add_column("handover", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("session_id", *MOMENTS):
        op.drop_column("handover", name)
