"""Let no case at a counter wait for an application that has come to its end (8(4)).

Call it after the application was moved: who stops a case elsewhere locks them in this order, too.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail
from counters import cases

REPLACED = "replaced"  # the person applied anew at a counter
WITHDRAWN = "withdrawn"  # the applicant took it back
NOT_THEIRS = "not_theirs"  # the member whose number it named says so
LAPSED = "lapsed"  # the applicant was waited for too long


def stop(
    session: Session,
    application_ids: Sequence[UUID],
    *,
    why: str,
    actor: UUID | None = None,
    now: datetime,
) -> None:
    """Stop what is still open of these applications at any counter, and leave a line for each."""
    for case_id in cases.stop_with(session, application_ids, why=why, now=now):
        trail.record(session, f"case.{why}", actor=actor, subject=case_id, now=now)
