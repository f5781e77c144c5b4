"""Keep what members answered on the annex form of a service they apply for (5(4), 7(1)).

Revision 0043, after 0042.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

TABLE = "activation_request"


def upgrade() -> None:
    """Add the columns; applications of before had no form."""
    op.add_column(TABLE, sa.Column("form_version_id", sa.Uuid(), nullable=True))
    op.add_column(TABLE, sa.Column("answers_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop the columns, and every answer with them."""
    op.drop_column(TABLE, "answers_sealed")
    op.drop_column(TABLE, "form_version_id")
