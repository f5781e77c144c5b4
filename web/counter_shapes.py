"""What counters' programs are told: no name, no number, nothing of anybody's."""

from datetime import date

from counters.case_models import CaseMatter, CaseState
from web.api_shapes import PageTold, Shape


class CaseTold(Shape):
    """How far a case is."""

    id: str
    """Its name for this counter; another counter that gets the case has another name for it."""
    matter: CaseMatter
    state: CaseState
    due_on: date | None
    """The last day for the decision; null before it is accepted, and while somebody is awaited."""
    days_left: int | None
    """Working days after today until then; below zero once it is overdue (8(4))."""


class CasesTold(PageTold):
    """A part of what waits at the counter, the oldest first."""

    cases: tuple[CaseTold, ...]


class DayTold(Shape):
    """A day at the counter."""

    day: date
    hours: tuple[str, ...]
    """From when to when somebody is there, such as `09:00-12:00`; empty if nobody is."""
    counts: bool
    """Whether it counts as a working day of the counter's terms (8(4))."""


class DaysTold(Shape):
    """The days ahead, today first."""

    days: tuple[DayTold, ...]
