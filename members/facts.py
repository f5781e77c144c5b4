"""Work out what follows from a member's data: an age, a city. What is not known is None, never no.

Pure: the same data and day always give the same answer.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

TAIPEI = "臺北市"
CITY = {"taipei", "taipei city"}
_BIRTHDATE = re.compile("([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")
_A_CITY = re.compile(r".*([市縣]| city| county)")


def reached(born: date, years: int, *, today: date) -> bool:
    """Say whether somebody born on that day is so many years old (Civil Code 121, 124).

    Who is born on 29 February comes of age on 1 March of a year without one.
    """
    return today >= birthday(born, years)


def birthday(born: date, years: int) -> date:
    """Return the day somebody born on that day becomes so many years old."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def is_aged(held: Mapping[str, Any], years: int, *, today: date) -> bool | None:
    """Say whether the member has reached that age, None where the birth date leaves it open."""
    span = born_between(held.get("birthdate"))
    if span is None or span[0] > today:
        return None
    earliest, latest = (reached(born, years, today=today) for born in span)
    return earliest if earliest == latest else None


def is_resident(held: Mapping[str, Any]) -> bool | None:
    """Say whether the member lives in Taipei, None where the address names no city."""
    city = _city(held)
    return None if city is None else city == TAIPEI


def born_between(birthdate: object) -> tuple[date, date] | None:
    """Return the first and last day the person can be born on; OIDC Core 5.1 allows the year."""
    found = _BIRTHDATE.fullmatch(birthdate) if isinstance(birthdate, str) else None
    if found is None:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        if month and day:
            return date(year, month, day), date(year, month, day)
        if month:  # the day is 00 on some residence permits
            next_month = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, 1), next_month - timedelta(days=1)
        return (date(year, 1, 1), date(year, 12, 31)) if not day else None
    except ValueError:
        return None


def _city(held: Mapping[str, Any]) -> str | None:
    """Return the city or county of the address, None if the address does not name one."""
    address = held.get("address")
    if not isinstance(address, Mapping):
        return None
    for part in map(_spelt, (address.get("region"), address.get("locality"))):
        if part.startswith(TAIPEI) or part in CITY:
            return TAIPEI
        if _A_CITY.fullmatch(part):
            return part
    return None


def _spelt(part: object) -> str:
    return part.strip().casefold().replace("台", "臺") if isinstance(part, str) else ""
