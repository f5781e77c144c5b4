"""Grant tokens without a browser: to agencies, kiosks, counters and phones.

Revision 0019, after 0018.
"""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing yet."""


def downgrade() -> None:
    """Change nothing yet."""
