"""Whose word counts: by age on the day in Taipei, by who asks, by what is given."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent import representation
from consent.representation import UNIDENTIFIED, Voice
from tests import make

MERCHANT, AGENCY = OrganisationKind.MERCHANT, OrganisationKind.AGENCY
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("birthdate", "day"),
    [
        ("2008-11-23", "2026-11-23"),
        ("2008-02-29", "2026-03-01"),
        ("2008-11-00", "2026-11-30"),
        ("2008", "2026-12-31"),
    ],
)
def test_of_age_is_who_surely_is(birthdate: str, day: str) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00:00+08:00")

    assert representation.comes_of_age(birthdate) == midnight
    assert representation.is_minor(birthdate, now=midnight - SECOND)
    assert not representation.is_minor(birthdate, now=midnight)


@pytest.mark.parametrize("birthdate", [None, "", "unknown", 1990, "9990-01-01"])
def test_a_record_without_a_birth_date_is_an_adults(birthdate: object) -> None:
    assert representation.comes_of_age(birthdate) is None
    assert representation.voice_of(birthdate, MERCHANT, frozenset({"name"}), now=make.NOON) is (
        Voice.ALONE
    )


@given(
    st.dates(date(1900, 1, 1), date(2026, 11, 23)),
    st.sampled_from(OrganisationKind),
    st.frozensets(st.sampled_from([*sorted(UNIDENTIFIED), "name", "email", "district"])),
)
def test_only_what_identifies_a_minor_to_a_merchant_needs_a_guardian(
    born: date, kind: OrganisationKind, claims: frozenset[str]
) -> None:
    voice = representation.voice_of(born.isoformat(), kind, claims, now=make.NOON)

    is_minor = born > date(2008, 11, 23)
    needs = is_minor and kind is MERCHANT and bool(claims - UNIDENTIFIED)
    assert (voice is Voice.GUARDIAN_APPROVES) is needs


def test_what_the_table_does_not_name_needs_a_guardian() -> None:
    assert representation.for_a_minor(AGENCY, frozenset(), table={}) is Voice.GUARDIAN_APPROVES
