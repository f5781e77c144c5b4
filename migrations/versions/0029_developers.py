"""Keep what developers' self-service needs.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a trusted issuer said of a program."""
    op.add_column("client", sa.Column("software_statement", sa.Text(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("client", "software_statement")
