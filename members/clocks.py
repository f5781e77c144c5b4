"""Count the days the law gives for an answer (PDPA 13; regulation 8(4)); Taipei's days.

The day of receipt is not counted, nor is a day on which the city waits for the member. An end on
a day nobody works moves to the next working day (Civil Code 120 to 122).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from kernel.calendar import DAY, Calendar
from members.models import RequestKind

OPEN_END = ".."  # an interval that has not ended (ISO 8601-2 4.4)
REMIND_BEFORE = 3  # working days


class Counting(StrEnum):
    """Which days count."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long an answer may take, how much longer with a written reason, in which days."""

    days: int
    extension: int
    counting: Counting = Counting.WORKING


_SOON, _LATER = Term(days=15, extension=15), Term(days=30, extension=30)
TERMS: Mapping[RequestKind, Term] = MappingProxyType(
    {
        RequestKind.INQUIRE: _SOON,
        RequestKind.COPY: _SOON,
        RequestKind.CORRECT: _LATER,
        RequestKind.STOP: _LATER,
        RequestKind.DELETE: _LATER,
        RequestKind.PETITION: _LATER,
    }
)


@dataclass(frozen=True)
class Pause:
    """A time in which the city waits for the member: from the day after `since` to `until`."""

    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether the clock stands still on `day`."""
        return self.since < day and (self.until is None or day <= self.until)

    def __str__(self) -> str:
        """Return the interval as kept, `2026-11-23/2026-11-25`."""
        return f"{self.since}/{self.until or OPEN_END}"

    @classmethod
    def read(cls, kept: str) -> "Pause":
        """Return the interval that was kept."""
        since, _, until = kept.partition("/")
        return cls(
            date.fromisoformat(since), None if until == OPEN_END else date.fromisoformat(until)
        )


def due_on(
    received_on: date,
    term: Term,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] = (),
    is_extended: bool = False,
) -> date | None:
    """Return the last day for an answer; None while the clock stands still."""
    pauses = tuple(pauses)
    if any(pause.until is None for pause in pauses):
        return None
    left, day = term.days + term.extension * is_extended, received_on
    while left or not calendar.is_workday(day):
        day += DAY
        if left and _counts(day, term, calendar, pauses):
            left -= 1
    return day


def _counts(day: date, term: Term, calendar: Calendar, pauses: tuple[Pause, ...]) -> bool:
    if any(pause.covers(day) for pause in pauses):
        return False
    return term.counting is Counting.CALENDAR or calendar.is_workday(day)


def remind_on(due: date, calendar: Calendar) -> date:
    """Return the day from which an answer is urgent."""
    return calendar.before(due, workdays=REMIND_BEFORE)
