"""Change nothing: faster statements needed no new index.

Revision 0008, after 0007.
"""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There is nothing to do."""


def downgrade() -> None:
    """There is nothing to do."""
