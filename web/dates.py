"""Write dates the way people here read them: in both calendars, in Taipei time."""

from datetime import date, datetime, timedelta, timezone

from kernel.wording import ENGLISH

# Taiwan keeps one offset and no summer time, so pages need no time zone database.
TAIPEI = timezone(timedelta(hours=8), "Asia/Taipei")

_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_YEAR_BEFORE_THE_REPUBLIC = 1911


def roc_date(moment: datetime | date, language: str) -> str:
    """Return the day, e.g. 民國115年11月23日 (2026-11-23), or 23 November 2026 in English."""
    day = _day(moment)
    if language == ENGLISH:
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{_roc_year(day.year)}{day.month}月{day.day}日 ({day.isoformat()})"


def moment_words(moment: datetime, language: str) -> str:
    """Return day and time of day in Taipei, to the minute."""
    between = ", " if language == ENGLISH else " "
    return roc_date(moment, language) + between + _local(moment).strftime("%H:%M")


def clock_words(moment: datetime) -> str:
    """Return the time of day in Taipei, to the minute."""
    return _local(moment).strftime("%H:%M")


def clock_seconds(moment: datetime) -> str:
    """Return the time of day in Taipei, to the second: for what ends within the minute."""
    return _local(moment).strftime("%H:%M:%S")


def days_left(until: datetime, *, now: datetime) -> int:
    """Return how many midnights in Taipei lie between `now` and `until`; 0 when it is past."""
    return max(0, (_day(until) - _day(now)).days)


def _roc_year(year: int) -> str:
    since = year - _YEAR_BEFORE_THE_REPUBLIC
    return f"民國{since}年" if since > 0 else f"民國前{1 - since}年"


def _day(moment: datetime | date) -> date:
    return _local(moment).date() if isinstance(moment, datetime) else moment


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment.astimezone(TAIPEI)
