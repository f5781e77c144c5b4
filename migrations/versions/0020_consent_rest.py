"""Complete what consent keeps: closed services, kinds of figures, checked years, proxies' requests.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BASIS = sa.Enum(
    "published",
    "counted",
    name="basis",
    native_enum=False,
    create_constraint=True,
    length=32,
)
OLD = ("withdrawn", "superseded", "expired")
NEW = (*OLD, "overruled")
ONCE = "uq_population_figure_condition_as_of"
ONCE_EACH = "uq_population_figure_condition_basis_as_of"
DOCUMENTED = "ck_population_figure_documented"


def upgrade() -> None:
    """Figures entered so far were published; their source says where."""
    with op.batch_alter_table("service") as table:
        table.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checked_by", sa.String(length=100), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    _allow(NEW)
    op.add_column("subject_request", sa.Column("filed_by", sa.Uuid(), nullable=True))
    _tell_figures_apart()


def _allow(reasons: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in reasons)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("endreason", "consent", type_="check")
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("consent", recreate="auto") as consent:
        consent.create_check_constraint("endreason", f"end_reason IN ({words})")


def _tell_figures_apart() -> None:
    with op.batch_alter_table("population_figure") as table:
        table.add_column(sa.Column("basis", BASIS, nullable=False, server_default="published"))
        table.add_column(sa.Column("document", sa.String(length=200), nullable=True))
    op.execute("UPDATE population_figure SET document = source")
    with op.batch_alter_table("population_figure") as table:
        table.alter_column(
            "basis", existing_type=sa.String(length=32), server_default=None, nullable=False
        )
        table.create_check_constraint(
            op.f(DOCUMENTED), "(basis = 'published') = (document IS NOT NULL)"
        )
        table.drop_constraint(op.f(ONCE), type_="unique")
        table.create_unique_constraint(op.f(ONCE_EACH), ["condition", "basis", "as_of"])


def downgrade() -> None:
    """Forget who checked what; of figures only the published ones stay."""
    op.execute("DELETE FROM population_figure WHERE basis = 'counted'")
    with op.batch_alter_table("population_figure") as table:
        table.drop_constraint(op.f(DOCUMENTED), type_="check")
        table.drop_constraint("basis", type_="check")
        table.drop_constraint(op.f(ONCE_EACH), type_="unique")
        table.create_unique_constraint(op.f(ONCE), ["condition", "as_of"])
        table.drop_column("basis")
        table.drop_column("document")
    op.drop_column("subject_request", "filed_by")
    op.execute("UPDATE consent SET end_reason = 'withdrawn' WHERE end_reason = 'overruled'")
    _allow(OLD)
    op.drop_table("calendar_year")
    with op.batch_alter_table("service") as table:
        table.drop_column("closed_at")
