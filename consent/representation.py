"""Decide whether a member decides alone, a guardian must approve, or a guardian decides.

Pure and total. The table is data, an operator's to make stricter (docs/configuration.md): who, by
age or by what a court declared; which kind of organisation; identified or not. No table makes the
answer weaker than FLOOR, what the Civil Code (12 to 15-2, 76 to 79) leaves nobody to choose.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from clients.models import OrganisationKind
from consent.catalogue import BY_NAME, MARKETING
from consent.models import Voice
from consent.rules import IDENTIFYING
from kernel.clock import TAIPEI, taipei_day
from members.facts import birthday, born_between, reached
from members.models import Capacity

OF_AGE = 18  # Civil Code 12
YOUTH_AT = 12  # Protection of Children and Youths Welfare and Rights Act 2
WILLED_AT = 7  # who is younger has no will the law knows (Civil Code 13)
# What fits many people, as a merchant's first page asks it. Leave to advertise tells nobody who it
# is, but who cannot give a name alone cannot allow what is done with it either.
UNIDENTIFIED = frozenset(BY_NAME) - IDENTIFYING - {MARKETING}


class Band(StrEnum):
    """Who decides: by age in Taipei, or by what a court declared."""

    CHILD = "child"  # seven to eleven
    YOUTH = "youth"  # twelve to seventeen
    UNKNOWN = "unknown"  # the record does not say when they were born
    ADULT = "adult"
    ASSISTED = "assisted"
    GUARDED = "guarded"  # and whoever is under seven


Asking: TypeAlias = tuple[Band, OrganisationKind, bool]  # the last: identified
Table: TypeAlias = Mapping[Asking, Voice]
STRENGTH = (Voice.ALONE, Voice.GUARDIAN_APPROVES, Voice.GUARDIAN_DECIDES)
UNDER_AGE = (Band.CHILD, Band.YOUTH, Band.UNKNOWN)
FLOOR: Table = MappingProxyType(
    {
        # Everyday matters fit for their age are theirs (77); a merchant knowing them is none.
        **{(band, OrganisationKind.MERCHANT, True): Voice.GUARDIAN_APPROVES for band in UNDER_AGE},
        **{(Band.GUARDED, kind, True): Voice.GUARDIAN_DECIDES for kind in OrganisationKind},  # 76
    }
)


def table_of(rows: Mapping[str, Mapping[str, str]]) -> Table:
    """Return the table that settings spell out: by band, then kind, `_identified` or not."""
    return MappingProxyType(
        {
            (Band(band), *_column(column)): Voice(voice)
            for band, row in rows.items()
            for column, voice in row.items()
        }
    )


def _column(name: str) -> tuple[OrganisationKind, bool]:
    kind, _, identified = name.partition("_")
    return OrganisationKind(kind), bool(identified)


def identifies(given: AbstractSet[str]) -> bool:
    """Say whether these claims tell who somebody is."""
    return bool(given - UNIDENTIFIED)


def voice_of(band: Band, kind: OrganisationKind, given: AbstractSet[str], *, table: Table) -> Voice:
    """Return whose word counts if such a member gives these claims to such an organisation.

    What the table does not name needs a guardian.
    """
    if band is Band.ADULT:
        return Voice.ALONE
    asking = (band, kind, identifies(given))
    wanted, least = table.get(asking, Voice.GUARDIAN_APPROVES), FLOOR.get(asking, Voice.ALONE)
    return max(wanted, least, key=STRENGTH.index)


def depends_on_age(kind: OrganisationKind, given: AbstractSet[str], *, table: Table) -> bool:
    """Say whether anybody's age changes the answer: if not, no record has to be opened for it."""
    return any(voice_of(band, kind, given, table=table) is not Voice.ALONE for band in UNDER_AGE)


def band_of(birthdate: object, capacity: Capacity | None, *, now: datetime) -> Band:
    """Return where somebody stands. Of a birth date known in part the latest day counts."""
    if capacity is Capacity.GUARDED:
        return Band.GUARDED
    born, today = _latest(birthdate), taipei_day(now)
    is_minor = born is not None and not reached(born, OF_AGE, today=today)
    if capacity is Capacity.ASSISTED and not is_minor:
        return Band.ASSISTED  # of age, or there would have been no such declaration
    return Band.UNKNOWN if born is None else _by_age(born, today=today)


def _by_age(born: date, *, today: date) -> Band:
    ages = ((WILLED_AT, Band.GUARDED), (YOUTH_AT, Band.CHILD), (OF_AGE, Band.YOUTH))
    younger = (band for years, band in ages if not reached(born, years, today=today))
    return next(younger, Band.ADULT)


def comes_of_age(birthdate: object) -> datetime | None:
    """Return the first moment, in Taipei, at which somebody is surely of age.

    Of a birth date known in part the latest day counts; None if nothing is known.
    """
    born = _latest(birthdate)
    return None if born is None else datetime.combine(birthday(born, OF_AGE), time(), TAIPEI)


def _latest(birthdate: object) -> date | None:
    span = born_between(birthdate)
    return None if span is None or span[1].year + OF_AGE > date.max.year else span[1]
