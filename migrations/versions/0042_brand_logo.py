"""Let the service's picture change with its name (2(7)).

Revision 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; names of the past have the picture that came with the program."""
    op.add_column("brand", sa.Column("logo", sa.String(64), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("brand", "logo")
