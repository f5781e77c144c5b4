"""Create the tables of proxies and capacity; let consents say who ended them.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OLD = ("parent", "guardian")
NEW = (*OLD, "assistant", "proxy")


def upgrade() -> None:
    """Create them; questions asked so far were for approval."""
    _allow(NEW, forever=True)
    op.add_column("consent", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.add_column("consent", sa.Column("ended_as", sa.String(length=16), nullable=True))
    _ask()
    _create_capacity_note()
    _create_power_of_attorney()
    _create_proxy_notice()


def downgrade() -> None:
    """Drop them; who acts for an adult no longer does."""
    for table in ("proxy_notice", "power_of_attorney", "capacity_note"):
        op.drop_table(table)
    op.execute("DELETE FROM approval_request WHERE voice = 'proxy_decides'")
    op.drop_index(op.f("ix_approval_request_member_id_purpose_id_id"), "approval_request")
    with op.batch_alter_table("approval_request") as request:
        request.drop_constraint("voice", type_="check")
        request.drop_column("voice")
    op.drop_column("consent", "ended_as")
    op.drop_column("consent", "ended_by")
    op.execute("DELETE FROM guardian_link WHERE ends_at IS NULL OR relation = 'assistant'")
    _allow(OLD, forever=False)


def _allow(relations: tuple[str, ...], *, forever: bool) -> None:
    words = ", ".join(f"'{each}'" for each in relations)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("relation", "guardian_link", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("guardian_link", recreate="auto") as link:
        link.alter_column("ends_at", existing_type=sa.DateTime(timezone=True), nullable=forever)
        link.create_check_constraint("relation", f"relation IN ({words})")
        if forever:
            link.create_check_constraint("by_law", "relation <> 'proxy'")
        else:
            link.drop_constraint("by_law", type_="check")


def _ask() -> None:
    voice = _enum("voice", "alone", "guardian_approves", "guardian_decides", "proxy_decides")
    with op.batch_alter_table("approval_request") as request:
        request.add_column(
            sa.Column("voice", voice, nullable=False, server_default="guardian_approves")
        )
    with op.batch_alter_table("approval_request") as request:
        request.alter_column(
            "voice",
            existing_type=sa.String(length=32),
            server_default=None,
            existing_nullable=False,
        )
    op.create_index(
        op.f("ix_approval_request_member_id_purpose_id_id"),
        "approval_request",
        ["member_id", "purpose_id", "id"],
        unique=False,
    )


def _create_capacity_note() -> None:
    op.create_table(
        "capacity_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", _enum("capacity", "guarded", "assisted"), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        _member("capacity_note", "member_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_note")),
    )
    _unique("capacity_note", "lifted_at IS NULL", "member_id")


def _create_power_of_attorney() -> None:
    ends = ("revoked", "resigned", "disowned", "counter", "replaced")
    table = "power_of_attorney"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("proxy_id", sa.Uuid(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("letter", _enum("letter", "paper", "electronic"), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", _enum("powerend", *ends), nullable=True),
        sa.CheckConstraint("principal_id <> proxy_id", name=op.f(f"ck_{table}_two_people")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f(f"ck_{table}_lasts")),
        _member(table, "principal_id"),
        _member(table, "proxy_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_proxy_id"), table, ["proxy_id"], unique=False)
    _unique(table, "ended_at IS NULL", "principal_id", "proxy_id")


def _create_proxy_notice() -> None:
    table = "proxy_notice"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["power_id"],
            ["power_of_attorney.id"],
            name=op.f(f"fk_{table}_power_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("secret_hash", name=op.f(f"uq_{table}_secret_hash")),
    )
    op.create_index(op.f(f"ix_{table}_power_id"), table, ["power_id"], unique=False)
    op.create_index(op.f(f"ix_{table}_expires_at"), table, ["expires_at"], unique=False)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _member(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["member.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _unique(table: str, condition: str, *columns: str) -> None:
    op.create_index(
        op.f("_".join(("ix", table, *columns))),
        table,
        list(columns),
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
