"""Keep officers' posts and the Bureau's approvals; let nobody be a member without one.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLES = ("doit_reviewer", "doit_auditor", "agency_officer", "agency_manager", "administrator")
ORDERS = ("protection", "sanction", "death")
STANDINGS = ("active", "suspended", "paused", "closed")
VERDICTS = ("approved", "sampled", "person")
OPEN = sa.text("ended_at IS NULL")
KINDS = ("person", "rule", "bootstrap")
PERSON = " AND ".join(
    f"(kind = 'person') = ({column} IS NOT NULL)" for column in ("post_id", "role", "reviewer_id")
)
OF_THE_BUREAU = sa.text("ended_at IS NULL AND organisation_id IS NULL")
OF_AN_AGENCY = sa.text("ended_at IS NULL AND organisation_id IS NOT NULL")


def upgrade() -> None:
    """Create the tables; whoever is a member already was one before approvals were kept."""
    _create_posts()
    _create_rules()
    _create_approvals()
    _create_orders()
    op.execute(
        "INSERT INTO member_approval (id, kind, approved_at)"
        " SELECT id, 'bootstrap', approved_at FROM member"
    )
    with op.batch_alter_table("member") as batch:
        batch.create_foreign_key(op.f("fk_member_id"), "member_approval", ["id"], ["id"])


def downgrade() -> None:
    """Forget who approved, and who worked."""
    with op.batch_alter_table("member") as batch:
        batch.drop_constraint(op.f("fk_member_id"), type_="foreignkey")
    op.drop_table("standing_order")
    op.drop_table("member_approval")
    op.drop_table("rule_run")
    op.drop_table("approval_rule")
    op.drop_table("officer_post")


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_posts() -> None:
    op.create_table(
        "officer_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("role", _one_of("role", ROLES), nullable=False),
        sa.Column("appointed_by", sa.Uuid(), nullable=True),
        _moment("appointed_at"),
        _moment("ends_at"),
        _moment("used_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(role IN ('agency_officer', 'agency_manager')) = (organisation_id IS NOT NULL)",
            name="house",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_officer_post_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_post")),
        sa.UniqueConstraint(
            "id", "role", "member_id", name=op.f("uq_officer_post_id_role_member_id")
        ),
    )
    op.create_index(
        "ix_officer_post_of_the_bureau",
        "officer_post",
        ["member_id", "role"],
        unique=True,
        sqlite_where=OF_THE_BUREAU,
        postgresql_where=OF_THE_BUREAU,
    )
    op.create_index(
        op.f("ix_officer_post_member_id_organisation_id_role"),
        "officer_post",
        ["member_id", "organisation_id", "role"],
        unique=True,
        sqlite_where=OF_AN_AGENCY,
        postgresql_where=OF_AN_AGENCY,
    )
    op.create_index(op.f("ix_officer_post_organisation_id"), "officer_post", ["organisation_id"])


def _create_approvals() -> None:
    op.create_table(
        "member_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("approvalkind", KINDS), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("intake_by", sa.Uuid(), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        _moment("approved_at"),
        sa.CheckConstraint("role IS NULL OR role = 'doit_reviewer'", name="reviewer"),
        sa.CheckConstraint(PERSON, name="person"),
        sa.CheckConstraint("(kind = 'rule') = (rule_version IS NOT NULL)", name="rule"),
        sa.CheckConstraint("(kind = 'bootstrap') = (application_id IS NULL)", name="application"),
        sa.CheckConstraint(
            "intake_by IS NULL OR reviewer_id IS NULL OR intake_by <> reviewer_id",
            name="four_eyes",
        ),
        sa.ForeignKeyConstraint(
            ["post_id", "role", "reviewer_id"],
            ["officer_post.id", "officer_post.role", "officer_post.member_id"],
            name=op.f("fk_member_approval_post_id_role_reviewer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["rule_version"],
            ["approval_rule.version"],
            name=op.f("fk_member_approval_rule_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_approval")),
        sa.UniqueConstraint("application_id", name=op.f("uq_member_approval_application_id")),
    )


def _create_orders() -> None:
    op.create_table(
        "standing_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("orderkind", ORDERS), nullable=False),
        sa.Column("clause", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("letters_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        _moment("proposed_at"),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("in_force_at", nullable=True),
        sa.Column("was", _one_of("standing", STANDINGS), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        sa.CheckConstraint(
            "kind = 'protection' OR in_force_at IS NULL OR decided_by IS NOT NULL", name="second"
        ),
        sa.CheckConstraint("kind <> 'sanction' OR heard_on IS NOT NULL", name="heard"),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_standing_order_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order")),
        sa.UniqueConstraint("reference", name=op.f("uq_standing_order_reference")),
    )
    op.create_index(op.f("ix_standing_order_member_id_id"), "standing_order", ["member_id", "id"])
    op.create_index(
        op.f("ix_standing_order_member_id"),
        "standing_order",
        ["member_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _create_rules() -> None:
    op.create_table(
        "approval_rule",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("youngest", sa.Integer(), nullable=False),
        sa.Column("sample_per_mille", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.String(length=64), nullable=False),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        _moment("adopted_at"),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint("version > 0", name="version"),
        sa.CheckConstraint("sample_per_mille BETWEEN 1 AND 1000", name="sample"),
        sa.CheckConstraint("youngest >= 18", name="adults"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_approval_rule")),
    )
    op.create_table(
        "rule_run",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("verdict", _one_of("ruleverdict", VERDICTS), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        _moment("ran_at"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_rule_run_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rule_version"], ["approval_rule.version"], name=op.f("fk_rule_run_rule_version")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_rule_run")),
    )
