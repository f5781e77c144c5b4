"""Let clients register themselves and show who they are.

Revision 0017, after 0016.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REVIEW = sa.Enum(
    "sandbox",
    "waiting",
    "approved",
    "turned_down",
    name="review",
    native_enum=False,
    create_constraint=True,
    length=32,
)
ENVIRONMENT = sa.Enum(
    "sandbox",
    "production",
    name="environment",
    native_enum=False,
    create_constraint=True,
    length=32,
)
PROFILE = sa.Enum(
    "core",
    "basic",
    "fapi2",
    "fapi2-signed",
    name="profile",
    native_enum=False,
    create_constraint=True,
    length=32,
)
ADDRESSES = (
    "jwks_uri",
    "sector_identifier_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
)
WORDS = {
    "userinfo_alg": 8,
    "request_object_alg": 8,
    "logo": 64,
    "software_id": 128,
    "software_version": 64,
    "review_reason": 500,
}


def upgrade() -> None:
    """Create the tables of self-registration, and let a client say what it publishes where."""
    _create_fetched_keys()
    _create_registration_token()
    op.create_table(
        "logo",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logo")),
    )
    with op.batch_alter_table("client") as client:
        for name in ADDRESSES:
            client.add_column(sa.Column(name, sa.String(length=2000), nullable=True))
        for name, length in WORDS.items():
            client.add_column(sa.Column(name, sa.String(length=length), nullable=True))
        client.add_column(sa.Column("registration_hash", sa.LargeBinary(32), nullable=True))
        client.add_column(sa.Column("request_uris", sa.JSON(), nullable=True))
        client.add_column(sa.Column("review", REVIEW, nullable=False, server_default="approved"))


def downgrade() -> None:
    """Disable what nobody has approved, and forget what clients said about themselves."""
    op.execute(
        "UPDATE client SET disabled_at = CURRENT_TIMESTAMP "
        "WHERE disabled_at IS NULL AND (review <> 'approved' OR jwks_uri IS NOT NULL)"
    )
    with op.batch_alter_table("client") as client:
        client.drop_constraint("review", type_="check")
        for name in ("review", "request_uris", "registration_hash", *WORDS, *ADDRESSES):
            client.drop_column(name)
    for name in ("logo", "registration_token", "fetched_keys"):
        op.drop_table(name)


def _moment(name: str, *, nullable: bool) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_fetched_keys() -> None:
    op.create_table(
        "fetched_keys",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("uri", sa.String(length=2000), nullable=False),
        _moment("tried_at", nullable=False),
        _moment("fetched_at", nullable=True),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
            name=op.f("fk_fetched_keys_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_fetched_keys")),
    )


def _create_registration_token() -> None:
    op.create_table(
        "registration_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("environment", ENVIRONMENT, nullable=False),
        sa.Column("profile", PROFILE, nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint("uses <= most_uses", name=op.f("ck_registration_token_uses")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_registration_token_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registration_token_token_hash")),
    )
    op.create_index(
        op.f("ix_registration_token_organisation_id"), "registration_token", ["organisation_id"]
    )
