"""A session knows that it is on a public computer.

Revision 0046, after 0045.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; sessions of before are the member's own, as they were."""
    op.add_column(
        "browser_session",
        sa.Column("shared_computer", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("browser_session", "shared_computer")
