"""Decide whether a member decides alone or a guardian must approve (Civil Code 12, 13, 77-79).

Pure and total. The table is data: which kind of organisation, identified or not, needs whom.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType

from clients.models import OrganisationKind
from consent.catalogue import ALWAYS
from consent.derived import AGES
from kernel.clock import TAIPEI
from members.facts import birthday, born_between

OF_AGE = 18
# What says nothing about who it is: a name for one client only, of age or not.
UNIDENTIFIED = frozenset({ALWAYS, *(f"age_over_{years}" for years in AGES)})


class Voice(StrEnum):
    """Whose word counts."""

    ALONE = "alone"
    GUARDIAN_APPROVES = "guardian_approves"


Table = Mapping[tuple[OrganisationKind, bool], Voice]
MINORS: Table = MappingProxyType(
    {
        (OrganisationKind.AGENCY, False): Voice.ALONE,
        (OrganisationKind.AGENCY, True): Voice.ALONE,  # everyday matters fit for age (CC 77)
        (OrganisationKind.MERCHANT, False): Voice.ALONE,
        (OrganisationKind.MERCHANT, True): Voice.GUARDIAN_APPROVES,
    }
)


def for_a_minor(kind: OrganisationKind, given: AbstractSet[str], *, table: Table = MINORS) -> Voice:
    """Return whose word counts if a minor gives these claims to such an organisation."""
    return table.get((kind, bool(given - UNIDENTIFIED)), Voice.GUARDIAN_APPROVES)


def comes_of_age(birthdate: object) -> datetime | None:
    """Return the first moment, in Taipei, at which somebody is surely of age.

    Of a birth date known in part the latest day counts; None if nothing is known.
    """
    span = born_between(birthdate)
    if span is None or span[1].year + OF_AGE > date.max.year:
        return None
    return datetime.combine(birthday(span[1], OF_AGE), time(), TAIPEI)


def is_minor(birthdate: object, *, now: datetime) -> bool:
    """Say whether somebody is under eighteen; a record without a birth date is an adult's."""
    moment = comes_of_age(birthdate)
    return moment is not None and now < moment


def voice_of(
    birthdate: object,
    kind: OrganisationKind,
    given: AbstractSet[str],
    *,
    now: datetime,
    table: Table = MINORS,
) -> Voice:
    """Return whose word counts if the member gives these claims to such an organisation."""
    if not is_minor(birthdate, now=now):
        return Voice.ALONE
    return for_a_minor(kind, given, table=table)
