"""Take a new card from its order to its holder (regulation 7(6)2, 7(3), 8(2)3; state machine 4.3).

    ordered → produced → in_transit             → activated
                       → at_counter → collected → activated      each but the last → destroyed

A card on its way is inert: nothing is bound before its holder gives a code that came another way.
Every step is one UPDATE that names the stage it starts from.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from counters import dealing
from counters.card_order_models import CardOrder, Delivery, Document, Stage
from counters.duty import Duty
from counters.models import Counter, Matter
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import recovery, register, standing

KEPT = timedelta(days=30)  # that a card waits for its member, the last day included
TRIES = 5  # at the code, then the counter helps
KEY = "card-order/v1"  # by which the keyring derives the key of the codes
NEXT: Mapping[Stage, frozenset[Stage]] = {
    Stage.ORDERED: frozenset({Stage.PRODUCED, Stage.DESTROYED}),
    Stage.PRODUCED: frozenset({Stage.IN_TRANSIT, Stage.AT_COUNTER, Stage.DESTROYED}),
    Stage.IN_TRANSIT: frozenset({Stage.ACTIVATED, Stage.DESTROYED}),
    Stage.AT_COUNTER: frozenset({Stage.COLLECTED, Stage.DESTROYED}),
    Stage.COLLECTED: frozenset({Stage.ACTIVATED, Stage.DESTROYED}),
    Stage.ACTIVATED: frozenset(),
    Stage.DESTROYED: frozenset(),
}
WITH_HOLDER = frozenset({Stage.IN_TRANSIT, Stage.COLLECTED})
WAITING = (Stage.IN_TRANSIT, Stage.AT_COUNTER)  # for the member, until a day


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a new card is known by: hashes, never its number."""

    fingerprint: str
    number_hash: bytes = field(repr=False)


def order(
    session: Session, *, duty: Duty, member_id: UUID, kind: str, delivery: Delivery, now: datetime
) -> CardOrder:
    """Order a card of this kind for a member who stands at the counter.

    Raises Refused: `counter.function_not_delegated`, `case.self_dealing`, `card.mail_not_offered`,
    `card.ordered_already`, or what `standing.require_active` raises.
    """
    _require_may(session, duty, member_id, now=now)
    standing.require_active(register.read(session, member_id).standing)
    if delivery is Delivery.MAIL and not session.get_one(Counter, duty.counter_id).mails_cards:
        raise Refused("card.mail_not_offered")
    values = {
        "id": new_id(),
        "member_id": member_id,
        "counter_id": duty.counter_id,
        "kind": kind,
        "delivery": delivery,
        "stage": Stage.ORDERED,
        "ordered_at": now,
        "ordered_by": duty.clerk_id,
        "moved_at": now,
        "moved_by": duty.clerk_id,
        "tries_left": TRIES,
    }
    if not insert_once(session, CardOrder, values):
        raise Refused("card.ordered_already")
    return session.get_one(CardOrder, values["id"])


def produce(
    session: Session,
    order_id: UUID,
    made: Made,
    *,
    duty: Duty,
    printed_name: str,
    member_name: str,
    now: datetime,
) -> None:
    """Enter the card that was made: what it is known by, and that its face names the member.

    Raises Refused `carrier.visible_info_mismatch` (7(3)), `card.pickup_wrong_counter`,
    `case.wrong_state`, and `carrier.already_bound` for a card that was made for another order.
    """
    found = _at(session, order_id, duty, now=now)
    if _plain(printed_name) != _plain(member_name):
        raise Refused("carrier.visible_info_mismatch")
    known = {"fingerprint": made.fingerprint, "number_hash": made.number_hash}
    try:
        with session.begin_nested():
            _move(session, found, Stage.ORDERED, Stage.PRODUCED, by=duty, now=now, **known)
    except IntegrityError:
        raise Refused("carrier.already_bound") from None


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def make_ready(session: Session, order_id: UUID, *, duty: Duty, now: datetime) -> CardOrder:
    """Put the card into the mail, or into the counter's drawer; from now on it waits.

    Raises Refused `card.pickup_wrong_counter`, `case.wrong_state`.
    """
    found = _at(session, order_id, duty, now=now)
    onward = Stage.IN_TRANSIT if found.delivery is Delivery.MAIL else Stage.AT_COUNTER
    last = taipei_day(now) + KEPT
    _move(session, found, Stage.PRODUCED, onward, by=duty, now=now, collect_by=last)
    return found


def hand_over(
    session: Session,
    order_id: UUID,
    *,
    duty: Duty,
    document: Document | None,
    now: datetime,
) -> CardOrder:
    """Give the card to its member, who is here with an identity document (8(2)3).

    Raises Refused `card.pickup_wrong_counter`, `card.pickup_id_required`, `card.pickup_expired`,
    `case.wrong_state`.
    """
    found = _at(session, order_id, duty, now=now)
    if document is None:
        raise Refused("card.pickup_id_required")
    _require_in_time(found, now=now)
    _move(session, found, Stage.AT_COUNTER, Stage.COLLECTED, by=duty, now=now, document=document)
    return found


