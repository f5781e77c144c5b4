"""Let a merchant's consent be decided on pages of its own: keep which, and when.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENTS = ("disclosed_at", "marketed_at")
PART = sa.Enum(
    "whole",
    "anonymous",
    "identified",
    "marketing",
    name="part",
    native_enum=False,
    create_constraint=True,
    length=32,
)
PAGES = ("consent_receipt", "approval_request")


def upgrade() -> None:
    """Note of each submission which page it was, and of each sign-in which it has passed."""
    for moment in MOMENTS:
        op.add_column("interaction", sa.Column(moment, sa.DateTime(timezone=True), nullable=True))
    for name in PAGES:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("part", PART, nullable=False, server_default="whole"))


def downgrade() -> None:
    """Forget both."""
    for name in PAGES:
        with op.batch_alter_table(name) as table:
            table.drop_constraint("part", type_="check")
            table.drop_column("part")
    with op.batch_alter_table("interaction") as table:
        for moment in MOMENTS:
            table.drop_column(moment)
