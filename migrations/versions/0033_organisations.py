"""Keep organisations' names and ends, posts at merchants, and the life of services.

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
TWO_PERSONS = {
    "purpose_version": ("drafted_by", "decided_by"),
    "offer": ("submitted_by", "approved_by"),
}
STATES = ["draft", "approved", "open", "closing", "closed"]
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
    _give_services_a_life()
    _create_versions()
    _create_requests()
    _name_two_persons()
    _create_brands()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("brand")
    op.drop_table("offer_month")
    for table, columns in TWO_PERSONS.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_two_persons"), type_="check")
            for column in columns:
                batch.drop_column(column)
    op.drop_table("activation_request")
    op.drop_table("service_version")
    op.execute("UPDATE service SET closed_at = created_at WHERE state IN ('draft', 'approved')")
    with op.batch_alter_table("service") as batch:
        for name in ("closed", "closes", "servicestate"):
            batch.drop_constraint(op.f(f"ck_service_{name}"), type_="check")
        batch.drop_column("closes_on")
        batch.drop_column("state")
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


def _give_services_a_life() -> None:
    """Let what was entered until now be open, or closed."""
    op.add_column(
        "service",
        sa.Column("state", sa.String(length=32), nullable=False, server_default="open"),
    )
    op.add_column("service", sa.Column("closes_on", sa.Date(), nullable=True))
    op.execute("UPDATE service SET state = 'closed' WHERE closed_at IS NOT NULL")
    with op.batch_alter_table("service") as batch:
        batch.create_check_constraint("servicestate", f"state IN ({_words(STATES)})")
        batch.create_check_constraint("closed", "(state = 'closed') = (closed_at IS NOT NULL)")
        batch.create_check_constraint("closes", "state <> 'closing' OR closes_on IS NOT NULL")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_versions() -> None:
    op.create_table(
        "service_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            _one_of("versionstate", "draft", "submitted", "approved", "returned"),
            nullable=False,
        ),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        _moment("drafted_at"),
        _moment("submitted_at", nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint("decided_by <> drafted_by", name=op.f("ck_service_version_two_persons")),
        sa.CheckConstraint(
            "(state = 'approved') = (effective_on IS NOT NULL)",
            name=op.f("ck_service_version_effective"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_version_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_version")),
        sa.UniqueConstraint(
            "service_id", "version", name=op.f("uq_service_version_service_id_version")
        ),
    )
    pending = sa.text("state IN ('draft', 'submitted')")
    op.create_index(
        op.f("ix_service_version_service_id"),
        "service_version",
        ["service_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )


def _create_requests() -> None:
    op.create_table(
        "activation_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("wish", _one_of("wish", "open", "end"), nullable=False),
        sa.Column(
            "state",
            _one_of("requeststate", "applied", "under_review", "approved", "refused", "withdrawn"),
            nullable=False,
        ),
        _moment("asked_at"),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        _moment("taken_at", nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("decided_by <> member_id", name=op.f("ck_activation_request_not_own")),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_activation_request_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_activation_request_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_activation_request_reference")),
    )
    pending = sa.text("state IN ('applied', 'under_review')")
    op.create_index(
        op.f("ix_activation_request_member_id_service_id"),
        "activation_request",
        ["member_id", "service_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index(op.f("ix_activation_request_member_id"), "activation_request", ["member_id"])
    op.create_index(
        op.f("ix_activation_request_service_id_state_asked_at"),
        "activation_request",
        ["service_id", "state", "asked_at"],
    )


def _name_two_persons() -> None:
    """Whoever drafts does not decide; what came from the command line names nobody."""
    for table, (drafted, decided) in TWO_PERSONS.items():
        with op.batch_alter_table(table) as batch:
            for column in (drafted, decided):
                batch.add_column(sa.Column(column, sa.Uuid(), nullable=True))
            batch.create_check_constraint("two_persons", f"{decided} <> {drafted}")
    op.create_table(
        "offer_month",
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["purpose_id"],
            ["purpose.id"],
            name=op.f("fk_offer_month_purpose_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("purpose_id", "month", name=op.f("pk_offer_month")),
    )


def _create_brands() -> None:
    op.create_table(
        "brand",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("contact_zh", sa.String(length=200), nullable=False),
        sa.Column("contact_en", sa.String(length=200), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column(
            "state", _one_of("brandstate", "proposed", "approved", "refused"), nullable=False
        ),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        _moment("proposed_at"),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_brand_two_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
    )
    approved = sa.text("state = 'approved'")
    op.create_index(
        op.f("ix_brand_from_on"),
        "brand",
        ["from_on"],
        unique=True,
        sqlite_where=approved,
        postgresql_where=approved,
    )


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
