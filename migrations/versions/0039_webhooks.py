"""Make room for webhooks and the sandbox.

Revision 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_events()
    _create_sandbox()


def _create_events() -> None:
    op.create_table(
        "client_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("jti", sa.String(length=32), nullable=False),
        sa.Column("pushed_at", MOMENT, nullable=True),
        _belongs("client_event", "client_id", "client.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_event")),
        sa.UniqueConstraint("jti", name=op.f("uq_client_event_jti")),
    )
    op.create_index(
        op.f("ix_client_event_client_id_at_id"), "client_event", ["client_id", "at", "id"]
    )


def _create_sandbox() -> None:
    op.create_table(
        "sandbox_client",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        _belongs("sandbox_client", "client_id", "client.id"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_sandbox_client")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_sandbox_client_key_hash")),
    )
    op.create_index(op.f("ix_sandbox_client_browser_hash"), "sandbox_client", ["browser_hash"])
    op.create_table(
        "sandbox_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("is_check", sa.Boolean(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("met_at", MOMENT, nullable=True),
        sa.Column("redeemed_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("told", sa.String(length=16), nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "grant_id IS NULL OR taken_at IS NOT NULL", name=op.f("ck_sandbox_trial_taken")
        ),
        _belongs("sandbox_trial", "client_id", "sandbox_client.client_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_trial")),
    )
    op.create_index(op.f("ix_sandbox_trial_grant_id"), "sandbox_trial", ["grant_id"])
    op.create_index(
        op.f("ix_sandbox_trial_client_id_asked_at"), "sandbox_trial", ["client_id", "asked_at"]
    )
    op.create_index(
        op.f("ix_sandbox_trial_client_id"),
        "sandbox_trial",
        ["client_id"],
        unique=True,
        sqlite_where=sa.text("taken_at IS NULL"),
        postgresql_where=sa.text("taken_at IS NULL"),
    )


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [to], name=name, ondelete="CASCADE")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("sandbox_trial", "sandbox_client", "client_event"):
        op.drop_table(table)
