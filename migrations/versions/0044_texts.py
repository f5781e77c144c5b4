"""Public texts have attachments, offers drafts, milestones a done mark.

Revision 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; what is there was written down at its agency."""
    op.add_column("petition", sa.Column("counter_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Drop them, and what they hold."""
    op.drop_column("petition", "counter_id")
