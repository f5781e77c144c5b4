"""Keep the rest of the desk: where what was applied for online waits, terms, people to practise on.

Revision 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
FORWARDED = "state = 'forwarded'"
# What a case was given before its own days were kept with it.
DAYS = """UPDATE counter_case SET working_days = CASE matter
    WHEN 'join' THEN 7 WHEN 'activation' THEN 7 WHEN 'change' THEN 3 WHEN 'recovery' THEN 3
    ELSE 1 END"""


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("clerk", sa.Column("mirrored", sa.Uuid(), nullable=True))
    op.add_column("application", sa.Column("assigned_to", sa.Uuid(), nullable=True))
    with op.batch_alter_table("counter_case") as table:
        table.add_column(
            sa.Column("working_days", sa.Integer(), nullable=False, server_default="1")
        )
    op.execute(DAYS)
    with op.batch_alter_table("counter_case") as table:
        table.alter_column("working_days", server_default=None)
    op.create_index(
        "ix_counter_case_forwarded",
        "counter_case",
        ["counter_id"],
        sqlite_where=sa.text(FORWARDED),
        postgresql_where=sa.text(FORWARDED),
    )
    op.create_table(
        "synthetic_person",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_synthetic_person_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_synthetic_person")),
        sa.UniqueConstraint("number", name=op.f("uq_synthetic_person_number")),
    )


def downgrade() -> None:
    """Drop the table and the columns."""
    op.drop_table("synthetic_person")
    op.drop_index("ix_counter_case_forwarded", table_name="counter_case")
    with op.batch_alter_table("counter_case") as table:
        table.drop_column("working_days")
    op.drop_column("application", "assigned_to")
    op.drop_column("clerk", "mirrored")
