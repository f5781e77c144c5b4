"""Tell clients where a sign-in ended; keep how members' data were checked.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHANNELS = ("backchannel_logout_uri", "frontchannel_logout_uri")


def upgrade() -> None:
    """Add where clients are told, and when each sign-in was over; those that ended are."""
    for name in CHANNELS:
        op.add_column("client", sa.Column(name, sa.String(length=2000), nullable=True))
    moment = sa.DateTime(timezone=True)
    op.add_column("authorization_grant", sa.Column("signed_out_at", moment, nullable=True))
    op.execute("UPDATE authorization_grant SET signed_out_at = ended_at")
    _create_checks()


def _create_checks() -> None:
    kinds = ("document", "electronic_record")
    op.create_table(
        "identity_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*kinds, name="checkkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("of_type", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_identity_check_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
    )
    op.create_index(op.f("ix_identity_check_member_id"), "identity_check", ["member_id"])


def downgrade() -> None:
    """Forget where clients are told, and that they were, and every check."""
    op.drop_table("identity_check")
    with op.batch_alter_table("authorization_grant") as grant:
        grant.drop_column("signed_out_at")
    with op.batch_alter_table("client") as client:
        for name in CHANNELS:
            client.drop_column(name)
