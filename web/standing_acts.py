"""What follows when the Bureau changes where a member stands: at once, everywhere, and told.

All in one transaction: the order, the end of every session and grant, the clients' logout, the
member's line and notice (regulation 6(1)).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from idp import grants
from idp.models import GrantEnd
from kernel.keyring import Keyring
from kernel.wording import CHINESE
from members import leaving, register, standings
from members.standing_models import OrderKind, StandingOrder
from members.standings import Proposal
from web import notices, sessions
from web.mails import Mail

STOPPED = {
    OrderKind.PROTECTION: (Kind.SUSPENDED, Mail.PROTECTED),
    OrderKind.SANCTION: (Kind.SUSPENDED, Mail.SUSPENDED),
    OrderKind.DEATH: (Kind.DECEASED, None),  # whoever reads the mail now, it was not for them
}


def propose(
    session: Session,
    proposal: Proposal,
    *,
    member_id: UUID,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> StandingOrder:
    """Open an order, and enforce one that needs no second officer; see `standings.propose`."""
    order = standings.propose(
        session, proposal, member_id=member_id, by=by, keyring=keyring, now=now
    )
    _trail(session, "standing.proposed", order, by=by, now=now)
    if order.in_force_at is not None:
        _stop(session, order, by=by, keyring=keyring, now=now)
    return order


def confirm(
    session: Session, order: StandingOrder, *, by: UUID, keyring: Keyring, now: datetime
) -> None:
    """Enforce a proposal as the second officer; see `standings.confirm`."""
    standings.confirm(session, order, by=by, now=now)
    _stop(session, order, by=by, keyring=keyring, now=now)


def end(
    session: Session,
    order: StandingOrder,
    reason: str,
    *,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Lift an order, or drop a proposal, of which the member never heard; see `standings.end`."""
    stood = standings.end(session, order, reason, by=by, keyring=keyring, now=now)
    _trail(session, "standing.lifted" if stood else "standing.dropped", order, by=by, now=now)
    if stood:
        member_id = order.member_id
        reference = order.reference
        if order.in_force_at is not None:
            leaving.put_off(session, member_id, stopped_at=order.in_force_at, now=now)
        footprint.record(
            session, Kind.REINSTATED, member_id=member_id, now=now, reference=reference
        )
        _tell(session, order, Mail.REINSTATED, keyring=keyring, now=now)


def _stop(
    session: Session, order: StandingOrder, *, by: UUID | None, keyring: Keyring, now: datetime
) -> None:
    kind, words = STOPPED[order.kind]
    member_id = order.member_id
    sessions.end_all(session, member_id=member_id)
    grants.end_for_member(session, member_id, reason=GrantEnd.STANDING, now=now)
    footprint.record(session, kind, member_id=member_id, now=now, reference=order.reference)
    _trail(session, "standing.in_force", order, by=by, now=now)
    if words is not None:
        _tell(session, order, words, keyring=keyring, now=now)


def _tell(
    session: Session, order: StandingOrder, words: Mail, *, keyring: Keyring, now: datetime
) -> None:
    member = register.get(session, order.member_id)
    spoken = register.claims_of(member, keyring=keyring).get("locale", CHINESE)
    notices.mail(session, words, member_id=member.id, language=str(spoken), now=now)


def _trail(
    session: Session, event: str, order: StandingOrder, *, by: UUID | None, now: datetime
) -> None:
    trail.record(
        session,
        event,
        actor=by,
        subject=order.member_id,
        now=now,
        reference=order.reference,
        kind=order.kind.value,
        clause=order.clause,
        **({"channel": "cli"} if by is None else {}),  # nobody but the operator is no member
    )
