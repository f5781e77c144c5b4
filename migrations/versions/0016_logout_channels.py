"""Tell clients where a sign-in ended.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHANNELS = ("backchannel_logout_uri", "frontchannel_logout_uri")


def upgrade() -> None:
    """Add where clients are told, and when each sign-in was over; those that ended are."""
    for name in CHANNELS:
        op.add_column("client", sa.Column(name, sa.String(length=2000), nullable=True))
    moment = sa.DateTime(timezone=True)
    op.add_column("authorization_grant", sa.Column("signed_out_at", moment, nullable=True))
    op.execute("UPDATE authorization_grant SET signed_out_at = ended_at")


def downgrade() -> None:
    """Forget where clients are told, and that they were."""
    with op.batch_alter_table("authorization_grant") as grant:
        grant.drop_column("signed_out_at")
    with op.batch_alter_table("client") as client:
        for name in CHANNELS:
            client.drop_column(name)
