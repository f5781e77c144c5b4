"""Say at which counter waits what nobody has begun, and move it on when that one closes (8(2)2).

A counter closes by itself: the last training lapses at midnight, a delegation ends, its agency
shuts it. What was applied for online, and what was forwarded there, then waits at another that is
open and may do it: one of the same district first, the one with the least before it. Each move is
one statement, so of two workers one moves, and what a clerk just began stays with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Case as Choice
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from counters import cases, duty
from counters.case_models import Case, CaseState
from counters.competence import FUNCTIONS
from counters.models import Counter, District, Matter
from counters.standing import Standing
from members.application_models import Application, State


@dataclass(frozen=True, kw_only=True)
class Moved:
    """An application that waits somewhere else now, or for the first time anywhere."""

    application_id: UUID
    before: UUID | None
    after: UUID


@dataclass(frozen=True)
class Open:
    """The counters that are open now, and how much waits at each."""

    found: Sequence[Standing]
    load: Mapping[UUID | None, int]

    def ids(self, matter: Matter) -> set[UUID]:
        """Return the counters that may do this."""
        return {each.counter.id for each in self.found if matter in each.matters}

    def best(
        self, matter: Matter, district: District | None = None, *, but: UUID | None = None
    ) -> UUID | None:
        """Return the counter with the least before it, in this district if there is one."""
        able = [
            each.counter for each in self.found if matter in each.matters and each.counter.id != but
        ]
        near = [each for each in able if each.district == district]
        chosen = min(near or able, key=self._order, default=None)
        return None if chosen is None else chosen.id

    def _order(self, counter: Counter) -> tuple[int, str]:
        return self.load.get(counter.id, 0), counter.code


def assign(session: Session, names: Mapping[District, str], *, now: datetime) -> list[Moved]:
    """Find a counter for what waits for confirmation at none, or at one that is closed.

    `names` are the districts as applicants choose them.
    """
    waiting = session.execute(
        select(Application.assigned_to, func.count())
        .where(*_WAITING)
        .group_by(Application.assigned_to)
    )
    load = {key: count for key, count in waiting}  # noqa: C416  # rows
    if not load:
        return []
    there = Open(duty.open_counters(session, now=now), load)
    target = _nearest(there, names)
    if target is None:
        return []
    gone = sorted(load.keys() - there.ids(Matter.ACCEPT), key=str)
    return [each for before in gone for each in _move(session, before, target)]


_WAITING = (Application.state == State.CONFIRMING, Application.closed_at.is_(None))


def _nearest(there: Open, names: Mapping[District, str]) -> Choice[UUID] | None:
    """Return in SQL which counter an application goes to, by the district it names."""
    best = there.best(Matter.ACCEPT)
    there_is_one = {each.counter.district for each in there.found}
    by_name = {names[each]: there.best(Matter.ACCEPT, each) for each in sorted(there_is_one)}
    if best is None:
        return None
    return case(by_name, value=Application.district, else_=best)


def _move(session: Session, before: UUID | None, target: Choice[UUID]) -> Iterable[Moved]:
    moved = session.execute(
        update(Application)
        .where(*_WAITING, Application.assigned_to.is_not_distinct_from(before))
        .values(assigned_to=target)
        .returning(Application.id, Application.assigned_to)
        .execution_options(synchronize_session=False)
    )
    return [Moved(application_id=key, before=before, after=after) for key, after in moved if after]


def reroute(session: Session, *, now: datetime) -> int:
    """Move what was forwarded to a counter that is closed on to one that is open; return how many.

    The case says so itself, and so does the page of whoever holds its slip (4-I(1)).
    """
    waiting = session.execute(
        select(Case.counter_id, Case.collected_by, Counter.district)
        .join(Counter, Counter.id == Case.counter_id)
        .where(Case.state == CaseState.FORWARDED)
        .distinct()
    ).all()
    if not waiting:
        return 0
    there, count = Open(duty.open_counters(session, now=now), {}), 0
    for matter in Matter:
        able = there.ids(matter)
        for before, collected_by, district in waiting:
            after = there.best(matter, district, but=collected_by)
            if before not in able and after is not None:
                lies = (Case.counter_id == before) & (Case.collected_by == collected_by)
                count += _hand_on(session, lies, matter, after, now=now)
    return count


def _hand_on(
    session: Session, lies: ColumnElement[bool], matter: Matter, after: UUID, *, now: datetime
) -> int:
    handled = [each for each, needed in FUNCTIONS.items() if needed is matter]
    moved = session.scalars(
        update(Case)
        .where(
            lies,
            Case.state == CaseState.FORWARDED,
            Case.matter.in_(handled),
        )
        .values(counter_id=after, forwarded_at=now)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).all()
    for case_id in moved:
        cases.note_rerouted(session, case_id, after, now=now)
    return len(moved)
