"""Create the tables of certificates bound and presented; let a carrier be revoked.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SUSPENSIONS = ("lost", "copied", "revoked")


def upgrade() -> None:
    """Create the tables; write the check of suspensions anew."""
    _allow(SUSPENSIONS)
    op.create_table(
        "bound_certificate",
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(length=32), nullable=False),
        sa.Column("issuer_key_id", sa.LargeBinary(length=64), nullable=False),
        sa.Column("serial", sa.LargeBinary(length=20), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_bound_certificate_binding_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_bound_certificate")),
    )
    op.create_index(
        op.f("ix_bound_certificate_issuer_key_id_serial"),
        "bound_certificate",
        ["issuer_key_id", "serial"],
    )
    op.create_table(
        "presented_certificate",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("certificate_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_presented_certificate")),
    )
    op.create_index(
        op.f("ix_presented_certificate_expires_at"), "presented_certificate", ["expires_at"]
    )


def downgrade() -> None:
    """Drop them; what was revoked counts as lost from then on."""
    op.drop_table("presented_certificate")
    op.drop_table("bound_certificate")
    op.execute("UPDATE binding SET suspension = 'lost' WHERE suspension = 'revoked'")
    _allow(SUSPENSIONS[:2])


def _allow(suspensions: tuple[str, ...]) -> None:
    with op.batch_alter_table("binding") as binding:
        binding.drop_constraint(op.f("ck_binding_suspension"), type_="check")
        binding.create_check_constraint(
            op.f("ck_binding_suspension"),
            sa.column("suspension").in_(suspensions),
        )
