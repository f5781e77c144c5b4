"""Let PostgreSQL tidy up, early and in small parts, the tables from which `purge` deletes.

By default it begins when a fifth of a table is dead: with ten million tokens that is a storm.
Tables cut by month were measured and not made (docs/decisions/0144).

Revision 0040, after 0039.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

SHORT_LIVED = (
    *("token", "client_token", "authorization_grant", "interaction", "pushed_request"),
    *("spent_proof", "spent_assertion", "browser_session", "throttle", "job"),
)
EARLY = ("autovacuum_vacuum_scale_factor", "autovacuum_analyze_scale_factor")
SHARE = "0.01"


def upgrade() -> None:
    """Set how much may be dead; nobody waits for it."""
    if op.get_bind().dialect.name == "postgresql":
        wanted = ", ".join(f"{name} = {SHARE}" for name in EARLY)
        for table in SHORT_LIVED:
            op.execute(f"ALTER TABLE {table} SET ({wanted})")


def downgrade() -> None:
    """Go back to the defaults."""
    if op.get_bind().dialect.name == "postgresql":
        for table in SHORT_LIVED:
            op.execute(f"ALTER TABLE {table} RESET ({', '.join(EARLY)})")
