"""Keep forms, content, inventory and plans.

Revision 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_versions(
        "form_version",
        "service_id",
        "service.id",
        sa.Column("content", sa.JSON(), nullable=False),
    )
    op.create_table(
        "content_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("kind", _choice("contentkind", "service", "offer", "notice"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'service') = (service_id IS NOT NULL)",
            name=op.f("ck_content_item_about_a_service"),
        ),
        _refers("content_item", "organisation_id", "organisation.id"),
        _refers("content_item", "service_id", "service.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_item")),
        sa.UniqueConstraint("slug", name=op.f("uq_content_item_slug")),
    )
    for column in ("organisation_id", "service_id"):
        op.create_index(op.f(f"ix_content_item_{column}"), "content_item", [column])
    _create_versions(
        "content_version",
        "item_id",
        "content_item.id",
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "step <> 'approved' OR valid_until IS NULL OR valid_until >= effective_on",
            name=op.f("ck_content_version_period"),
        ),
    )
    op.create_table(
        "identity_system",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _choice("systemkind", "login", "card"), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column(
            "status",
            _choice("integration", "integrated", "integrating", "exempted", "retired"),
            nullable=True,
        ),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _refers("identity_system", "organisation_id", "organisation.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_system")),
    )
    op.create_index(
        op.f("ix_identity_system_organisation_id"), "identity_system", ["organisation_id"]
    )
    _create_waiver()
    _create_versions(
        "sunset_plan",
        "system_id",
        "identity_system.id",
        sa.Column("process_zh", sa.Text(), nullable=False),
        sa.Column("process_en", sa.Text(), nullable=False),
        sa.Column("replacement_zh", sa.String(length=300), nullable=False),
        sa.Column("replacement_en", sa.String(length=300), nullable=False),
        sa.Column("holders_zh", sa.String(length=300), nullable=False),
        sa.Column("holders_en", sa.String(length=300), nullable=False),
        sa.Column("milestones", sa.JSON(), nullable=False),
        sa.Column("sunset_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("sunset_plan")
    op.drop_table("waiver")
    op.drop_table("identity_system")
    op.drop_table("content_version")
    op.drop_table("content_item")
    op.drop_table("form_version")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _create_waiver() -> None:
    """Create the table of requests to be excused."""
    op.create_table(
        "waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("asked_until", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column(
            "state",
            _choice("waiverstate", "requested", "granted", "denied", "extended", "ended"),
            nullable=False,
        ),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state = 'requested' OR (decided_by IS NOT NULL AND decided_by <> requested_by)",
            name=op.f("ck_waiver_decided_by_another"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'denied') OR until IS NOT NULL", name=op.f("ck_waiver_until")
        ),
        _refers("waiver", "system_id", "identity_system.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index(op.f("ix_waiver_state_until"), "waiver", ["state", "until"])
    for columns, state in ((["system_id"], "requested"), (["system_id", "state"], "granted")):
        condition = sa.text(f"state = '{state}'")
        op.create_index(
            op.f(f"ix_waiver_{'_'.join(columns)}"),
            "waiver",
            columns,
            unique=True,
            sqlite_where=condition,
            postgresql_where=condition,
        )


def _create_versions(
    table: str, subject: str, target: str, *own: sa.Column[object] | sa.CheckConstraint
) -> None:
    """Create a table of versions that DoIT confirms, with the promises all of them keep."""
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(subject, sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            _choice("step", "draft", "submitted", "returned", "approved"),
            nullable=False,
        ),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("document_number", sa.String(length=100), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("retired_on", sa.Date(), nullable=True),
        *own,
        sa.CheckConstraint(
            "step <> 'approved' OR (document_number IS NOT NULL AND submitted_by IS NOT NULL"
            " AND decided_by IS NOT NULL AND decided_by <> submitted_by"
            " AND decided_by <> drafted_by AND decided_on IS NOT NULL"
            " AND effective_on IS NOT NULL AND effective_on >= decided_on)",
            name=op.f(f"ck_{table}_confirmed"),
        ),
        sa.CheckConstraint(
            "step <> 'submitted' OR document_number IS NOT NULL",
            name=op.f(f"ck_{table}_documented"),
        ),
        sa.CheckConstraint(
            "retired_on IS NULL OR (step = 'approved' AND retired_on > effective_on)",
            name=op.f(f"ck_{table}_retired"),
        ),
        _refers(table, subject, target),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(subject, "version", name=op.f(f"uq_{table}_{subject}_version")),
    )
    is_open = sa.text("step IN ('draft', 'submitted', 'returned')")
    op.create_index(
        op.f(f"ix_{table}_{subject}"),
        table,
        [subject],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