def activate(
    session: Session, order_id: UUID, code: str, *, member_id: UUID, key: bytes, now: datetime
) -> CardOrder:
    """Let the holder activate the card; the caller binds it in the same transaction.

    The code that was typed counts whatever comes of it, so keep what this wrote. Raises NotFound
    for somebody else's; Refused `card.code_locked`, `card.pickup_expired`, `case.wrong_state`.
    A wrong code gives `card.code_wrong`, after its try was counted.
    """
    found = get(session, order_id, member_id=member_id)
    if found.stage not in WITH_HOLDER:
        raise Refused("case.wrong_state")
    if found.stage is Stage.IN_TRANSIT:
        _require_in_time(found, now=now)
    if not _take_a_try(session, found):
        raise Refused("card.code_locked")
    if recovery.plain(code) != recovery.code_of(order_id, key=key):
        raise Refused("card.code_wrong")
    _move(session, found, found.stage, Stage.ACTIVATED, by=None, now=now)
    return found


def _take_a_try(session: Session, found: CardOrder) -> bool:
    taken = session.execute(
        update(CardOrder)
        .where(CardOrder.id == found.id, CardOrder.tries_left > 0)
        .values(tries_left=CardOrder.tries_left - 1)
        .execution_options(synchronize_session=False)
    )
    return bool(changed(taken))


def destroy(session: Session, order_id: UUID, *, duty: Duty, now: datetime) -> CardOrder:
    """Write down that the counter destroyed a card nobody activated, and return it.

    Raises Refused `card.pickup_wrong_counter`, `case.wrong_state`.
    """
    found = _at(session, order_id, duty, now=now)
    _move(session, found, found.stage, Stage.DESTROYED, by=duty, now=now)
    return found


def destroy_overdue(session: Session, *, now: datetime) -> Sequence[CardOrder]:
    """End every card that waited to its last day; return them (7(6)2)."""
    due = session.scalars(
        select(CardOrder).where(
            CardOrder.stage.in_(WAITING), CardOrder.collect_by < taipei_day(now)
        )
    ).all()
    return [each for each in due if _is_moved(session, each, each.stage, Stage.DESTROYED, now=now)]


def get(session: Session, order_id: UUID, *, member_id: UUID) -> CardOrder:
    """Return one of the member's cards. Raises NotFound, also for somebody else's."""
    mine = select(CardOrder).where(CardOrder.id == order_id, CardOrder.member_id == member_id)
    found = session.scalar(mine)
    if found is None:
        raise NotFound("carrier.not_found")
    return found


def open_of(session: Session, member_id: UUID) -> Sequence[CardOrder]:
    """Return the member's cards that are still to be activated, the oldest first."""
    return session.scalars(
        select(CardOrder)
        .where(
            CardOrder.member_id == member_id,
            CardOrder.stage.not_in((Stage.ACTIVATED, Stage.DESTROYED)),
        )
        .order_by(CardOrder.ordered_at, CardOrder.id)
    ).all()


def of_member(session: Session, member_id: UUID) -> Sequence[CardOrder]:
    """Return every card that was ordered for the member and is on record, the oldest first."""
    return session.scalars(
        select(CardOrder)
        .where(CardOrder.member_id == member_id)
        .order_by(CardOrder.ordered_at, CardOrder.id)
    ).all()


def open_at(session: Session, counter_id: UUID) -> Sequence[CardOrder]:
    """Return the cards a counter has to do with, the oldest first."""
    return session.scalars(
        select(CardOrder)
        .where(
            CardOrder.counter_id == counter_id,
            CardOrder.stage.not_in((Stage.ACTIVATED, Stage.DESTROYED)),
        )
        .order_by(CardOrder.ordered_at, CardOrder.id)
    ).all()


def _at(session: Session, order_id: UUID, duty: Duty, *, now: datetime) -> CardOrder:
    found = session.get(CardOrder, order_id)
    if found is None:
        raise NotFound("carrier.not_found")
    _require_may(session, duty, found.member_id, now=now)
    if found.counter_id != duty.counter_id:
        raise Refused("card.pickup_wrong_counter")
    return found


def _require_may(session: Session, duty: Duty, member_id: UUID, *, now: datetime) -> None:
    if Matter.CARDS not in duty.matters:
        raise Refused("counter.function_not_delegated")
    dealing.require_none(session, duty.member_id, parties=frozenset({member_id}), now=now)


def _require_in_time(found: CardOrder, *, now: datetime) -> None:
    if found.collect_by is None or taipei_day(now) > found.collect_by:
        raise Refused("card.pickup_expired" if found.collect_by else "case.wrong_state")


def _move(
    session: Session,
    found: CardOrder,
    start: Stage,
    end: Stage,
    *,
    by: Duty | None,
    now: datetime,
    **values: object,
) -> None:
    clerk = None if by is None else by.clerk_id
    if not _is_moved(session, found, start, end, now=now, moved_by=clerk, **values):
        raise Refused("case.wrong_state")


def _is_moved(
    session: Session, found: CardOrder, start: Stage, end: Stage, *, now: datetime, **values: object
) -> bool:
    """Move the card if it is still at `start` and may go on to `end`; say whether it was."""
    if end not in NEXT[start]:
        return False
    values = {"moved_by": None, **values, "stage": end, "moved_at": now}
    done = session.execute(
        update(CardOrder)
        .where(CardOrder.id == found.id, CardOrder.stage == start)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire(found)
    return bool(changed(done))
