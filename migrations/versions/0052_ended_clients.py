"""What was agreed to ends with its client, and a batch says what stopped it.

Revision 0052, after 0051.
"""

import sqlalchemy as sa
from alembic import op

from migrations.afterwards import Index, Validated

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

NAME = "ix_consent_client_id_id"
CHECK = "ck_consent_endreason"
AFTERWARDS = (
    Index(name=NAME, table="consent", columns=("client_id", "id"), where="ended_at IS NULL"),
    Validated(table="consent", constraint=CHECK),
)
OLD = ("withdrawn", "superseded", "expired", "overruled")
NEW = (*OLD, "client_ended")


def upgrade() -> None:
    """Let a consent end with its client; the index follows, since consents are written all day."""
    _allow(NEW, "NOT VALID")  # looked at afterwards
    op.add_column("consolidation_batch", sa.Column("stopped_by", sa.String(64), nullable=True))


def _allow(reasons: tuple[str, ...], when: str = "") -> None:
    words = ", ".join(f"'{each}'" for each in reasons)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"ALTER TABLE consent DROP CONSTRAINT {CHECK}, "
            f"ADD CONSTRAINT {CHECK} CHECK (end_reason IN ({words})) {when}"
        )
        return
    # SQLite rebuilds the table, and forgets the old check as it does.
    with op.batch_alter_table("consent", recreate="always") as consent:
        consent.create_check_constraint("endreason", f"end_reason IN ({words})")


def downgrade() -> None:
    """Drop both; what ended with its client was withdrawn, for all the version before knows."""
    op.drop_column("consolidation_batch", "stopped_by")
    op.drop_index(NAME, table_name="consent", if_exists=True)
    op.execute("UPDATE consent SET end_reason = 'withdrawn' WHERE end_reason = 'client_ended'")
    _allow(OLD)
