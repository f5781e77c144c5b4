"""Create the tables of services, activation notes and offers.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEDGER = "activation_event"
STATES = ("activated", "not_activated", "suspended")
CHANNELS = ("keyed", "interface", "agreed", "member")
HAPPENINGS = ("noted", "disputed", "settled")


def upgrade() -> None:
    """Create them; what happened to a note cannot be changed."""
    _create_service()
    _create_activation()
    _create_activation_event()
    _create_offer()
    _create_population_figure()
    append_only.protect(LEDGER)


def downgrade() -> None:
    """Drop them."""
    append_only.release(LEDGER)
    for name in ("population_figure", "offer", LEDGER, "activation", "service"):
        op.drop_table(name)


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_service() -> None:
    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_service_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("code", name=op.f("uq_service_code")),
    )
    op.create_index(op.f("ix_service_organisation_id"), "service", ["organisation_id"])


def _create_activation() -> None:
    op.create_table(
        "activation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("state", _enum("activation", STATES), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        _moment("noted_at"),
        _moment("disputed_at", nullable=True),
        sa.Column("dispute", sa.String(length=8), nullable=True),
        sa.Column("channel", _enum("channel", CHANNELS), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(disputed_at IS NULL) = (dispute IS NULL)", name=op.f("ck_activation_disputed")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_activation_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_activation_service_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["organisation.id"], name=op.f("fk_activation_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation")),
        sa.UniqueConstraint("dispute", name=op.f("uq_activation_dispute")),
        sa.UniqueConstraint(
            "member_id", "service_id", name=op.f("uq_activation_member_id_service_id")
        ),
    )
    op.create_index(op.f("ix_activation_service_id_state"), "activation", ["service_id", "state"])


def _create_activation_event() -> None:
    op.create_table(
        LEDGER,
        sa.Column("id", sa.Uuid(), nullable=False),
        _moment("at"),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("happening", _enum("happening", HAPPENINGS), nullable=False),
        sa.Column("state", _enum("activation", STATES), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("channel", _enum("channel", CHANNELS), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_event")),
    )
    op.create_index(op.f("ix_activation_event_member_id_id"), LEDGER, ["member_id", "id"])


def _create_offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("document_number", sa.String(length=100), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        _moment("submitted_at"),
        sa.Column("approval_number", sa.String(length=100), nullable=True),
        _moment("approved_at", nullable=True),
        _moment("ended_at", nullable=True),
        _moment("halted_at", nullable=True),
        _moment("reviewed_at", nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_offer_period")),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approval_number IS NULL)",
            name=op.f("ck_offer_approved_by_document"),
        ),
        sa.ForeignKeyConstraint(
            ["purpose_id"], ["purpose.id"], name=op.f("fk_offer_purpose_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("purpose_id", "version", name=op.f("uq_offer_purpose_id_version")),
    )
    in_force = sa.text("approved_at IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        op.f("ix_offer_purpose_id"),
        "offer",
        ["purpose_id"],
        unique=True,
        postgresql_where=in_force,
        sqlite_where=in_force,
    )


def _create_population_figure() -> None:
    op.create_table(
        "population_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("condition", sa.String(length=2000), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        _moment("entered_at"),
        sa.CheckConstraint("people >= 0", name=op.f("ck_population_figure_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_population_figure")),
        sa.UniqueConstraint(
            "condition", "as_of", name=op.f("uq_population_figure_condition_as_of")
        ),
    )
