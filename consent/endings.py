"""End a single yes, and put on record what ran out: nothing was released from that moment on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from clients.directory import view_of_purpose
from clients.models import Client, Purpose
from consent import ledger, rules
from consent.catalogue import ALWAYS, MARKETING
from consent.models import Consent, Decision, EndReason, Receipt
from consent.rules import IDENTIFYING
from kernel.db import changed
from kernel.errors import NotFound
from members.models import Member


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A yes that was stopped: to which client, and when it would have ended by itself."""

    client_id: UUID
    until: datetime


def stop(
    session: Session, claim: str, *, member_id: UUID, purpose_id: UUID, now: datetime
) -> Stopped:
    """End one yes, however many tabs try; return whom it was said to, and for how long.

    Raises NotFound if it is not in force.
    """
    ledger.lock_member(session, member_id)  # whoever corrects or closes the account has it first
    ended = session.execute(
        update(Consent)
        .where(
            Consent.member_id == member_id,
            Consent.purpose_id == purpose_id,
            Consent.claim == claim,
            Consent.decision == Decision.GIVEN,
            Consent.ended_at.is_(None),
            Consent.expires_at > now,
        )
        .values(ended_at=now, end_reason=EndReason.WITHDRAWN)
        .returning(Consent.client_id, Consent.expires_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if ended is None:
        raise NotFound("consent.not_found")
    return Stopped(client_id=ended.client_id, until=ended.expires_at)


def has_ended(
    session: Session, claim: str, *, member_id: UUID, purpose_id: UUID, now: datetime
) -> bool:
    """Say whether a yes to `claim` ended at this very moment."""
    found = select(Consent.id).where(
        Consent.member_id == member_id,
        Consent.purpose_id == purpose_id,
        Consent.claim == claim,
        Consent.decision == Decision.GIVEN,
        Consent.ended_at == now,
    )
    return session.scalar(found.limit(1)) is not None


def was_identified(session: Session, *, member_id: UUID, purpose_id: UUID) -> bool:
    """Say whether a claim that tells who the member is was shared until the purpose's very end.

    What ran out, was replaced or was told anew before that last moment no longer counts: every
    visit since was a stranger's (regulation 10(4); docs/decisions/0024). A yes to marketing serves
    no visit, and may end later than the data it is about.
    """
    purpose = session.get(Purpose, purpose_id)
    receipts = select(Receipt.id).where(
        Receipt.member_id == member_id, Receipt.purpose_id == purpose_id
    )
    yeses = (  # by their receipts: what has ended is in no index of a member's
        Consent.receipt_id.in_(receipts),
        Consent.decision == Decision.GIVEN,
        Consent.claim != MARKETING,
    )
    let_in = func.max(Consent.given_at).filter(Consent.claim == ALWAYS)
    end, last_let_in = session.execute(
        select(func.max(Consent.ended_at), let_in).where(*yeses)
    ).one()
    if purpose is None or end is None or last_let_in is None:
        return False
    rows = session.execute(select(*ledger.COLUMNS).where(*yeses, Consent.ended_at == end)).all()
    return rules.was_recognised(
        rules.terms_of(view_of_purpose(purpose)),
        ledger.decided(rows, purpose_id=purpose_id),
        last_let_in=last_let_in,
        end=end,
    )


@dataclass(frozen=True, kw_only=True)
class Expired:
    """A purpose for which nothing the member agreed to is, or may stay, in force."""

    member_id: UUID
    client_id: UUID
    purpose_id: UUID


@dataclass(frozen=True, kw_only=True)
class RanOut:
    """What one sweep ended: how many decisions, purposes left empty, yeses to marketing."""

    count: int
    emptied: Sequence[Expired]
    unmarketed: Sequence[Expired]


def expire(session: Session, *, most: int, now: datetime) -> RanOut:
    """Put on record that consents ran out, at most so many.

    Whoever comes second waits, and sees what the first has ended: of two that end half of a purpose
    each, unseen by the other, neither would say that nothing is left of it.
    """
    # Those that were given together are locked in the order in which a withdrawal meets them.
    of_one_moment = (Consent.member_id, Consent.purpose_id, Consent.claim)
    due = (
        select(Consent.id)
        .where(Consent.ended_at.is_(None), Consent.expires_at <= now)
        .order_by(Consent.expires_at, *of_one_moment)
        .limit(most)
        .with_for_update()
        .cte("due")  # chosen once: a subselect may be asked for each row, and lock others each time
    )
    rows = session.execute(
        update(Consent)
        .where(Consent.id.in_(select(due.c.id)))
        .values(ended_at=Consent.expires_at, end_reason=EndReason.EXPIRED)
        .returning(
            Consent.member_id,
            Consent.client_id,
            Consent.purpose_id,
            Consent.claim,
            Consent.decision,
        )
        .execution_options(synchronize_session=False)
    ).all()
    gone = dict.fromkeys(_expired(row) for row in rows)
    yeses = [row for row in rows if (row.claim, row.decision) == (MARKETING, Decision.GIVEN)]
    bereft = [each for each in gone if _end_marketing(session, each, now=now)]
    return RanOut(
        count=len(rows),
        emptied=[each for each in gone if not _has_left(session, each)],
        unmarketed=[*(_expired(row) for row in yeses), *bereft],
    )


def _end_marketing(session: Session, expired: Expired, *, now: datetime) -> bool:
    """End a yes that would outlive the data it is about; say whether there was one (0040)."""
    if _has_left(session, expired, Consent.claim.in_(IDENTIFYING - {MARKETING})):
        return False
    ended = (
        update(Consent)
        .where(*_open_yes(expired), Consent.claim == MARKETING)
        .values(ended_at=now, end_reason=EndReason.EXPIRED)
        .execution_options(synchronize_session=False)
    )
    return changed(session.execute(ended)) > 0


def _expired(row: Any) -> Expired:  # a row of several shapes
    return Expired(member_id=row.member_id, client_id=row.client_id, purpose_id=row.purpose_id)


def _has_left(session: Session, expired: Expired, *more: ColumnElement[bool]) -> bool:
    left = select(Consent.id).where(*_open_yes(expired), *more)
    return session.scalar(left.limit(1)) is not None


def _open_yes(expired: Expired) -> tuple[ColumnElement[bool], ...]:
    return (
        Consent.member_id == expired.member_id,
        Consent.purpose_id == expired.purpose_id,
        Consent.decision == Decision.GIVEN,
        Consent.ended_at.is_(None),
    )


def end_with_client(session: Session, left: Expired, *, now: datetime) -> bool:
    """End what was agreed to for a purpose of a client that is no more; False if another did."""
    # Many in one transaction: whoever decides waits, who writes to one of them (a key) need not.
    whose = select(Member.id).where(Member.id == left.member_id)
    session.execute(whose.with_for_update(key_share=True))
    ended = (
        update(Consent)
        .where(
            Consent.member_id == left.member_id,
            Consent.purpose_id == left.purpose_id,
            Consent.client_id == left.client_id,
            Consent.ended_at.is_(None),
        )
        .values(ended_at=now, end_reason=EndReason.CLIENT_ENDED)
        .execution_options(synchronize_session=False)
    )
    return changed(session.execute(ended)) > 0


def left_by_clients(session: Session, *, most: int) -> list[Expired]:
    """Return for which purposes of clients that are no more something is in force, a few of them.

    By member: whoever locks several does so in one order. Each client is asked for by itself and
    in the order of an index: the database expects many rows where all but none have ended.
    """
    for client_id in session.scalars(select(Client.id).where(Client.disabled_at.is_not(None))):
        rows = session.execute(
            select(Consent.member_id, Consent.client_id, Consent.purpose_id)
            .where(Consent.client_id == client_id, Consent.ended_at.is_(None))
            .order_by(Consent.client_id, Consent.id)
            .limit(most)
        ).all()
        if rows:
            found = dict.fromkeys(_expired(row) for row in rows)
            return sorted(found, key=lambda each: (each.member_id, each.purpose_id))
    return []
