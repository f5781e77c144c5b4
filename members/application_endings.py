"""End an application undecided: taken back, disowned, or waited for too long (4.1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.keyring import Keyring
from members import application_claims, application_steps
from members.application_models import AWAITED, OPEN, Application, State
from members.application_steps import Step, move

PATIENCE = timedelta(days=30)  # for the applicant's answer, or for their way to a counter


def withdraw(
    session: Session,
    application_id: UUID,
    *,
    keyring: Keyring,
    now: datetime,
    by: UUID | None = None,
) -> None:
    """Let the applicant take it back before it is decided. Raises Refused `case.wrong_state`.

    `by` is the clerk to whom they said so.
    """
    step = Step(actor=by)
    move(session, application_id, step, only=OPEN, to=State.WITHDRAWN, keyring=keyring, now=now)


def disown(
    session: Session, application_id: UUID, *, member_id: UUID, keyring: Keyring, now: datetime
) -> None:
    """Let a member end an application that names their number, as long as it does (10(1)).

    Raises Refused `case.wrong_state`, or NotFound.
    """
    application_steps.lock(session, application_id)  # whoever corrects it just now is waited for
    if not application_claims.names(session, application_id, member_id):
        raise Refused("case.wrong_state")
    withdraw(session, application_id, keyring=keyring, now=now)


def lapse_due(
    session: Session, *, keyring: Keyring, now: datetime, most: int = 100
) -> Sequence[UUID]:
    """End what waited for its applicant longer than the patience lasts; return which."""
    due = session.scalars(
        select(Application.id)
        .where(
            Application.state.in_(AWAITED),
            Application.closed_at.is_(None),
            Application.waiting_since <= now - PATIENCE,
        )
        .order_by(Application.submitted_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for each in due:
        lapsed = move(
            session, each, Step(actor=None), only=OPEN, to=State.LAPSED, keyring=keyring, now=now
        )
        application_steps.tell(session, lapsed, now=now)
    return due
