"""Events are found by their moment.

Revision 0045, after 0044. What is past its time is deleted hour by hour (`taipei-id purge`); the
index by client and moment serves one client only.
"""

from alembic import op

from migrations.afterwards import Index

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

NAME = "ix_client_event_at"
AFTERWARDS = (Index(name=NAME, table="client_event", columns=("at",)),)


def upgrade() -> None:
    """Nothing in the transaction: the table has rows, and is written at every withdrawal."""


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(NAME, table_name="client_event", if_exists=True)
