"""Create the tables of requests, of archives and of leaving; let members pause their account.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD = ("active", "suspended", "closed")
NEW = ("active", "suspended", "paused", "closed")


def upgrade() -> None:
    """Create them."""
    _allow(NEW)
    _create_calendar_day()
    _create_account_deletion()
    _create_archive()
    _create_legal_hold()
    _create_subject_request()
    _create_archive_chunk()


def downgrade() -> None:
    """Drop them; who paused their account is suspended."""
    for table in (
        "archive_chunk",
        "subject_request",
        "legal_hold",
        "archive",
        "account_deletion",
        "calendar_day",
    ):
        op.drop_table(table)
    op.execute("UPDATE member SET standing = 'suspended' WHERE standing = 'paused'")
    _allow(OLD)


def _allow(standings: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in standings)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("standing", "member", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("member", recreate="auto") as member:
        member.create_check_constraint("standing", f"standing IN ({words})")


def _create_calendar_day() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )


def _create_account_deletion() -> None:
    op.create_table(
        "account_deletion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_account_deletion_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_deletion")),
        sa.UniqueConstraint("reference", name=op.f("uq_account_deletion_reference")),
    )
    op.create_index(
        "ix_account_deletion_due",
        "account_deletion",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("executed_at IS NULL AND cancelled_at IS NULL"),
        postgresql_where=sa.text("executed_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index(
        op.f("ix_account_deletion_member_id"),
        "account_deletion",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("executed_at IS NULL AND cancelled_at IS NULL"),
        sqlite_where=sa.text("executed_at IS NULL AND cancelled_at IS NULL"),
    )


def _create_archive() -> None:
    op.create_table(
        "archive",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_archive_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
    )
    op.create_index(op.f("ix_archive_expires_at"), "archive", ["expires_at"], unique=False)
    op.create_index(op.f("ix_archive_member_id_id"), "archive", ["member_id", "id"], unique=False)


def _create_legal_hold() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_legal_hold_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_member_id"), "legal_hold", ["member_id"], unique=False)


def _create_subject_request() -> None:
    op.create_table(
        "subject_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "inquire",
                "copy",
                "correct",
                "stop",
                "delete",
                "petition",
                name="requestkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("recipient", sa.String(length=36), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("acr", sa.String(length=64), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "checked",
                "waiting",
                "decided",
                "fulfilled",
                "told",
                "withdrawn",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pauses", sa.JSON(), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "granted",
                "partly",
                "refused",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_subject_request_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_subject_request_reference")),
    )
    op.create_index(
        op.f("ix_subject_request_member_id_id"),
        "subject_request",
        ["member_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subject_request_member_id_kind_recipient_about"),
        "subject_request",
        ["member_id", "kind", "recipient", "about"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_subject_request_open",
        "subject_request",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _create_archive_chunk() -> None:
    op.create_table(
        "archive_chunk",
        sa.Column("archive_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archive.id"],
            name=op.f("fk_archive_chunk_archive_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("archive_id", "number", name=op.f("pk_archive_chunk")),
    )
