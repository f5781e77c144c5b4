"""Create the table of merchants' contracts; let grants end with one.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD = (
    "withdrawn",
    "expired",
    "logged_out",
    "code_replayed",
    "refresh_reused",
    "revoked",
    "standing",
)
NEW = (*OLD, "contract_ended")


def upgrade() -> None:
    """Create it. Merchants registered before are not in force until their contract is recorded."""
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("business_number", sa.String(length=8), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_contract_days")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contract_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_number")),
    )
    op.create_index(op.f("ix_contract_organisation_id"), "contract", ["organisation_id"])
    _allow(NEW)


def downgrade() -> None:
    """Drop it; what ended with a contract was revoked."""
    op.execute(
        "UPDATE authorization_grant SET end_reason = 'revoked' WHERE end_reason = 'contract_ended'"
    )
    _allow(OLD)
    op.drop_table("contract")


def _allow(endings: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in endings)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("grantend", "authorization_grant", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("authorization_grant", recreate="auto") as grant:
        grant.create_check_constraint("grantend", f"end_reason IN ({words})")
