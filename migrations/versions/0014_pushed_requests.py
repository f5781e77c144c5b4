"""Keep pushed requests, hold tokens to keys, and let a client follow Core as it was before PKCE.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD = ("basic", "fapi2")
NEW = ("core", *OLD, "fapi2-signed")


def upgrade() -> None:
    """Create the tables of what may be used once, and add the profile `core`."""
    op.create_table(
        "pushed_request",
        sa.Column("reference_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("reference_hash", name=op.f("pk_pushed_request")),
    )
    op.create_index(op.f("ix_pushed_request_expires_at"), "pushed_request", ["expires_at"])
    op.create_table(
        "spent_proof",
        sa.Column("proof_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("proof_hash", name=op.f("pk_spent_proof")),
    )
    op.create_index(op.f("ix_spent_proof_expires_at"), "spent_proof", ["expires_at"])
    op.add_column("token", sa.Column("confirmation", sa.String(length=64), nullable=True))
    _allow(NEW)


def downgrade() -> None:
    """Clients of the profile `core` must bring a challenge; tokens held to a key end."""
    op.execute("DELETE FROM token WHERE confirmation IS NOT NULL")
    with op.batch_alter_table("token") as token:
        token.drop_column("confirmation")
    op.drop_table("spent_proof")
    op.drop_table("pushed_request")
    op.execute("UPDATE client SET profile = 'basic' WHERE profile = 'core'")
    op.execute("UPDATE client SET profile = 'fapi2' WHERE profile = 'fapi2-signed'")
    _allow(OLD)


def _allow(profiles: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in profiles)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("profile", "client", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("client", recreate="auto") as client:
        client.create_check_constraint("profile", f"profile IN ({words})")
