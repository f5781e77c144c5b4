"""Suspend a member as a whole, note a death, and take either back (regulation 6(1); 4.1, 4.11).

proposed → in force → lifted, or proposed → dropped. A protection is in force when it is proposed; a
sanction and a death need a second officer. Each step is one conditional UPDATE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring
from kernel.lines import printable
from members import register
from members.letters import Author, Letter, letter, open_letters, seal_letters
from members.models import Member, Standing
from members.standing_models import OrderKind, StandingOrder

STOPPABLE = (Standing.ACTIVE, Standing.PAUSED)
AFTER = {
    OrderKind.PROTECTION: Standing.SUSPENDED,
    OrderKind.SANCTION: Standing.SUSPENDED,
    OrderKind.DEATH: Standing.CLOSED,
}
_PENDING = (StandingOrder.in_force_at.is_(None), StandingOrder.ended_at.is_(None))
_STANDS = (StandingOrder.in_force_at.is_not(None), StandingOrder.ended_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an officer wants to happen to an account, and on which grounds."""

    kind: OrderKind
    clause: str
    evidence: str
    reason: str
    heard_on: date | None = None


def propose(
    session: Session,
    proposal: Proposal,
    *,
    member_id: UUID,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> StandingOrder:
    """Open an order; a protection is in force at once.

    Raises Refused `standing.incomplete`, `.not_heard`, `.order_open`, `.cannot_stop` or
    `case.self_dealing`.
    """
    clause, evidence = _tidy(proposal.clause), _tidy(proposal.evidence)
    if not (clause and evidence and proposal.reason.strip()):
        raise Refused("standing.incomplete")
    if proposal.kind is OrderKind.SANCTION and (
        proposal.heard_on is None or proposal.heard_on > taipei_day(now)
    ):
        raise Refused("standing.not_heard")
    if by == member_id:
        raise Refused("case.self_dealing")
    member = register.get(session, member_id)
    if member.standing not in STOPPABLE:
        raise Refused("standing.cannot_stop")
    order_id = new_id()
    written = letter(Author.CITY, "proposed", proposal.reason, now=now)
    values = {
        "id": order_id,
        "reference": new_reference(),
        "member_id": member_id,
        "kind": proposal.kind,
        "clause": clause,
        "evidence": evidence,
        "heard_on": proposal.heard_on,
        "letters_sealed": _sealed([written], member, order_id, keyring=keyring),
        "proposed_by": by,
        "proposed_at": now,
    }
    if not insert_once(session, StandingOrder, values):
        raise Refused("standing.order_open")
    order = session.get_one(StandingOrder, order_id)
    if order.kind is OrderKind.PROTECTION:
        _enforce(session, order, by=None, now=now)
    return order


def _tidy(typed: str) -> str:
    return printable(typed).strip()[:64]


def confirm(session: Session, order: StandingOrder, *, by: UUID, now: datetime) -> None:
    """Let a proposal come into force, as the second officer.

    Raises Refused `standing.second_person`, `case.self_dealing`, `case.wrong_state` or
    `standing.cannot_stop`.
    """
    if by == order.proposed_by:
        raise Refused("standing.second_person")
    if by == order.member_id:
        raise Refused("case.self_dealing")
    _enforce(session, order, by=by, now=now)


def _enforce(session: Session, order: StandingOrder, *, by: UUID | None, now: datetime) -> None:
    was = register.read(session, order.member_id).standing
    _step(session, order, *_PENDING, decided_by=by, in_force_at=now, was=was)
    if was not in STOPPABLE or not _move(session, order, was, AFTER[order.kind], now=now):
        raise Refused("standing.cannot_stop")


def end(
    session: Session,
    order: StandingOrder,
    reason: str,
    *,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> bool:
    """Lift an order, or drop what was only proposed; return whether it was in force.

    Raises Refused `standing.incomplete`, `case.self_dealing` or `case.wrong_state`.
    """
    if not reason.strip():
        raise Refused("standing.incomplete")
    if by is not None and by == order.member_id:
        raise Refused("case.self_dealing")
    stood = order.in_force_at is not None
    member = register.get(session, order.member_id)
    written = [
        *letters(order, member, keyring=keyring),
        letter(Author.CITY, "lifted" if stood else "dropped", reason, now=now),
    ]
    _step(
        session,
        order,
        *(_STANDS if stood else _PENDING),
        ended_by=by,
        ended_at=now,
        letters_sealed=_sealed(written, member, order.id, keyring=keyring),
    )
    if stood and order.was is not None:
        _move(session, order, AFTER[order.kind], order.was, now=now)
    return stood


def _step(
    session: Session, order: StandingOrder, *before: ColumnElement[bool], **values: object
) -> None:
    """Move an order on if it stands where it was seen. Raises Refused `case.wrong_state`."""
    moved = session.execute(
        update(StandingOrder)
        .where(StandingOrder.id == order.id, *before)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("case.wrong_state")
    session.refresh(order)


def _move(
    session: Session, order: StandingOrder, before: Standing, after: Standing, *, now: datetime
) -> bool:
    moved = session.execute(
        update(Member)
        .where(Member.id == order.member_id, Member.standing == before)
        .values(standing=after, standing_at=now)
    )
    return changed(moved) == 1


def get(session: Session, reference: str) -> StandingOrder:
    """Return an order by its number. Raises NotFound."""
    order = None
    if reference.isascii() and reference.isalnum():
        where = StandingOrder.reference == reference.upper()
        order = session.scalar(select(StandingOrder).where(where))
    if order is None:
        raise NotFound("standing.not_found")
    return order


def open_of(session: Session, member_id: UUID) -> StandingOrder:
    """Return the member's open order. Raises NotFound."""
    where = (StandingOrder.member_id == member_id, StandingOrder.ended_at.is_(None))
    order = session.scalar(select(StandingOrder).where(*where))
    if order is None:
        raise NotFound("standing.not_found")
    return order


def require_none_open(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Keep whose account stands still, or may soon: nobody of theirs can say that they stay.

    Raises Refused `account.deletion_hold`.
    """
    del now  # an order stands until it ends
    is_open = select(StandingOrder.id).where(
        StandingOrder.member_id == member_id, StandingOrder.ended_at.is_(None)
    )
    if (
        session.scalar(is_open.limit(1)) is not None
        or register.read(session, member_id).standing not in STOPPABLE
    ):
        raise Refused("account.deletion_hold")


def listed(session: Session, *, most: int) -> Sequence[StandingOrder]:
    """Return open orders, what waits for a second officer first, then the newest."""
    return session.scalars(
        select(StandingOrder)
        .where(StandingOrder.ended_at.is_(None))
        .order_by(StandingOrder.in_force_at.is_not(None), StandingOrder.id.desc())
        .limit(most)
    ).all()


def of_member(session: Session, member_id: UUID) -> Sequence[StandingOrder]:
    """Return the orders that came into force, the oldest first: of no other the member hears."""
    return session.scalars(
        select(StandingOrder)
        .where(StandingOrder.member_id == member_id, StandingOrder.in_force_at.is_not(None))
        .order_by(StandingOrder.id)
    ).all()


def waiting(session: Session) -> int:
    """Return how many proposals wait for a second officer."""
    return session.scalar(select(func.count(StandingOrder.id)).where(*_PENDING)) or 0


def letters(order: StandingOrder, member: Member, *, keyring: Keyring) -> list[Letter]:
    """Return what was written about an order; none once the member is erased."""
    return open_letters(order.letters_sealed, member, keyring=keyring, place=_place(order.id))


def _sealed(
    written: Sequence[Letter], member: Member, order_id: UUID, *, keyring: Keyring
) -> bytes:
    return seal_letters(written, member, keyring=keyring, place=_place(order_id))


def _place(order_id: UUID) -> str:
    return f"standing_order/{order_id}"
