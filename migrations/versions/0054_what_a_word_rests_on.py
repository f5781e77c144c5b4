"""A phone's answer knows the session it rests on; a question to another, the services it names.

Revision 0054, after 0053.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

MOMENTS = ("authenticated_at", "proven_after")


def upgrade() -> None:
    """Add the columns, empty."""
    op.add_column("handover", sa.Column("session_id", sa.Uuid(), nullable=True))
    for name in MOMENTS:
        op.add_column("handover", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("approval_request", sa.Column("services", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("approval_request", "services")
    for name in ("session_id", *MOMENTS):
        op.drop_column("handover", name)
