"""Keep eligibility runs, petitions and sanctions.

Revision 0036, after 0035.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the tables."""
    _create_rules()
    _create_runs()
    _create_findings()
    _create_petitions()
    _create_sanctions()


def _create_rules() -> None:
    op.create_table(
        "eligibility_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=True),
        sa.Column("by_hand_zh", sa.String(length=600), nullable=False),
        sa.Column("by_hand_en", sa.String(length=600), nullable=False),
        sa.Column("basis", sa.String(length=100), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        _moment("entered_at"),
        sa.CheckConstraint("version > 0", name=op.f("ck_eligibility_rule_version")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_eligibility_rule_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
        sa.UniqueConstraint(
            "service_id", "version", name=op.f("uq_eligibility_rule_service_id_version")
        ),
    )


def _create_runs() -> None:
    op.create_table(
        "eligibility_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state", _one_of("runstate", "scheduled", "running", "halted", "closed"), nullable=False
        ),
        sa.Column("scheduled_on", sa.Date(), nullable=False),
        sa.Column("scheduled_by", sa.Uuid(), nullable=False),
        _moment("scheduled_at"),
        _moment("started_at", nullable=True),
        sa.Column("holders", sa.Integer(), nullable=True),
        _moment("halted_at", nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        _moment("released_at", nullable=True),
        sa.Column("released_findings", sa.Integer(), nullable=True),
        sa.Column("release_reason", sa.String(length=600), nullable=True),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_eligibility_run_closed")
        ),
        sa.CheckConstraint(
            "(started_at IS NULL) = (holders IS NULL)", name=op.f("ck_eligibility_run_started")
        ),
        sa.CheckConstraint(
            "released_by IS NULL OR released_by <> scheduled_by",
            name=op.f("ck_eligibility_run_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_eligibility_run_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["eligibility_rule.id"], name=op.f("fk_eligibility_run_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_eligibility_run_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_run")),
        sa.UniqueConstraint("reference", name=op.f("uq_eligibility_run_reference")),
    )
    op.create_index(
        op.f("ix_eligibility_run_organisation_id_id"), "eligibility_run", ["organisation_id", "id"]
    )
    op.create_index(
        op.f("ix_eligibility_run_service_id"),
        "eligibility_run",
        ["service_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )


def _create_findings() -> None:
    op.create_table(
        "eligibility_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("case", sa.String(length=64), nullable=False),
        sa.Column(
            "fact",
            _one_of(
                "factcode",
                "moved_away",
                "status_ended",
                "above_limit",
                "wrong_age",
                "left_school",
                "has_another",
                "records_differ",
            ),
            nullable=False,
        ),
        sa.Column(
            "state", _one_of("findingstate", "verifying", "confirmed", "dismissed"), nullable=False
        ),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        _moment("found_at"),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.Column("evidence", sa.String(length=64), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        _moment("restored_at", nullable=True),
        sa.CheckConstraint(
            "(state = 'verifying') = (decided_by IS NULL)",
            name=op.f("ck_eligibility_finding_decided"),
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR fact <> 'records_differ'",
            name=op.f("ck_eligibility_finding_presumption"),
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_eligibility_finding_decided_at"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> found_by",
            name=op.f("ck_eligibility_finding_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_eligibility_finding_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["eligibility_run.id"], name=op.f("fk_eligibility_finding_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_finding")),
        sa.UniqueConstraint("reference", name=op.f("uq_eligibility_finding_reference")),
        sa.UniqueConstraint(
            "run_id", "member_id", name=op.f("uq_eligibility_finding_run_id_member_id")
        ),
    )
    op.create_index(
        op.f("ix_eligibility_finding_member_id_id"), "eligibility_finding", ["member_id", "id"]
    )
    op.create_index(
        op.f("ix_eligibility_finding_run_id_state"), "eligibility_finding", ["run_id", "state"]
    )


def _create_sanctions() -> None:
    op.create_table(
        "misuse_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        _moment("reported_at"),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        _moment("closed_at", nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_misuse_report_closed")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_misuse_report_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_misuse_report")),
        sa.UniqueConstraint("reference", name=op.f("uq_misuse_report_reference")),
    )
    op.create_index(
        op.f("ix_misuse_report_closed_at_reported_at"),
        "misuse_report",
        ["closed_at", "reported_at"],
    )
    op.create_index(op.f("ix_misuse_report_member_id"), "misuse_report", ["member_id"])
    op.create_table(
        "sanction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("clause", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("letters_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        _moment("reported_at"),
        sa.Column("hear_by", sa.Date(), nullable=False),
        _moment("answered_at", nullable=True),
        sa.Column("determined_by", sa.Uuid(), nullable=True),
        _moment("determined_at", nullable=True),
        _moment("starts_at", nullable=True),
        _moment("ends_at", nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint(
            "(determined_by IS NULL) = (determined_at IS NULL)"
            " AND (determined_at IS NULL) = (starts_at IS NULL)"
            " AND (determined_at IS NULL) = (ends_at IS NULL)",
            name=op.f("ck_sanction_determined"),
        ),
        sa.CheckConstraint(
            "determined_by IS NULL OR determined_by <> reported_by",
            name=op.f("ck_sanction_four_eyes"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_sanction_period")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_sanction_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sanction_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction")),
        sa.UniqueConstraint("reference", name=op.f("uq_sanction_reference")),
    )
    op.create_index(op.f("ix_sanction_member_id_ends_at"), "sanction", ["member_id", "ends_at"])
    op.create_index(op.f("ix_sanction_organisation_id_id"), "sanction", ["organisation_id", "id"])
    op.create_table(
        "sanction_service",
        sa.Column("sanction_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sanction_id"],
            ["sanction.id"],
            name=op.f("fk_sanction_service_sanction_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_sanction_service_service_id")
        ),
        sa.PrimaryKeyConstraint("sanction_id", "service_id", name=op.f("pk_sanction_service")),
    )


def _create_petitions() -> None:
    op.create_table(
        "petition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("way", _one_of("way", "online", "slip", "oral"), nullable=False),
        sa.Column(
            "state",
            _one_of(
                "petitionstate",
                "filed",
                "accepted",
                "investigated",
                "decided",
                "referred",
                "not_processed",
            ),
            nullable=False,
        ),
        sa.Column("result", _one_of("result", "upheld", "partly", "not_upheld"), nullable=True),
        sa.Column(
            "ground", _one_of("noprocess", "out_of_scope", "anonymous", "duplicate"), nullable=True
        ),
        sa.Column("referred_to", sa.Uuid(), nullable=True),
        sa.Column("suspended_by", sa.Uuid(), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        _moment("filed_at"),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint(
            "(state = 'decided') = (result IS NOT NULL)", name=op.f("ck_petition_outcome")
        ),
        sa.CheckConstraint(
            "(state = 'not_processed') = (ground IS NOT NULL)", name=op.f("ck_petition_ground")
        ),
        sa.CheckConstraint(
            "(state = 'referred') = (referred_to IS NOT NULL)", name=op.f("ck_petition_referred")
        ),
        sa.CheckConstraint(
            "(way = 'oral') = (recorded_by IS NOT NULL)", name=op.f("ck_petition_recorded")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR (decided_by <> suspended_by AND decided_by <> found_by)",
            name=op.f("ck_petition_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["eligibility_finding.id"],
            name=op.f("fk_petition_finding_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_petition_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_petition_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["referred_to"], ["organisation.id"], name=op.f("fk_petition_referred_to")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition")),
        sa.UniqueConstraint("reference", name=op.f("uq_petition_reference")),
    )
    op.create_index(
        op.f("ix_petition_finding_id"),
        "petition",
        ["finding_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_petition_member_id_id"), "petition", ["member_id", "id"])
    op.create_index(op.f("ix_petition_organisation_id_id"), "petition", ["organisation_id", "id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "sanction_service",
        "petition",
        "sanction",
        "misuse_report",
        "eligibility_finding",
        "eligibility_run",
        "eligibility_rule",
    ):
        op.drop_table(table)
