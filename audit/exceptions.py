"""Pick out of the trail what an auditor should ask about (regulation 9)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from audit.models import WATCHED, TrailEntry
from audit.views import Looks, is_a_look
from kernel.calendar import Calendar
from kernel.clock import TAIPEI, taipei_day
from kernel.ids import first_id_at

MANY, TIMES = 20, 3  # looks that may be many; so often what others do
OPENS, CLOSES = time(7), time(19)  # when people of the city work
MANY_PRINCIPALS, REFUSED = "proxy.many_principals", "staff.refused"
_WATCHED = text(WATCHED)  # in these words, so that the index is used
Span = tuple[datetime, datetime]


def unusual(counted: Sequence[Looks]) -> list[Looks]:
    """Return those who looked far more often than their colleagues do."""
    found = []
    for each in counted:
        others = [other.times for other in counted if other is not each]
        if each.times >= MANY and each.times > TIMES * (median(others) if others else 0):
            found.append(each)
    return found


def closed_hours(calendar: Calendar, *, since: datetime, until: datetime) -> list[Span]:
    """Return when nobody works: nights, and days off."""
    day, start, spans = taipei_day(since), since, []
    while day <= taipei_day(until):
        if calendar.is_workday(day):
            opens, closes = _at(day, OPENS), _at(day, CLOSES)
            if start < opens:
                spans.append((start, min(opens, until)))
            start = max(start, closes)
        day += timedelta(days=1)
    if start < until:
        spans.append((start, until))
    return spans


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=TAIPEI)


def out_of_hours(session: Session, spans: Iterable[Span]) -> list[tuple[UUID | None, int]]:
    """Return who looked at records in these hours and how often, the most first."""
    within = [
        (TrailEntry.id >= first_id_at(start)) & (TrailEntry.id < first_id_at(end))
        for start, end in spans
    ]
    if not within:
        return []
    rows = session.execute(
        select(TrailEntry.actor, func.count())
        .where(is_a_look(), or_(*within))
        .group_by(TrailEntry.actor)
        .order_by(func.count().desc())
    )
    return [(row[0], row[1]) for row in rows]


def noted(session: Session, event: str, *, since: datetime, most: int) -> Sequence[TrailEntry]:
    """Return entries of one watched event, the newest first."""
    return session.scalars(
        select(TrailEntry)
        .where(_WATCHED, TrailEntry.event == event, TrailEntry.id >= first_id_at(since))
        .order_by(TrailEntry.id.desc())
        .limit(most)
    ).all()
