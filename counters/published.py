"""Say what the public may know of counters and services, from the rows that decide (4-II, 8(4)).

There is no second list: what a clerk's permission is worked out from is what is published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from counters import register, standing, terms
from counters.case_models import CaseMatter
from counters.competence import FUNCTIONS
from counters.delegations import State, state
from counters.models import Closure, Counter, Delegation
from counters.standing import Standing, Status
from counters.terms import Workdays
from kernel import calendar
from kernel.errors import NotFound
from services.models import OFFERED, Service

PUBLIC = (State.AHEAD, State.EFFECTIVE, State.EXPIRED)  # what was made public, and not taken back


@dataclass(frozen=True, kw_only=True)
class PublicService:
    """A service, how long it takes, and the last day for what is filed now."""

    service: Service
    due_on: date | None  # None where the agency set no days yet


@dataclass(frozen=True, kw_only=True)
class PublicMatter:
    """What is done at the counter itself, how long it takes, and the last day if filed now."""

    matter: CaseMatter
    days: int
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class PublicCounter:
    """A counter as anybody may see it."""

    at: Standing
    workdays: Workdays
    matters: Sequence[PublicMatter]
    services: Sequence[PublicService]
    days_off: Sequence[Closure]
    is_open_now: bool

    @property
    def counter(self) -> Counter:
        """Return the counter."""
        return self.at.counter

    @property
    def delegations(self) -> list[Delegation]:
        """Return the delegations it acts under today."""
        return [row for row in self.at.delegations if state(row, self.at.today) is State.EFFECTIVE]


def counters(session: Session, *, now: datetime) -> list[PublicCounter]:
    """Return every public counter, by district and code, those that are closed too."""
    rows = session.scalars(
        select(Counter)
        .where(Counter.ended_at.is_(None), Counter.is_training.is_(False))
        .options(joinedload(Counter.organisation))
        .order_by(Counter.code)
    ).all()
    return _published(session, rows, now=now)


def counter(session: Session, code: str, *, now: datetime) -> PublicCounter:
    """Return one public counter. Raises NotFound, also for one that was never made public."""
    if not register.is_code(code):
        raise NotFound("counter.not_found")
    rows = session.scalars(
        select(Counter)
        .where(Counter.code == code, Counter.ended_at.is_(None), Counter.is_training.is_(False))
        .options(joinedload(Counter.organisation))
    ).all()
    for found in _published(session, rows, now=now):
        return found
    raise NotFound("counter.not_found")


def services(session: Session, *, now: datetime) -> list[PublicService]:
    """Return every open service, by agency, and when it is due if filed online now."""
    days = terms.workdays(session)
    rows = session.scalars(
        select(Service).where(Service.state.in_(OFFERED)).options(joinedload(Service.organisation))
    )
    found = [_service(row, days, now=now) for row in rows]
    return sorted(found, key=lambda each: (each.service.organisation.name_zh, each.service.code))


def is_public(at: Standing) -> bool:
    """Say whether something was delegated to the counter in public, and not taken back."""
    return any(state(row, at.today) in PUBLIC for row in at.delegations)


def _published(session: Session, rows: Sequence[Counter], *, now: datetime) -> list[PublicCounter]:
    standings = [at for at in standing.of(session, rows, now=now) if is_public(at)]
    days = terms.of_counters(session, [at.counter for at in standings], calendar.load(session))
    codes = {code for at in standings for code in at.services}
    known = {
        row.code: row
        for row in session.scalars(
            select(Service).where(Service.code.in_(codes), Service.state.in_(OFFERED))
        )
    }
    return [
        PublicCounter(
            at=at,
            workdays=days[at.counter.id],
            matters=_matters(at, days[at.counter.id], now=now),
            services=[
                _service(known[code], days[at.counter.id], now=now)
                for code in sorted(at.services & known.keys())
            ],
            days_off=[each for each in days[at.counter.id].closures if each.day >= at.today],
            is_open_now=at.status is not Status.CLOSED and days[at.counter.id].is_open_at(now),
        )
        for at in standings
    ]


def _matters(at: Standing, days: Workdays, *, now: datetime) -> list[PublicMatter]:
    """Return what may be done here; opening a service takes as long as its agency says."""
    return [
        PublicMatter(matter=each, days=terms.DAYS[each], due_on=days.due_on(now, terms.DAYS[each]))
        for each, matter in FUNCTIONS.items()
        if matter in at.matters and each is not CaseMatter.ACTIVATION
    ]


def _service(row: Service, days: Workdays, *, now: datetime) -> PublicService:
    due_on = None if row.working_days is None else days.due_on(now, row.working_days)
    return PublicService(service=row, due_on=due_on)
