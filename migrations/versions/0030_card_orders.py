"""Keep new cards, ordered at a counter.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "card_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("counter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("delivery", _choice("delivery", "counter", "mail"), nullable=False),
        sa.Column(
            "stage",
            _choice(
                "stage",
                "ordered",
                "produced",
                "in_transit",
                "at_counter",
                "collected",
                "activated",
                "destroyed",
            ),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("collect_by", sa.Date(), nullable=True),
        sa.Column(
            "document",
            _choice("document", "identity_card", "resident_certificate", "passport", "health_card"),
            nullable=True,
        ),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(fingerprint IS NULL) = (number_hash IS NULL)",
            name=op.f("ck_card_order_known_by_both_or_neither"),
        ),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_card_order_tries_left")),
        sa.ForeignKeyConstraint(
            ["counter_id"], ["counter.id"], name=op.f("fk_card_order_counter_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_card_order_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_order")),
    )
    op.create_index(
        op.f("ix_card_order_member_id_ordered_at"), "card_order", ["member_id", "ordered_at"]
    )
    op.create_index(op.f("ix_card_order_counter_id_stage"), "card_order", ["counter_id", "stage"])
    op.create_index(op.f("ix_card_order_stage_collect_by"), "card_order", ["stage", "collect_by"])
    op.create_index(
        op.f("ix_card_order_member_id"),
        "card_order",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("stage NOT IN ('activated', 'destroyed')"),
        postgresql_where=sa.text("stage NOT IN ('activated', 'destroyed')"),
    )
    op.create_index(
        op.f("ix_card_order_fingerprint"),
        "card_order",
        ["fingerprint"],
        unique=True,
        sqlite_where=sa.text("stage <> 'destroyed'"),
        postgresql_where=sa.text("stage <> 'destroyed'"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("card_order")
