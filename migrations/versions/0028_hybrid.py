"""Give profiles to clients with tokens from the browser and to counters; narrow tokens.

Revision 0028, after 0027.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OLD = ("core", "basic", "fapi2", "fapi2-signed")
NEW = ("core", "hybrid", "basic", "fapi2", "fapi2-signed", "fapi-ciba")
FLAGS = ("backchannel_logout_session_required", "frontchannel_logout_session_required")
CHECKS: dict[str, dict[str, tuple[str, ...]]] = {  # beside the new one
    "client": {
        "auth_method": (
            *("client_secret_basic", "client_secret_post", "private_key_jwt", "none"),
            *("tls_client_auth", "self_signed_tls_client_auth"),
        ),
        "review": ("sandbox", "waiting", "approved", "turned_down"),
    },
    "registration_token": {"environment": ("sandbox", "production")},
}


def upgrade() -> None:
    """Keep which response types a client registered: until now a code, always."""
    op.add_column(
        "client",
        sa.Column("response_types", sa.JSON(), nullable=False, server_default='["code"]'),
    )
    for name in FLAGS:
        op.add_column(
            "client", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.add_column("token", sa.Column("audience", sa.String(length=255), nullable=True))
    op.add_column("token", sa.Column("details", sa.JSON(), nullable=True))
    _allow(NEW)


def downgrade() -> None:
    """Clients that lived on tokens from the browser get codes again."""
    for table in CHECKS:
        for new, old in (("hybrid", "core"), ("fapi-ciba", "fapi2-signed")):
            op.execute(f"UPDATE {table} SET profile = '{old}' WHERE profile = '{new}'")  # noqa: S608  # constants
    op.execute("DELETE FROM token WHERE audience IS NOT NULL OR details IS NOT NULL")
    with op.batch_alter_table("token") as token:
        token.drop_column("details")
        token.drop_column("audience")
    with op.batch_alter_table("client") as client:
        for name in ("response_types", *FLAGS):
            client.drop_column(name)
    _allow(OLD)


def _allow(profiles: tuple[str, ...]) -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, others in CHECKS.items():
        if is_postgresql:
            op.drop_constraint("profile", table, type_="check")
        with op.batch_alter_table(table, recreate="auto") as changed:
            if profiles is NEW and table == "client":
                for name in ("response_types", *FLAGS):
                    changed.alter_column(name, server_default=None)
            changed.create_check_constraint("profile", f"profile IN ({_words(profiles)})")
            for column, allowed in () if is_postgresql else others.items():
                # SQLite rebuilds the table, and forgets every check as it does.
                name = column.replace("_", "")
                changed.create_check_constraint(name, f"{column} IN ({_words(allowed)})")


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in values)
