"""Tell members what becomes of the new cards they ordered: a line and a letter with each step.

The code that activates a card goes to the member's confirmed address, never with the card.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from counters import card_orders
from counters.card_order_models import CardOrder, Delivery, Document, Stage
from counters.duty import Duty
from kernel.db import transaction
from kernel.wording import CHINESE
from web import notices
from web.mails import Mail
from web.rooms import Rooms


def order(
    session: Session, *, duty: Duty, member_id: UUID, kind: str, delivery: Delivery, now: datetime
) -> CardOrder:
    """Order a card at the counter. Raises what `card_orders.order` raises."""
    made = card_orders.order(
        session, duty=duty, member_id=member_id, kind=kind, delivery=delivery, now=now
    )
    _write(session, Kind.CARD_ORDERED, made, now=now)
    return made


def make_ready(session: Session, order_id: UUID, *, duty: Duty, now: datetime) -> CardOrder:
    """Let the card wait for its member, and say so (8(2)3). Raises as `card_orders.make_ready`."""
    ready = card_orders.make_ready(session, order_id, duty=duty, now=now)
    is_mailed = ready.stage is Stage.IN_TRANSIT
    _write(session, Kind.CARD_READY, ready, now=now)
    _mail(session, Mail.CARD_SENT if is_mailed else Mail.CARD_READY, ready, now=now)
    return ready


def hand_over(
    session: Session, order_id: UUID, *, duty: Duty, document: Document | None, now: datetime
) -> CardOrder:
    """Give the card to its member, and mail the code. Raises as `card_orders.hand_over`."""
    given = card_orders.hand_over(session, order_id, duty=duty, document=document, now=now)
    _write(session, Kind.CARD_HANDED, given, now=now)
    _mail(session, Mail.CARD_HANDED, given, now=now)
    return given


def destroy(session: Session, order_id: UUID, *, duty: Duty, now: datetime) -> None:
    """End a card that the counter destroyed, and say so. Raises as `card_orders.destroy`."""
    _tell_of_end(session, card_orders.destroy(session, order_id, duty=duty, now=now), now=now)


def destroy_overdue(rooms: Rooms, *, now: datetime) -> None:
    """End the cards nobody came for, and tell whose they were."""
    with transaction(rooms.sessions) as session:
        for each in card_orders.destroy_overdue(session, now=now):
            _tell_of_end(session, each, now=now)


def _tell_of_end(session: Session, ended: CardOrder, *, now: datetime) -> None:
    _write(session, Kind.CARD_DESTROYED, ended, now=now)
    _mail(session, Mail.CARD_DESTROYED, ended, now=now)


def _write(session: Session, kind: Kind, found: CardOrder, *, now: datetime) -> None:
    footprint.record(session, kind, member_id=found.member_id, now=now, card=str(found.id))


def _mail(session: Session, words: Mail, found: CardOrder, *, now: datetime) -> None:
    about = {"card": found.id} if found.stage in card_orders.WITH_HOLDER else {}
    notices.mail(session, words, member_id=found.member_id, language=CHINESE, now=now, **about)
