"""Guard against singling people out: an offer answers only for groups that are large (10-I(4)).

Figures are bounds, worked out from what is published of everybody, or from what was counted among
this city's members; nothing here looks at one member, and the two are never mixed: 500 holders
among members are no bound for how many residents hold a card (docs/decisions/0056). What has no
figure is taken for small.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from clients.models import Client, Organisation, Purpose
from kernel import clock
from kernel.db import insert_once
from kernel.errors import Refused
from kernel.ids import new_id
from members.models import Member, Standing
from services import combinations, eligibility
from services.eligibility import Activated, Rule
from services.models import Activation, ActivationNote, Basis, Offer, PopulationFigure, Service

DAILY = timedelta(days=1)
COMPARABLE = timedelta(days=400)  # a yearly figure, and a month for its publication
LONGEST_SOURCE = 200  # characters
EVERYBODY = "everybody"  # the condition under which the number of all is kept


def enter(
    session: Session,
    condition: str,
    people: int,
    *,
    source: str,
    document: str | None,
    as_of: date,
    now: datetime,
) -> None:
    """Put a figure on record, of EVERYBODY or of a rule: published in a document, or counted.

    Raises Refused `population.source_missing`, `population.document_missing`,
    `population.day_in_future`, `population.exists`, `offer.rule_invalid`.
    """
    if not source.strip() or len(source) > LONGEST_SOURCE:
        raise Refused("population.source_missing")
    if document is not None and (not document.strip() or len(document) > LONGEST_SOURCE):
        raise Refused("population.document_missing")
    if as_of > clock.taipei_day(now):
        raise Refused("population.day_in_future")
    values = {
        "id": new_id(),
        "condition": _canonical(condition),
        "people": people,
        "basis": Basis.COUNTED if document is None else Basis.PUBLISHED,
        "source": source.strip(),
        "document": None if document is None else document.strip(),
        "as_of": as_of,
        "entered_at": now,
    }
    if not insert_once(session, PopulationFigure, values):
        raise Refused("population.exists")


def _canonical(condition: str) -> str:
    """Return the line under which figures of a condition are kept."""
    if condition == EVERYBODY:
        return condition
    try:
        data = json.loads(condition)
    except ValueError:
        raise Refused(eligibility.INVALID) from None
    return eligibility.condition(eligibility.parse(data))


def entered(session: Session) -> Sequence[PopulationFigure]:
    """Return the figures entered, the newest of each condition first."""
    return session.scalars(
        select(PopulationFigure).order_by(
            PopulationFigure.condition, PopulationFigure.basis, PopulationFigure.as_of.desc()
        )
    ).all()


def require_large(session: Session, offer: Offer, *, smallest: int) -> None:
    """Refuse an offer that singles people out, alone or beside the same merchant's others.

    Every combination of answers counts: who is 65 but not 66 is told by two harmless offers.
    It is held against what is published, or else against what was counted, never against both.
    Raises Refused `flow.small_population`.
    """
    rules = [
        eligibility.parse(each) for each in (offer.rule, *_others_of_the_merchant(session, offer))
    ]
    known = (figures(session, rules, basis) for basis in Basis)
    if not any(
        combinations.are_large(rules, each, total=each.get(EVERYBODY, 0), smallest=smallest)
        for each in known
    ):
        raise Refused("flow.small_population")


def hold_back_others(session: Session, offer: Offer) -> None:
    """Let approvals for one merchant wait for one another: each must see the other's offer."""
    session.scalar(
        select(Organisation.id).where(Organisation.id == _merchant_of(offer)).with_for_update()
    )


def _merchant_of(offer: Offer) -> ScalarSelect[UUID]:
    return (
        select(Client.organisation_id)
        .join(Purpose, Purpose.client_id == Client.id)
        .where(Purpose.id == offer.purpose_id)
        .scalar_subquery()
    )


def _others_of_the_merchant(session: Session, offer: Offer) -> Iterable[dict[str, object]]:
    return session.scalars(
        select(Offer.rule)
        .join(Purpose, Purpose.id == Offer.purpose_id)
        .join(Client, Client.id == Purpose.client_id)
        .where(
            Client.organisation_id == _merchant_of(offer),
            Offer.purpose_id != offer.purpose_id,
            Offer.approved_at.is_not(None),
            Offer.ended_at.is_(None),
        )
    ).all()


def figures(session: Session, rules: Iterable[Rule], basis: Basis) -> dict[str, int]:
    """Return the newest figures of one kind that can be compared with one another.

    Members and the holders among them are counted now: that is newer than what was entered.
    """
    entered_of_it = _entered(session, basis)
    if basis is Basis.PUBLISHED:
        return entered_of_it
    asked = frozenset(chain.from_iterable(eligibility.services_of(rule) for rule in rules))
    return entered_of_it | _counted(session, asked)


def _entered(session: Session, basis: Basis) -> dict[str, int]:
    """Return the newest figure of each condition; what is too much older than the rest is none."""
    rows = session.execute(
        select(PopulationFigure.condition, PopulationFigure.people, PopulationFigure.as_of)
        .where(PopulationFigure.basis == basis)
        .order_by(PopulationFigure.as_of)
    ).all()
    newest = {row.condition: row for row in rows}
    last = max((row.as_of for row in rows), default=date.min)
    return {key: row.people for key, row in newest.items() if last - row.as_of <= COMPARABLE}


def _counted(session: Session, services: frozenset[str]) -> dict[str, int]:
    everybody = select(func.count(Member.id)).where(Member.standing == Standing.ACTIVE)
    rows = session.execute(
        select(Service.code, func.count(ActivationNote.id).label("people"))
        .outerjoin(
            ActivationNote,
            (ActivationNote.service_id == Service.id)
            & (ActivationNote.state == Activation.ACTIVATED)
            & ActivationNote.disputed_at.is_(None)  # as offers.answer counts them
            & ActivationNote.unannounced.is_(False),
        )
        .where(Service.code.in_(sorted(services)))
        .group_by(Service.code)
    )
    holders = {eligibility.condition(Activated(row.code)): row.people for row in rows}
    return holders | {EVERYBODY: session.scalars(everybody).one()}


def review(session: Session, *, smallest: int, now: datetime) -> list[UUID]:
    """Look at the offers not looked at for a day; return those halted now.

    One whose groups became small is halted, one whose groups are large again goes on. For the
    worker: never while somebody waits. An offer another worker looks at is left to it.
    """
    due = select(Offer).where(
        Offer.approved_at.is_not(None), Offer.ended_at.is_(None), Offer.reviewed_at <= now - DAILY
    )
    halted = []
    taken = due.order_by(Offer.id).with_for_update(skip_locked=True)
    for offer in session.scalars(taken).all():
        large = _is_large(session, offer, smallest=smallest)
        if not large and offer.halted_at is None:
            halted.append(offer.id)
        offer.halted_at = None if large else offer.halted_at or now
        offer.reviewed_at = now
    session.flush()
    return halted


def _is_large(session: Session, offer: Offer, *, smallest: int) -> bool:
    try:
        require_large(session, offer, smallest=smallest)
    except Refused:
        return False
    return True
