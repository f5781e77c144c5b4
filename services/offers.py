"""Answer for merchants' offers: yes, or not confirmed here, and never why (10-I(4), 10-II).

An offer is put forward with a document number, approved by DoIT under another, and answers only in
its period. "Not confirmed" is no evidence that a right does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from clients.models import Client, Contract, Purpose, PurposeKind
from kernel import clock
from kernel.db import Json, changed
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import eligibility, known_notes, populations
from services.eligibility import Facts
from services.models import OFFERED, Offer, Service

LONGEST_TITLE = 200  # characters
LONGEST_NUMBER = 100
_IN_FORCE = select(Offer.rule, Offer.valid_from, Offer.valid_until, Offer.halted_at).where(
    Offer.purpose_id == bindparam("purpose_id"),
    Offer.approved_at.is_not(None),
    Offer.ended_at.is_(None),
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an organisation puts forward for one purpose of a merchant."""

    title: Bilingual
    rule: Json
    document_number: str
    valid_from: date
    valid_until: date


def answer(
    session: Session, *, purpose_id: UUID, member_id: UUID, held: Mapping[str, Any], now: datetime
) -> bool:
    """Return True if what the city knows confirms the offer; False is "not confirmed here".

    Both answers cost the same statements. Raises Refused `flow.purpose_not_offer` for an offer
    that is not approved or not in its period, `flow.small_population` for a halted one.
    """
    rule = _rule_in_force(session, purpose_id, now=now)
    known = known_notes.of_member(session, member_id, now=now)
    facts = Facts(held=held, notes=known, today=clock.taipei_day(now))
    return eligibility.fulfils(rule, facts) is True


def _rule_in_force(session: Session, purpose_id: UUID, *, now: datetime) -> eligibility.Rule:
    row = session.connection().execute(_IN_FORCE, {"purpose_id": purpose_id}).one_or_none()
    today = clock.taipei_day(now)
    if row is None or not row.valid_from <= today <= row.valid_until:
        raise Refused("flow.purpose_not_offer")
    if row.halted_at is not None:
        raise Refused("flow.small_population")
    return eligibility.parse(row.rule)


def submit(
    session: Session, purpose_id: UUID, terms: Terms, *, by: UUID | None = None, now: datetime
) -> Offer:
    """Put forward a version of an offer; it answers nobody until DoIT approves it.

    Of one offer a single version waits, the newest word of its merchant: the one that waited is
    ended, what is in force goes on. Raises Refused `flow.purpose_not_offer`, `offer.title_missing`,
    `publish.document_no_missing`, `offer.rule_invalid`, `offer.period_invalid`.
    """
    purpose = session.get(Purpose, purpose_id, with_for_update=True)  # versions are counted
    if purpose is None or purpose.kind is not PurposeKind.OFFER:
        raise Refused("flow.purpose_not_offer")
    if terms.valid_from > terms.valid_until:
        raise Refused("offer.period_invalid")
    title = _titled(terms.title)
    latest = session.scalar(select(func.max(Offer.version)).where(Offer.purpose_id == purpose_id))
    offer = Offer(
        purpose_id=purpose_id,
        version=(latest or 0) + 1,
        title_zh=title.zh,
        title_en=title.en,
        rule=eligibility.form(_known(session, terms.rule)),
        document_number=_numbered(terms.document_number),
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        submitted_at=now,
        submitted_by=by,
    )
    _end_waiting(session, purpose_id, now=now)
    session.add(offer)
    session.flush()
    return offer


