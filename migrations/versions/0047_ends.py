"""What is past its time is found by its time, not by reading the table.

Revision 0047, after 0046.
"""

from alembic import op

from migrations.afterwards import Index

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

AFTERWARDS = (
    Index(
        name="ix_authorization_grant_code_expires_at",
        table="authorization_grant",
        columns=("code_expires_at",),
    ),
    Index(name="ix_throttle_window_ends_at", table="throttle", columns=("window_ends_at",)),
    Index(name="ix_contact_check_expires_at", table="contact_check", columns=("expires_at",)),
    Index(name="ix_invitation_expires_at", table="invitation", columns=("expires_at",)),
    Index(
        name="ix_application_fruitless",
        table="application",
        columns=("closed_at",),
        where="state <> 'approved'",
    ),
    Index(
        name="ix_device_certificate_ends_at",
        table="device_certificate",
        columns=("ends_at",),
        where="binding_id IS NULL",
    ),
)


def upgrade() -> None:
    """Nothing in the transaction: the tables have rows, and are written at every sign-in."""


def downgrade() -> None:
    """Drop the indexes."""
    for index in AFTERWARDS:
        op.drop_index(index.name, table_name=index.table, if_exists=True)
