"""Looks at applications are found, and a session knows when its person last worked.

Revision 0051, after 0048.
"""

import sqlalchemy as sa
from alembic import op

from migrations.afterwards import Index

revision = "0051"
down_revision = "0048"
branch_labels = None
depends_on = None

NAME = "ix_trail_applications"
AFTERWARDS = (
    Index(name=NAME, table="trail", columns=("id",), where="event = 'application.viewed'"),
)


def upgrade() -> None:
    """Add the column; the index follows, since the trail has rows and is written all the time."""
    op.add_column(
        "browser_session", sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_column("browser_session", "worked_at")
    op.drop_index(NAME, table_name="trail", if_exists=True)
