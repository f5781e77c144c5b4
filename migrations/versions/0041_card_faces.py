"""Keep what is printed on agencies' cards with the notes that came with it (2(4), 2(6)).

Revision 0041, after 0040.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLES = ("activation", "consolidation_row")


def upgrade() -> None:
    """Add the columns; what is there has no face."""
    for table in TABLES:
        op.add_column(table, sa.Column("face_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop the columns, and every face with them."""
    for table in TABLES:
        op.drop_column(table, "face_sealed")
