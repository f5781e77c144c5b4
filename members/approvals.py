"""Write down who let somebody become a member; the database takes no member without (2(8)1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.db import insert_once
from kernel.errors import Refused
from kernel.ids import new_id
from members.approval_models import REVIEWER, ApprovalKind, MemberApproval


def by_bootstrap(session: Session, *, now: datetime) -> UUID:
    """Approve without an application: for the demonstration and the first officers only."""
    return _write(session, {"kind": ApprovalKind.BOOTSTRAP}, now=now)


def by_person(
    session: Session,
    application_id: UUID,
    *,
    post_id: UUID,
    reviewer_id: UUID,
    intake_by: UUID | None,
    now: datetime,
) -> UUID:
    """Approve as an officer; the post must be a reviewer's, and the reviewer's own.

    Raises Refused `case.self_dealing`, or `case.wrong_state` for a second approval.
    """
    if intake_by == reviewer_id:
        raise Refused("case.self_dealing")
    values = {
        "kind": ApprovalKind.PERSON,
        "application_id": application_id,
        "post_id": post_id,
        "role": REVIEWER,
        "reviewer_id": reviewer_id,
        "intake_by": intake_by,
    }
    return _write(session, values, now=now)


def by_rule(session: Session, application_id: UUID, *, version: int, now: datetime) -> UUID:
    """Approve by a rule of the Bureau. Raises Refused `case.wrong_state` for a second approval."""
    values = {
        "kind": ApprovalKind.RULE,
        "application_id": application_id,
        "rule_version": version,
    }
    return _write(session, values, now=now)


def _write(session: Session, values: dict[str, object], *, now: datetime) -> UUID:
    approval_id = new_id()
    if not insert_once(session, MemberApproval, {"id": approval_id, **values, "approved_at": now}):
        raise Refused("case.wrong_state")
    return approval_id
