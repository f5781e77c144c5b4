"""What a merchant sees of its own offers, and how often tills were answered (2(8)4, 10-I(4))."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from clients.models import Client, Purpose, PurposeKind
from kernel.clock import TAIPEI, taipei_day
from kernel.db import insert_once
from kernel.errors import NotFound
from kernel.ids import first_id_at
from services.models import Offer, OfferMonth
from services.suppression import suppressed

DAY = timedelta(days=1)


def of_merchant(session: Session, organisation_id: UUID) -> Sequence[Offer]:
    """Return every version of a merchant's offers, the newest first."""
    return session.scalars(
        select(Offer)
        .join(Purpose, Purpose.id == Offer.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(Client.organisation_id == organisation_id)
        .order_by(Offer.id.desc())
    ).all()


def after(
    session: Session, organisation_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[tuple[Offer, str]]:
    """Return a part of a merchant's versions with their purposes' codes, the oldest first."""
    mine = (
        select(Offer, Purpose.code)
        .join(Purpose, Purpose.id == Offer.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(Client.organisation_id == organisation_id)
    )
    if after is not None:
        mine = mine.where(Offer.id > after)
    rows = session.execute(mine.order_by(Offer.id).limit(limit))
    return [(offer, code) for offer, code in rows]


def get(session: Session, offer_id: UUID, *, organisation_id: UUID) -> Offer:
    """Return an offer of this merchant. Raises NotFound for any other."""
    found = [each for each in of_merchant(session, organisation_id) if each.id == offer_id]
    if not found:
        raise NotFound("offer.not_found")
    return found[0]


def purposes(session: Session, organisation_id: UUID) -> Sequence[Purpose]:
    """Return what a merchant may put offers forward for."""
    return session.scalars(
        select(Purpose)
        .join(Client, Client.id == Purpose.client_id)
        .where(
            Client.organisation_id == organisation_id,
            Client.disabled_at.is_(None),
            Purpose.kind == PurposeKind.OFFER,
        )
        .order_by(Purpose.code)
    ).all()


def waiting(session: Session) -> Sequence[tuple[Offer, UUID]]:
    """Return the versions that wait for DoIT, with their merchant's id, the oldest first."""
    rows = session.execute(
        select(Offer, Client.organisation_id)
        .join(Purpose, Purpose.id == Offer.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(Offer.approved_at.is_(None), Offer.ended_at.is_(None))
        .order_by(Offer.id)
    )
    return [(offer, organisation_id) for offer, organisation_id in rows]


def reckon_month(session: Session, *, now: datetime) -> None:
    """Count, once for each month that is over, how many members tills asked about for each offer.

    The ledger has no order by offer, and gets none for this: the worker reads a month of it once.
    """
    month = month_told(now=now)
    offered = session.scalars(select(Purpose.id).where(Purpose.kind == PurposeKind.OFFER)).all()
    if not offered or is_counted(session, now=now):
        return
    first, last = (first_id_at(_midnight(day)) for day in (month, _month_after(month)))
    rows = session.execute(
        select(
            LedgerLine.purpose_id,
            func.count(LedgerLine.member_id.distinct()).label("members"),
        )
        .where(
            LedgerLine.id >= first,
            LedgerLine.id < last,
            LedgerLine.kind == Kind.TILL_ANSWERED.value,
        )
        .group_by(LedgerLine.purpose_id)
    )
    counted = {row.purpose_id: row.members for row in rows}
    for purpose_id in offered:
        values = {
            "purpose_id": purpose_id,
            "month": month,
            "members": counted.get(purpose_id, 0),
        }
        insert_once(session, OfferMonth, values)


def last_month(
    session: Session, purpose_ids: Sequence[UUID], *, now: datetime
) -> Mapping[UUID, int]:
    """Return for each offer how many members tills asked about in the month before this one."""
    month = month_told(now=now)
    rows = session.execute(
        select(OfferMonth.purpose_id, OfferMonth.members).where(
            OfferMonth.month == month, OfferMonth.purpose_id.in_(purpose_ids)
        )
    )
    return dict.fromkeys(purpose_ids, 0) | {row.purpose_id: row.members for row in rows}


def counts(
    session: Session, organisation_id: UUID, *, smallest: int, now: datetime
) -> Mapping[Purpose | None, int | None]:
    """Return the counts of last month that single nobody out, by offer; under None the total.

    A count that is None is not told (10-I(4)), or not known before the month `is_counted`.
    """
    found = purposes(session, organisation_id)
    if not is_counted(session, now=now):
        return dict.fromkeys([*found, None])
    counted = last_month(session, [each.id for each in found], now=now)
    told = suppressed({str(key): count for key, count in counted.items()}, smallest=smallest)
    return {**{each: told.cells[str(each.id)] for each in found}, None: told.total}


def is_counted(session: Session, *, now: datetime) -> bool:
    """Say whether the month before this one was counted yet: before that 0 is not known either."""
    counted = select(OfferMonth.purpose_id).where(OfferMonth.month == month_told(now=now))
    return session.scalar(counted.limit(1)) is not None


def month_told(*, now: datetime) -> date:
    """Return the first day of the month before this one: the last that is over."""
    return (taipei_day(now).replace(day=1) - DAY).replace(day=1)


def _month_after(month: date) -> date:
    return (month + 31 * DAY).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=TAIPEI)
