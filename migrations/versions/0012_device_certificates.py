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

    _create_devices()


def _create_devices() -> None:
    op.create_table(
        "device_authority",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_label", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(key_sealed IS NULL) <> (key_label IS NULL)",
            name=op.f("ck_device_authority_one_key"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_authority")),
    )
    op.create_table(
        "device_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_device_certificate_binding_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["device_authority.id"],
            name=op.f("fk_device_certificate_authority_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_certificate")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_device_certificate_fingerprint")),
    )
    op.create_index(op.f("ix_device_certificate_binding_id"), "device_certificate", ["binding_id"])


def downgrade() -> None:
    """Drop them; what was revoked counts as lost from then on."""
    for name in ("device_certificate", "device_authority", "presented_certificate"):
        op.drop_table(name)
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
