"""Let a client follow OpenID Connect Core as it was before PKCE.

Revision 0014, after 0013.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD = ("basic", "fapi2")
NEW = ("core", *OLD)


def upgrade() -> None:
    """Add the profile `core`."""
    _allow(NEW)


def downgrade() -> None:
    """Clients of the profile `core` must bring a challenge from now on."""
    op.execute("UPDATE client SET profile = 'basic' WHERE profile = 'core'")
    _allow(OLD)


def _allow(profiles: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in profiles)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("profile", "client", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("client", recreate="auto") as client:
        client.create_check_constraint("profile", f"profile IN ({words})")
