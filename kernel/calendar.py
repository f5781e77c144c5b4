"""Know on which days the city works; days are Taipei's, and they are data (regulation 8(4))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.clock import taipei_day
from kernel.db import Base
from kernel.errors import Refused
from kernel.holidays import HOLIDAYS

DAY = timedelta(days=1)
SATURDAY = 5
LONGEST_NOTE = 100
REACH = timedelta(days=92)  # sixty working days, the longest term with its extension


class CalendarDay(Base):
    """A day that is not what the rule makes of it: a typhoon, a make-up day, a new holiday."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE))


class CalendarYear(Base):
    """A year whose days off somebody compared with what the Executive Yuan published."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_by: Mapped[str] = mapped_column(String(LONGEST_NOTE))  # a masked name
    document: Mapped[str] = mapped_column(String(LONGEST_NOTE))  # where it is published
    checked_at: Mapped[datetime]


@dataclass(frozen=True)
class Calendar:
    """The days on which the city works: Monday to Friday, but for `off`, and on `worked`."""

    off: frozenset[date] = HOLIDAYS
    worked: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Say whether the city works on `day`."""
        if day in self.worked:
            return True
        return day.weekday() < SATURDAY and day not in self.off

    def before(self, day: date, *, workdays: int) -> date:
        """Return the working day that lies so many before `day`."""
        while workdays:
            day -= DAY
            workdays -= self.is_workday(day)
        return day

    def left(self, today: date, last: date) -> int:
        """Return how many working days follow today, up to `last`; below zero once it is past."""
        if last < today:
            return -self.left(last, today)
        days = (today + DAY * number for number in range(1, (last - today).days + 1))
        return sum(map(self.is_workday, days))


def load(session: Session) -> Calendar:
    """Return the calendar as it stands now."""
    rows = declared(session)
    worked = frozenset(row.day for row in rows if row.is_workday)
    return Calendar(HOLIDAYS | {row.day for row in rows if not row.is_workday}, worked)


def declared(session: Session) -> list[CalendarDay]:
    """Return the days entered by hand, in order."""
    return list(session.scalars(select(CalendarDay).order_by(CalendarDay.day)))


def declare(session: Session, day: date, *, is_workday: bool, note: str) -> None:
    """Enter a day that is, or is not, worked; what was entered before is replaced."""
    forget(session, day)
    session.add(CalendarDay(day=day, is_workday=is_workday, note=note[:LONGEST_NOTE]))
    session.flush()


def forget(session: Session, day: date) -> None:
    """Let the rule decide about `day` again."""
    session.execute(delete(CalendarDay).where(CalendarDay.day == day))


def confirm(session: Session, year: int, *, by: str, document: str, now: datetime) -> None:
    """Note who compared the days off of a year with which document; the last word counts.

    Raises Refused `calendar.year_empty` where no day off is known, `calendar.unsigned`.
    """
    if not any(each.year == year for each in load(session).off):
        raise Refused("calendar.year_empty")
    if not by.strip() or not document.strip():
        raise Refused("calendar.unsigned")
    session.merge(
        CalendarYear(
            year=year,
            checked_by=by.strip()[:LONGEST_NOTE],
            document=document.strip()[:LONGEST_NOTE],
            checked_at=now,
        )
    )
    session.flush()


def confirmed(session: Session) -> Sequence[CalendarYear]:
    """Return the years that somebody checked, in order."""
    return session.scalars(select(CalendarYear).order_by(CalendarYear.year)).all()


def unconfirmed(session: Session, *, now: datetime) -> list[int]:
    """Return the years that terms of today reach into and nobody checked."""
    today = taipei_day(now)
    needed = {today.year, (today + REACH).year}
    return sorted(needed - {each.year for each in confirmed(session)})
