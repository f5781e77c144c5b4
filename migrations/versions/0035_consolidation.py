"""Keep consolidation: streams, batches with their rows, conflicts; hold notes back until told of.

Revision 0035, after 0034.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

LEDGER = "activation_event"
HAPPENINGS = ("noted", "disputed", "settled")
WITHDRAWN = "withdrawn"
STATES = (
    "schema_checked",
    "dry_run",
    "applying",
    "applied",
    "rolling_back",
    "rolled_back",
    "cancelled",
    "unreadable",
)
OUTCOMES = ("inserted", "changed", "unchanged", "conflict", "unknown", "duplicate", "bad")


def upgrade() -> None:
    """Create the tables; notes that came before were told of."""
    with op.batch_alter_table("activation") as note:
        note.add_column(
            sa.Column("unannounced", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _allow(*HAPPENINGS, WITHDRAWN)
    _create_stream()
    _create_batch()
    _create_part()
    _create_row()
    _create_conflict()


def downgrade() -> None:
    """Drop them, with what was sent; a withdrawal is told as a settlement."""
    for name in ("conflict", "row", "part", "batch", "stream"):
        op.drop_table(f"consolidation_{name}")
    _allow(*HAPPENINGS)
    with op.batch_alter_table("activation") as note:
        note.drop_column("unannounced")


def _allow(*happenings: str) -> None:
    """Let these happenings stand in the history of notes; others become settlements."""
    append_only.release(LEDGER)
    words = ", ".join(f"'{each}'" for each in happenings)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("happening", LEDGER, type_="check")
        _settle(words)
        op.create_check_constraint("happening", LEDGER, f"happening IN ({words})")
    else:
        _settle(words)
        with op.batch_alter_table(LEDGER) as events:
            events.drop_constraint("happening", type_="check")
            events.create_check_constraint("happening", f"happening IN ({words})")
    append_only.protect(LEDGER)


def _settle(words: str) -> None:
    op.execute(f"UPDATE {LEDGER} SET happening = 'settled' WHERE happening NOT IN ({words})")  # noqa: S608  # our own words


def _create_stream() -> None:
    op.create_table(
        "consolidation_stream",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("schema_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("provision", sa.String(length=200), nullable=False),
        sa.Column("footing", _enum("footing", "consent", "notice"), nullable=False),
        sa.Column("channel", _channel(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        _moment("proposed_at", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        *(_moment(name) for name in ("decided_at", "approved_at", "ended_at")),
        _check("stream", "two_people", "decided_by <> proposed_by"),
        _check("stream", "decided", "(decided_at IS NULL) = (decided_by IS NULL)"),
        _to("stream", "organisation_id", "organisation"),
        _to("stream", "service_id", "service"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consolidation_stream")),
    )
    op.create_index(
        op.f("ix_consolidation_stream_organisation_id"), "consolidation_stream", ["organisation_id"]
    )
    op.create_index(
        op.f("ix_consolidation_stream_service_id"),
        "consolidation_stream",
        ["service_id"],
        unique=True,
        **_while("approved_at IS NOT NULL AND ended_at IS NULL"),
    )


def _create_batch() -> None:
    op.create_table(
        "consolidation_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        *(_key(name) for name in ("stream_id", "organisation_id", "service_id")),
        sa.Column("schema_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("state", _enum("batchstate", *STATES), nullable=False),
        _key("uploaded_by"),
        _moment("uploaded_at", nullable=False),
        *(_number(name) for name in ("read_rows", "applied_rows", "undone_rows")),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        *(_moment(name) for name in ("confirmed_at", "applied_at")),
        sa.Column("rolled_back_by", sa.Uuid(), nullable=True),
        _moment("rolled_back_at"),
        _check("batch", "two_officers", "confirmed_by <> uploaded_by"),
        _check("batch", "two_to_roll_back", "rolled_back_by <> uploaded_by"),
        _check(
            "batch",
            "confirmed",
            "state NOT IN ('applying', 'applied', 'rolling_back', 'rolled_back')"
            " OR confirmed_by IS NOT NULL",
        ),
        _to("batch", "stream_id", "consolidation_stream"),
        _to("batch", "organisation_id", "organisation"),
        _to("batch", "service_id", "service"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consolidation_batch")),
        sa.UniqueConstraint("number", name=op.f("uq_consolidation_batch_number")),
    )
    op.create_index(
        op.f("ix_consolidation_batch_organisation_id_id"),
        "consolidation_batch",
        ["organisation_id", "id"],
    )


def _create_part() -> None:
    op.create_table(
        "consolidation_part",
        _key("batch_id"),
        _number("number"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _to("part", "batch_id", "consolidation_batch", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_consolidation_part")),
    )


def _create_row() -> None:
    op.create_table(
        "consolidation_row",
        _key("batch_id"),
        _number("number"),
        sa.Column("outcome", _enum("outcome", *OUTCOMES), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        _flag("name_differs"),
        sa.Column("person", sa.LargeBinary(length=32), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("state", _activation(), nullable=True),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("since", "as_of")),
        sa.Column("held_sealed", sa.LargeBinary(), nullable=True),
        _moment("held_until"),
        _flag("applied"),
        sa.Column("prior", sa.JSON(), nullable=True),
        _flag("to_tell"),
        _flag("undone"),
        _to("row", "batch_id", "consolidation_batch", ondelete="CASCADE"),
        _to("row", "member_id", "member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_consolidation_row")),
    )
    op.create_index(op.f("ix_consolidation_row_member_id"), "consolidation_row", ["member_id"])
    op.create_index(
        "ix_consolidation_row_held",
        "consolidation_row",
        ["held_until"],
        **_while("held_sealed IS NOT NULL"),
    )
    op.create_index(
        "ix_consolidation_row_to_tell",
        "consolidation_row",
        ["batch_id", "number"],
        **_while("to_tell"),
    )


def _create_conflict() -> None:
    op.create_table(
        "consolidation_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        _key("batch_id"),
        _number("row_number"),
        *(_key(name) for name in ("organisation_id", "service_id", "member_id")),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("said_key", sa.String(length=64), nullable=False),
        sa.Column("said_state", _activation(), nullable=False),
        sa.Column("said_since", sa.Date(), nullable=True),
        sa.Column("said_as_of", sa.Date(), nullable=False),
        sa.Column("noted", sa.JSON(), nullable=False),
        _key("uploaded_by"),
        _moment("opened_at", nullable=False),
        sa.Column(
            "resolution",
            _enum("resolution", "keep_system", "keep_agency", "both_annotated"),
            nullable=True,
        ),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        _moment("resolved_at"),
        _check("conflict", "two_people", "resolved_by <> uploaded_by"),
        _check("conflict", "resolved", "(resolved_at IS NULL) = (resolution IS NULL)"),
        _to("conflict", "batch_id", "consolidation_batch"),
        _to("conflict", "organisation_id", "organisation"),
        _to("conflict", "service_id", "service"),
        _to("conflict", "member_id", "member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consolidation_conflict")),
        sa.UniqueConstraint("number", name=op.f("uq_consolidation_conflict_number")),
        sa.UniqueConstraint(
            "member_id",
            "service_id",
            "said_key",
            name=op.f("uq_consolidation_conflict_member_id_service_id_said_key"),
        ),
    )
    op.create_index(
        "ix_consolidation_conflict_open",
        "consolidation_conflict",
        ["organisation_id", "id"],
        **_while("resolved_at IS NULL"),
    )
    op.create_index(
        op.f("ix_consolidation_conflict_batch_id"), "consolidation_conflict", ["batch_id"]
    )


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _activation() -> sa.Enum:
    return _enum("activation", "activated", "not_activated", "suspended")


def _channel() -> sa.Enum:
    return _enum("channel", "keyed", "interface", "agreed", "member")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_consolidation_{table}_{name}"))


def _to(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_consolidation_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def _while(condition: str) -> dict[str, Any]:  # keywords of two dialects
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
