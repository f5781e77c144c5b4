"""What was ever entered about a member is found by the member, also what is over.

Revision 0053, after 0052. The indexes there were hold the rows in force only, so an archive, and
whoever erases an account, looked at every row of these tables.
"""

from alembic import op

from migrations.afterwards import Index

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

AFTERWARDS = (
    Index(name="ix_guardian_link_ward_id", table="guardian_link", columns=("ward_id",)),
    Index(
        name="ix_power_of_attorney_principal_id",
        table="power_of_attorney",
        columns=("principal_id",),
    ),
    Index(name="ix_account_deletion_all", table="account_deletion", columns=("member_id",)),
    Index(name="ix_capacity_note_all", table="capacity_note", columns=("member_id",)),
    Index(name="ix_officer_post_member_id", table="officer_post", columns=("member_id",)),
)


def upgrade() -> None:
    """Nothing in the transaction: the tables have rows, and are read while people sign in."""


def downgrade() -> None:
    """Drop the indexes."""
    for index in AFTERWARDS:
        op.drop_index(index.name, table_name=index.table, if_exists=True)
