"""Tell the time: the only place that reads the machine's clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def going_on_from(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that says `moment` and goes on: for long work, whose last step is not then."""
    began = now()
    return lambda: moment + max(now() - began, timedelta(0))


def taipei_day(moment: datetime) -> date:
    """Return the calendar day of `moment` in Taipei, where the law counts days."""
    return moment.astimezone(TAIPEI).date()


def seconds() -> float:
    """Return the seconds of a clock that only goes forward: to say how long something took."""
    return perf_counter()
