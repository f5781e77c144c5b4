"""Hold clients and tokens to certificates; sign and encrypt what clients are told.

Revision 0018, after 0017.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OLD = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
PROFILES = ("core", "basic", "fapi2", "fapi2-signed")
ENCRYPTIONS = ("id_token_encryption", "userinfo_encryption")
CERTIFIED = ("tls_client_auth", "self_signed_tls_client_auth")


def upgrade() -> None:
    """Let clients prove themselves by certificate (RFC 8705)."""
    op.add_column("client", sa.Column("certificate", sa.JSON(), nullable=True))
    op.add_column(
        "client",
        sa.Column("certificate_bound", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for name in ENCRYPTIONS:
        op.add_column("client", sa.Column(name, sa.JSON(), nullable=True))
    with op.batch_alter_table("signing_key") as key:
        key.alter_column("private_sealed", existing_type=sa.LargeBinary(), nullable=True)
    with _allowing((*OLD, *CERTIFIED)) as client:
        client.alter_column("certificate_bound", server_default=None)


def downgrade() -> None:
    """Clients with a certificate cannot prove themselves any more: they end."""
    op.execute("DELETE FROM signing_key WHERE private_sealed IS NULL")
    with op.batch_alter_table("signing_key") as key:
        key.alter_column("private_sealed", existing_type=sa.LargeBinary(), nullable=False)
    op.execute("DELETE FROM token WHERE confirmation LIKE 'x5t%'")
    op.execute(
        "UPDATE client SET disabled_at = COALESCE(disabled_at, CURRENT_TIMESTAMP), "  # noqa: S608
        f"auth_method = 'none' WHERE auth_method IN ({_words(CERTIFIED)})"  # constants above
    )
    with _allowing(OLD) as client:
        for name in (*ENCRYPTIONS, "certificate_bound"):
            client.drop_column(name)
        client.drop_column("certificate")


@contextmanager
def _allowing(methods: tuple[str, ...]) -> Iterator[BatchOperations]:
    """Change the table, so that these methods are allowed."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        op.drop_constraint("authmethod", "client", type_="check")
    # SQLite rebuilds the table, and forgets every check as it does.
    with op.batch_alter_table("client", recreate="auto") as client:
        client.create_check_constraint("authmethod", f"auth_method IN ({_words(methods)})")
        if not is_postgresql:
            client.create_check_constraint("profile", f"profile IN ({_words(PROFILES)})")
        yield client


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in values)
