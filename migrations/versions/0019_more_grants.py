"""Grant tokens without a browser: to agencies, kiosks, counters and phones.

Revision 0019, after 0018.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of interfaces, of tokens about no member, and of what waits for one."""
    _create_resource()
    _create_client_token()
    _create_awaited_request()
    op.add_column("interaction", sa.Column("awaited_id", sa.Uuid(), nullable=True))
    op.add_column("client", sa.Column("ping_uri", sa.String(length=2000), nullable=True))
    op.add_column("purpose", sa.Column("least_acr", sa.String(length=64), nullable=True))
    op.add_column("purpose", sa.Column("login_seconds", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Forget all of it: programs ask anew, and who waits begins again."""
    op.execute("DELETE FROM interaction WHERE awaited_id IS NOT NULL")
    with op.batch_alter_table("interaction") as interaction:
        interaction.drop_column("awaited_id")
    with op.batch_alter_table("client") as client:
        client.drop_column("ping_uri")
    with op.batch_alter_table("purpose") as purpose:
        purpose.drop_column("least_acr")
        purpose.drop_column("login_seconds")
    for name in ("awaited_request", "client_token", "resource_scope", "resource"):
        op.drop_table(name)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _create_resource() -> None:
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identifier", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("token_format", _enum("tokenformat", "opaque", "jwt"), nullable=False),
        sa.Column("alg", sa.String(length=8), nullable=False),
        _moment("added_at", nullable=False),
        _moment("ended_at"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_resource_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("identifier", name=op.f("uq_resource_identifier")),
    )
    op.create_index(op.f("ix_resource_client_id"), "resource", ["client_id"])
    op.create_table(
        "resource_scope",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        _moment("approved_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
            name=op.f("fk_resource_scope_client_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_resource_scope_resource_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "resource_id", "scope", name=op.f("pk_resource_scope")
        ),
    )


def _create_client_token() -> None:
    op.create_table(
        "client_token",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.String(length=1000), nullable=False),
        _moment("issued_at", nullable=False),
        _moment("expires_at", nullable=False),
        sa.Column("confirmation", sa.String(length=64), nullable=True),
        _moment("revoked_at"),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("sub", sa.String(length=64), nullable=True),
        sa.Column("acr", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["authorization_grant.id"],
            name=op.f("fk_client_token_grant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_client_token")),
    )
    op.create_index(op.f("ix_client_token_grant_id"), "client_token", ["grant_id"])
    op.create_index(op.f("ix_client_token_expires_at"), "client_token", ["expires_at"])


def _create_awaited_request() -> None:
    op.create_table(
        "awaited_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("way", _enum("way", "device", "ciba"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("handle_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("typed_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=2), nullable=True),
        sa.Column("message", sa.String(length=40), nullable=True),
        sa.Column("ping_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("polled_at"),
        _moment("answered_at"),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (approved IS NULL)", name=op.f("ck_awaited_request_answered")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_awaited_request_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awaited_request")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_awaited_request_handle_hash")),
        sa.UniqueConstraint("typed_hash", name=op.f("uq_awaited_request_typed_hash")),
    )
    op.create_index(op.f("ix_awaited_request_expires_at"), "awaited_request", ["expires_at"])
    op.create_index(op.f("ix_awaited_request_member_id"), "awaited_request", ["member_id"])
