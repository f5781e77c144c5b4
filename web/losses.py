"""Refuse a carrier everywhere at once: its binding, the sessions it opened, what they issued."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from carriers import bindings, loss_reports
from carriers.models import Binding, Suspension
from idp import grants
from idp.models import GrantEnd
from web import notices, sessions
from web.mails import Mail

_SAID = {
    Suspension.LOST: (Kind.CARRIER_LOST, Mail.CARRIER_LOST),
    Suspension.COPIED: (Kind.CARRIER_COPIED, Mail.CARRIER_COPIED),
    Suspension.REVOKED: (Kind.CARRIER_REVOKED, Mail.CARRIER_REVOKED),
}


def suspend(
    session: Session,
    carrier_id: UUID,
    reason: Suspension,
    *,
    actor: UUID | None = None,
    language: str,
    now: datetime,
) -> list[UUID]:
    """Suspend the carrier and tell its member; return the sessions that ended (7(7)).

    Once is as good as twice: what was suspended already is left as it is.
    """
    binding = session.get(Binding, carrier_id)
    if binding is None or not bindings.suspend(session, binding, reason, actor=actor, now=now):
        return []
    ended = end_sessions(session, binding, now=now)
    kind, mail = _SAID[reason]
    footprint.record(session, kind, member_id=binding.member_id, now=now, carrier=str(carrier_id))
    notices.mail(session, mail, member_id=binding.member_id, language=language, now=now)
    return ended


def report(session: Session, member_id: UUID, *, language: str, now: datetime) -> None:
    """Suspend whatever the member carries, on the word of somebody who is not signed in (7(7)).

    Once is as good as twice: where nothing is usable nothing is done and nobody is written to.
    """
    taken = loss_reports.report(session, member_id, now=now)
    for binding in taken:
        end_sessions(session, binding, now=now)
    if taken:
        footprint.record(
            session, Kind.CARRIERS_REPORTED, member_id=member_id, now=now, count=len(taken)
        )
        notices.mail(
            session, Mail.CARRIERS_REPORTED, member_id=member_id, language=language, now=now
        )


def end_sessions(session: Session, binding: Binding, *, now: datetime) -> list[UUID]:
    """End the sessions this carrier opened, and everything issued in them."""
    ended = sessions.end_resting_on(session, binding.id, member_id=binding.member_id)
    if ended:
        grants.end_for_sessions(session, ended, reason=GrantEnd.LOGGED_OUT, now=now)
    return ended
