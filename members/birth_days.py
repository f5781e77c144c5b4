"""Read birth dates: in years of the Republic or of the common era, some with unknown parts."""

import re
import unicodedata
from datetime import date

from kernel.errors import Refused
from members import facts

LONGEST_TYPED = 40
FOUNDED = 1912  # 民國元年
OLDEST = 130  # years
_PARTS = r"\s*[年./-]?\s*(?:(?P<month>[0-9]{1,2})\s*[月./-]?\s*(?:(?P<day>[0-9]{1,2})\s*日?)?)?"
_DATE = re.compile(rf"(?P<era>民國前|民前|民國|西元)?\s*(?P<year>[0-9]{{1,4}}|元){_PARTS}")
_COMPACT = re.compile("(?P<year>[0-9]{3,4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_GREGORIAN_DIGITS = 4


def read(typed: str, *, today: date) -> str:
    """Return `YYYY-MM-DD`, with 00 for an unknown day, or `YYYY` where the month is unknown too.

    A year of four digits is of the common era, a shorter one of the Republic: 民國108/02/29,
    108.2.29, 1080229, 民國前3年5月1日, 1990-04-01, 1950-00-00. Raises Refused
    `member.birthdate_impossible`.
    """
    parsed = _parsed(typed)
    if parsed is None:
        raise Refused("member.birthdate_impossible")
    year, month, day = parsed
    kept = f"{year:04}-{month:02}-{day:02}" if month or day else f"{year:04}"
    span = facts.born_between(kept) if year >= today.year - OLDEST else None
    if span is None or span[0] > today:
        raise Refused("member.birthdate_impossible")
    return kept


def read_day(typed: str) -> date:
    """Return a whole day, past or to come, as people write it. Raises Refused `day.format`."""
    try:
        return date(*(_parsed(typed) or (0, 0, 0)))
    except ValueError:
        raise Refused("day.format") from None


def _parsed(typed: str) -> tuple[int, int, int] | None:
    text = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip()
    found = _COMPACT.fullmatch(text) or _DATE.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    year = _year(parts.get("era"), parts["year"])
    return year, int(parts["month"] or 0), int(parts["day"] or 0)


def in_republic(kept: str) -> str:
    """Return the kept date in years of the Republic: 民國 108 年 2 月 29 日."""
    year, month, day = (int(part) for part in f"{kept}-0-0".split("-")[:3])
    era = f"民國 {year - FOUNDED + 1}" if year >= FOUNDED else f"民國前 {FOUNDED - year}"
    return f"{era} 年" + (f" {month} 月" if month else "") + (f" {day} 日" if day else "")


def _year(era: str | None, typed: str) -> int:
    year = 1 if typed == "元" else int(typed)
    if year == 0:
        return 0
    if era in ("民國前", "民前"):
        return FOUNDED - year
    if era == "西元" or (era is None and len(typed) == _GREGORIAN_DIGITS and typed[0] != "0"):
        return year
    return FOUNDED - 1 + year
