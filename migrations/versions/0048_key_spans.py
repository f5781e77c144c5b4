"""A public key says from when until when what it signs was believed.

Revision 0048, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None
TABLE, COLUMNS = "published_key", ("activated_at", "retires_at")


def upgrade() -> None:
    """Add the columns; keys rotated away before keep their announcement alone."""
    for name in COLUMNS:
        op.add_column(TABLE, sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column(TABLE, name)
