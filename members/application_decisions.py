"""Decide about an application: for a correction, no, or yes and make the member (4.1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import admitting, application_looks, application_steps, invitations, sealed_forms
from members.application_models import State
from members.application_steps import Step, get, move
from members.clocks import Pause
from members.invitations import Activation


def send_back(
    session: Session,
    application_id: UUID,
    *,
    by: UUID,
    reason: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Ask the applicant to correct something; the clock of the city stands still meanwhile.

    Raises Refused `case.wrong_state` or `application.reason_missing`.
    """
    application = get(session, application_id)
    pause = Pause(taipei_day(now))
    returned = move(
        session,
        application_id,
        Step(actor=by, reason=_required(reason)),
        only=[State.CONFIRMING, State.REVIEW],
        to=State.RETURNED,
        keyring=keyring,
        now=now,
        pauses=[*application.pauses, str(pause)],
    )
    application_steps.tell(session, returned, now=now)


def reject(
    session: Session,
    application_id: UUID,
    *,
    by: UUID,
    clause: str,
    reason: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Turn an application down, by a clause and for a reason the applicant reads.

    Raises Refused `case.wrong_state`, `case.counter_confirmation_pending` or
    `application.reason_missing`.
    """
    step = Step(actor=by, clause=_required(clause), reason=_required(reason))
    _require_confirmed(session, application_id)
    rejected = move(
        session,
        application_id,
        step,
        only=[State.REVIEW],
        to=State.REJECTED,
        keyring=keyring,
        now=now,
    )
    application_steps.tell(session, rejected, now=now)


def approve(
    session: Session,
    application_id: UUID,
    *,
    approval_id: UUID,
    keyring: Keyring,
    now: datetime,
    by: UUID | None = None,
) -> Activation:
    """Make the member, and return what lets them choose account name and password.

    Only the Bureau's review calls this. Raises Refused `case.wrong_state`,
    `case.counter_confirmation_pending` or `member.already_exists`.
    """
    _require_confirmed(session, application_id)
    approved = move(
        session,
        application_id,
        Step(actor=by),
        only=[State.REVIEW],
        to=State.APPROVED,
        keyring=keyring,
        now=now,
        approval_id=approval_id,
    )
    form = sealed_forms.read(approved, keyring=keyring)
    member = admitting.admit(
        session, approved, form, approval_id=approval_id, keyring=keyring, now=now
    )
    approved.member_id = member.id
    session.flush()
    application_looks.hand_over(session, approved, member.id, now=now)
    activation = invitations.issue(session, member.id, keyring=keyring, now=now)
    application_steps.tell(session, approved, now=now, invitation=str(activation.id))
    return activation


def _require_confirmed(session: Session, application_id: UUID) -> None:
    if get(session, application_id).state is State.CONFIRMING:
        raise Refused("case.counter_confirmation_pending")


def _required(words: str) -> str:
    if not words.strip():
        raise Refused("application.reason_missing")
    return words
