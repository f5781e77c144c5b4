"""Create the tables of waiting devices, readers at desks, and losses reported without login.

Revision 0013, after 0012.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_handover()
    _create_terminal()
    _create_loss_report()


def downgrade() -> None:
    for name in ("loss_report", "terminal", "handover"):
        op.drop_table(name)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("wanted", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("answered_at"),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("acr", sa.String(length=64), nullable=True),
        sa.Column("amr", sa.JSON(), nullable=True),
        sa.Column("carrier_id", sa.Uuid(), nullable=True),
        _moment("used_at"),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (approved IS NULL)", name=op.f("ck_handover_answered")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (member_id IS NULL)", name=op.f("ck_handover_by_a_member")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_handover_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_handover_code_hash")),
    )
    op.create_index(op.f("ix_handover_browser_hash_place"), "handover", ["browser_hash", "place"])
    op.create_index(op.f("ix_handover_expires_at"), "handover", ["expires_at"])


def _create_terminal() -> None:
    op.create_table(
        "terminal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        _moment("added_at", nullable=False),
        _moment("ended_at"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_terminal_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
    )
    op.create_index(op.f("ix_terminal_client_id"), "terminal", ["client_id"])


def _create_loss_report() -> None:
    op.create_table(
        "loss_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("binding_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        _moment("reported_at", nullable=False),
        _moment("settled_at"),
        sa.Column("was_lost", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (was_lost IS NULL)", name=op.f("ck_loss_report_settled")
        ),
        sa.ForeignKeyConstraint(
            ["binding_id"],
            ["binding.id"],
            name=op.f("fk_loss_report_binding_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_loss_report_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_report")),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        op.f("ix_loss_report_binding_id"),
        "loss_report",
        ["binding_id"],
        unique=True,
        postgresql_where=unsettled,
        sqlite_where=unsettled,
    )
    op.create_index(op.f("ix_loss_report_member_id"), "loss_report", ["member_id"])
