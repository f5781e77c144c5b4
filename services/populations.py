"""Guard against singling people out: an offer answers only for groups that are large (10-I(4)).

Figures are bounds, worked out from what is published or counted; nothing here looks at one member.
What has no figure is taken for small.
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
from services import combinations, eligibility
from services.eligibility import Activated, Rule
from services.models import Activation, ActivationNote, Offer, PopulationFigure, Service

DAILY = timedelta(days=1)
LONGEST_SOURCE = 200  # characters
EVERYBODY = "everybody"  # the condition under which the number of all is kept


def enter(
    session: Session, condition: str, people: int, *, source: str, as_of: date, now: datetime
) -> None:
    """Put a published figure on record: of EVERYBODY, or of a rule.

    Raises Refused `population.source_missing`, `population.day_in_future`, `population.exists`,
    `offer.rule_invalid`.
    """
    if not source.strip() or len(source) > LONGEST_SOURCE:
        raise Refused("population.source_missing")
    if as_of > clock.taipei_day(now):
        raise Refused("population.day_in_future")
    values = {
        "id": new_id(),
        "condition": _canonical(condition),
        "people": people,
        "source": source.strip(),
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
    """Return the published figures, the newest of each condition first."""
    return session.scalars(
        select(PopulationFigure).order_by(PopulationFigure.condition, PopulationFigure.as_of.desc())
    ).all()


def require_large(session: Session, offer: Offer, *, smallest: int) -> None:
    """Refuse an offer that singles people out, alone or beside the same merchant's others.

    Every combination of answers counts: who is 65 but not 66 is told by two harmless offers.
    Raises Refused `flow.small_population`.
    """
    rules = [
        eligibility.parse(each) for each in (offer.rule, *_others_of_the_merchant(session, offer))
    ]
    figures = _figures(session, rules)
    total = figures.get(EVERYBODY, 0)
    if not combinations.are_large(rules, figures, total=total, smallest=smallest):
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


def _figures(session: Session, rules: Iterable[Rule]) -> dict[str, int]:
    """Return the newest published figures; what is not published is counted in agencies' notes."""
    rows = session.execute(
        select(PopulationFigure.condition, PopulationFigure.people).order_by(PopulationFigure.as_of)
    )
    published = {row.condition: row.people for row in rows}
    asked = frozenset(chain.from_iterable(eligibility.services_of(rule) for rule in rules))
    return _counted(session, asked) | published


def _counted(session: Session, services: frozenset[str]) -> dict[str, int]:
    rows = session.execute(
        select(Service.code, func.count(ActivationNote.id).label("people"))
        .outerjoin(
            ActivationNote,
            (ActivationNote.service_id == Service.id)
            & (ActivationNote.state == Activation.ACTIVATED)
            & ActivationNote.disputed_at.is_(None),  # as offers.answer counts them
        )
        .where(Service.code.in_(sorted(services)))
        .group_by(Service.code)
    )
    return {eligibility.condition(Activated(row.code)): row.people for row in rows}


def review(session: Session, *, smallest: int, now: datetime) -> list[UUID]:
    """Look at the offers not looked at for a day; return those halted now.

    One whose groups became small is halted, one whose groups are large again goes on. For the
    worker: never while somebody waits.
    """
    due = select(Offer).where(
        Offer.approved_at.is_not(None), Offer.ended_at.is_(None), Offer.reviewed_at <= now - DAILY
    )
    halted = []
    for offer in session.scalars(due.order_by(Offer.id)).all():
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