def _end_waiting(session: Session, purpose_id: UUID, *, now: datetime) -> None:
    """End what waits; of an approval at the same moment either this or that one finds nothing."""
    session.execute(
        update(Offer)
        .where(
            Offer.purpose_id == purpose_id, Offer.approved_at.is_(None), Offer.ended_at.is_(None)
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _known(session: Session, data: Json) -> eligibility.Rule:
    """Return the rule, if every service it names is one of the city's that is not closed."""
    rule = eligibility.parse(data)
    asked = eligibility.services_of(rule)
    known = select(Service.code).where(Service.code.in_(sorted(asked)), Service.state.in_(OFFERED))
    if set(session.scalars(known)) != asked:
        raise Refused("offer.rule_invalid")
    return rule


def _titled(title: Bilingual) -> Bilingual:
    words = Bilingual(title.zh.strip(), title.en.strip())
    if not all(each and len(each) <= LONGEST_TITLE for each in words):
        raise Refused("offer.title_missing")
    return words


def _numbered(document_number: str) -> str:
    if not document_number.strip() or len(document_number) > LONGEST_NUMBER:
        raise Refused("publish.document_no_missing")
    return document_number.strip()


def approve(
    session: Session,
    offer_id: UUID,
    *,
    approval_number: str,
    smallest: int,
    by: UUID | None = None,
    now: datetime,
) -> Offer:
    """Put a version into force, in place of the one before, if nobody can be singled out by it.

    Raises NotFound; Refused `case.self_dealing` for who put it forward, `flow.small_population`,
    `publish.document_no_missing`, `offer.already_decided`.
    """
    offer = _get(session, offer_id)
    if by is not None and by == offer.submitted_by:
        raise Refused("case.self_dealing")
    number = _numbered(approval_number)
    populations.hold_back_others(session, offer)
    session.refresh(offer, with_for_update=True)
    if offer.approved_at is not None or offer.ended_at is not None:
        raise Refused("offer.already_decided")
    populations.require_large(session, offer, smallest=smallest)
    _end_earlier(session, offer, now=now)
    offer.approved_at, offer.approved_by, offer.approval_number = now, by, number
    offer.reviewed_at = now
    session.flush()
    return offer


def _end_earlier(session: Session, offer: Offer, *, now: datetime) -> None:
    session.execute(
        update(Offer)
        .where(
            Offer.purpose_id == offer.purpose_id,
            Offer.id != offer.id,
            Offer.version < offer.version,
            Offer.ended_at.is_(None),
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def withdraw(session: Session, offer_id: UUID, *, now: datetime) -> None:
    """End an offer, approved or not. Raises NotFound; Refused `offer.already_decided`."""
    _get(session, offer_id)
    ended = session.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed(ended) != 1:
        raise Refused("offer.already_decided")


def listed(session: Session) -> Sequence[Offer]:
    """Return the offers that were not ended, the newest first."""
    rows = select(Offer).where(Offer.ended_at.is_(None)).order_by(Offer.id.desc())
    return session.scalars(rows).all()


@dataclass(frozen=True, kw_only=True)
class PublicOffer:
    """What anybody may read of an offer."""

    title: Bilingual
    merchant: Bilingual
    valid_from: date
    valid_until: date
    document: str


def in_force(session: Session, *, on: date) -> list[PublicOffer]:
    """Return the offers that answer on a day, of merchants under contract, by title."""
    contracted = exists().where(
        Contract.organisation_id == Client.organisation_id,
        Contract.starts_on <= on,
        Contract.ends_on >= on,
        Contract.closed_at.is_(None),
    )
    rows = session.execute(
        select(Offer, Client.name_zh, Client.name_en)
        .join(Purpose, Purpose.id == Offer.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(
            Offer.approved_at.is_not(None),
            Offer.ended_at.is_(None),
            Offer.halted_at.is_(None),
            Offer.valid_from <= on,
            Offer.valid_until >= on,
            Client.disabled_at.is_(None),
            contracted,
        )
        .order_by(Offer.title_zh, Offer.id)
    )
    return [
        PublicOffer(
            title=Bilingual(offer.title_zh, offer.title_en),
            merchant=Bilingual(name_zh, name_en),
            valid_from=offer.valid_from,
            valid_until=offer.valid_until,
            document=offer.approval_number or "",
        )
        for offer, name_zh, name_en in rows
    ]


def _get(session: Session, offer_id: UUID) -> Offer:
    offer = session.get(Offer, offer_id)
    if offer is None:
        raise NotFound("offer.not_found")
    return offer
