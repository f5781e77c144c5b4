"""Decide about applications for the Bureau: by a person, or by its rule (regulation 2(8)1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.keyring import Keyring
from members import application_decisions, application_steps, approvals
from members.application_models import Application
from members.invitations import Activation


def approve(
    session: Session,
    application_id: UUID,
    *,
    post_id: UUID,
    reviewer_id: UUID,
    keyring: Keyring,
    now: datetime,
) -> Activation:
    """Make the applicant a member, as a reviewer.

    Raises Refused `case.self_dealing`, `case.wrong_state` or `member.already_exists`.
    """
    application = require_not_own(session, application_id, reviewer_id=reviewer_id)
    approval_id = approvals.by_person(
        session,
        application_id,
        post_id=post_id,
        reviewer_id=reviewer_id,
        intake_by=application.intake_by,
        now=now,
    )
    return application_decisions.approve(
        session, application_id, approval_id=approval_id, keyring=keyring, now=now, by=reviewer_id
    )


def approve_by_rule(
    session: Session, application_id: UUID, *, version: int, keyring: Keyring, now: datetime
) -> Activation:
    """Make the applicant a member by a version of the rule; raises as `approve`."""
    approval_id = approvals.by_rule(session, application_id, version=version, now=now)
    return application_decisions.approve(
        session, application_id, approval_id=approval_id, keyring=keyring, now=now
    )


def require_not_own(session: Session, application_id: UUID, *, reviewer_id: UUID) -> Application:
    """Return the application. Raises Refused `case.self_dealing` for its clerk or guardian."""
    application = application_steps.get(session, application_id)
    if reviewer_id in {application.intake_by, application.guardian_id}:
        raise Refused("case.self_dealing")
    return application
