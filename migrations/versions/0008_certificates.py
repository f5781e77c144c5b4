"""Create the tables of revoked certificates.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the lists in force and what they revoke."""
    op.create_table(
        "revocation_list",
        sa.Column("issuer_key_id", sa.LargeBinary(64), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Numeric(50, 0), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer_key_id", name=op.f("pk_revocation_list")),
    )
    op.create_table(
        "revoked_serial",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.LargeBinary(20), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "serial", name=op.f("pk_revoked_serial")),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("revoked_serial")
    op.drop_table("revocation_list")
