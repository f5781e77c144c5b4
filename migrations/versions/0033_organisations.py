"""Keep organisations' names, hierarchy and ends, and posts at merchants.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

OLD_ROLES = "doit_reviewer doit_auditor agency_officer agency_manager administrator".split()
NEW_ROLES = [*OLD_ROLES, "merchant_officer"]
OLD_HOUSES = ["agency_officer", "agency_manager"]
NEW_HOUSES = [*OLD_HOUSES, "merchant_officer"]
AHEAD = sa.text("taken_at IS NULL")


def upgrade() -> None:
    """Create the tables."""
    with op.batch_alter_table("organisation") as batch:
        batch.add_column(sa.Column("parent_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("ends_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("successor_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        for column in ("parent_id", "successor_id"):
            batch.create_foreign_key(
                op.f(f"fk_organisation_{column}"), "organisation", [column], ["id"]
            )
        batch.create_check_constraint("parent", "parent_id <> id")
        batch.create_check_constraint("successor", "successor_id <> id")
        batch.create_check_constraint("ends", "successor_id IS NULL OR ends_on IS NOT NULL")
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"])
    op.create_table(
        "organisation_name",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_name_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_name")),
        sa.UniqueConstraint(
            "organisation_id", "from_on", name=op.f("uq_organisation_name_organisation_id_from_on")
        ),
    )
    op.create_index(
        "ix_organisation_name_ahead",
        "organisation_name",
        ["from_on"],
        sqlite_where=AHEAD,
        postgresql_where=AHEAD,
    )
    _let_posts_be(NEW_ROLES, NEW_HOUSES)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("DELETE FROM officer_post WHERE role = 'merchant_officer'")
    _let_posts_be(OLD_ROLES, OLD_HOUSES)
    op.drop_table("organisation_name")
    op.drop_index(op.f("ix_organisation_parent_id"), "organisation")
    with op.batch_alter_table("organisation") as batch:
        for name in ("parent", "successor", "ends"):
            batch.drop_constraint(op.f(f"ck_organisation_{name}"), type_="check")
        for column in ("parent_id", "successor_id"):
            batch.drop_constraint(op.f(f"fk_organisation_{column}"), type_="foreignkey")
        for column in ("ended_at", "successor_id", "ends_on", "parent_id"):
            batch.drop_column(column)


def _let_posts_be(roles: list[str], houses: list[str]) -> None:
    with op.batch_alter_table("officer_post") as batch:
        for name in ("role", "house"):
            batch.drop_constraint(op.f(f"ck_officer_post_{name}"), type_="check")
        batch.create_check_constraint("role", f"role IN ({_words(roles)})")
        batch.create_check_constraint(
            "house", f"(role IN ({_words(houses)})) = (organisation_id IS NOT NULL)"
        )


def _words(values: list[str]) -> str:
    return ", ".join(f"'{each}'" for each in values)
