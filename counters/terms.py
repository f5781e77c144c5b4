"""Count the working days a counter has for a case (regulation 8(4)); the public page asks too.

A filing counts from the day on which the counter receives it: after its last hour, and on a day on
which it does not work, that is the next day it does. The days that count are the city's working
days, without the counter's own days off and without those on which the applicant is waited for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from counters import hours
from counters.case_models import CaseMatter
from counters.hours import Hours, Span
from counters.models import Closure, Counter
from kernel import calendar
from kernel.calendar import DAY, Calendar
from kernel.clock import taipei_day
from members.clocks import Pause, Term, due_on
from services.models import Service

# Working days from 受理 to the decision; for opening a service, what its agency published counts.
DAYS: Mapping[CaseMatter, int] = MappingProxyType(
    {
        CaseMatter.JOIN: 7,
        CaseMatter.BIND: 1,
        CaseMatter.UNBIND: 1,
        CaseMatter.LOSS: 1,
        CaseMatter.ACTIVATION: 7,
        CaseMatter.CHANGE: 3,
        CaseMatter.RECOVERY: 3,
        CaseMatter.PROXY_END: 1,
    }
)
CITY_HOURS = hours.read(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:30-17:30",)))


@dataclass(frozen=True)
class Workdays:
    """The days on which a counter works, and its hours; without a counter, the city's."""

    city: Calendar
    hours: Hours = CITY_HOURS
    closures: Sequence[Closure] = ()

    @cached_property
    def calendar(self) -> Calendar:
        """Return the days that count: the city's, without the counter's own days off."""
        own = {each.day for each in self.closures}
        return Calendar(self.city.off | own, self.city.worked - own)

    def received_on(self, filed_at: datetime) -> date:
        """Return the day on which a filing counts as received."""
        day = taipei_day(filed_at)
        if self._works(day) and not self.hours.has_closed_by(filed_at):
            return day
        day += DAY
        while not self._works(day):
            day += DAY
        return day

    def is_open_at(self, moment: datetime) -> bool:
        """Say whether somebody is at the counter at this moment."""
        return self._works(taipei_day(moment)) and self.hours.is_open_at(moment)

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """Return from when to when somebody is at the counter on a day."""
        return self.hours.on(day) if self._works(day) else ()

    def due_on(
        self, filed_at: datetime, working_days: int, *, pauses: Iterable[Pause] = ()
    ) -> date | None:
        """Return the last day for an answer; None while the applicant is waited for."""
        term = Term(days=working_days, extension=0)
        return due_on(self.received_on(filed_at), term, self.calendar, pauses=pauses)

    def _works(self, day: date) -> bool:
        """Say whether the counter works; a Saturday with hours is one, though it counts not."""
        is_free = day in self.calendar.off and day not in self.calendar.worked
        return bool(self.hours.on(day)) and not is_free


def days_of(session: Session, matter: CaseMatter, service: str = "") -> int:
    """Return how many working days a case taken in now may take; it keeps them (8(4))."""
    published = None
    if matter is CaseMatter.ACTIVATION:
        published = session.scalar(select(Service.working_days).where(Service.code == service))
    return DAYS[matter] if published is None else published


def workdays(session: Session, counter: Counter | None = None) -> Workdays:
    """Return the working days of a counter, or of the city, as they stand now."""
    city = calendar.load(session)
    if counter is None:
        return Workdays(city)
    return of_counters(session, [counter], city)[counter.id]


def of_counters(
    session: Session, counters: Sequence[Counter], city: Calendar
) -> dict[UUID, Workdays]:
    """Return the working days of several counters, in one statement."""
    own: defaultdict[UUID, list[Closure]] = defaultdict(list)
    ids = [each.id for each in counters]
    closed = select(Closure).where(Closure.counter_id.in_(ids)).order_by(Closure.day)
    for row in session.scalars(closed):
        own[row.counter_id].append(row)
    return {each.id: Workdays(city, hours.read(each.hours), own[each.id]) for each in counters}
