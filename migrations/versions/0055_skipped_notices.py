"""Of whom an incident touched, who was written to and who could not be are told apart.

Revision 0055, after 0054.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None
TABLE, COLUMN = "incident_member", "was_skipped"


def upgrade() -> None:
    """Add the column; what was marked before counts as written."""
    op.add_column(TABLE, sa.Column(COLUMN, sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column(TABLE, COLUMN)
