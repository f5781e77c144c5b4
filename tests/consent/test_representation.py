"""Whose word counts: by age on the day in Taipei or by a court, by who asks, by what is given."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent import representation
from consent.models import Voice
from consent.representation import FLOOR, STRENGTH, UNDER_AGE, UNIDENTIFIED, Band, Table
from kernel.settings import Representation
from members.models import Capacity
from tests import make

MERCHANT, AGENCY = OrganisationKind.MERCHANT, OrganisationKind.AGENCY
SECOND = timedelta(seconds=1)
DEFAULT = representation.table_of(Representation().model_dump())

bands, kinds = st.sampled_from(Band), st.sampled_from(OrganisationKind)
claims = st.frozensets(st.sampled_from([*sorted(UNIDENTIFIED), "name", "email", "district"]))
tables: st.SearchStrategy[Table] = st.dictionaries(
    st.tuples(bands, kinds, st.booleans()), st.sampled_from(STRENGTH)
)


def band(birthdate: object, *, now: datetime = make.NOON, capacity: Capacity | None = None) -> Band:
    return representation.band_of(birthdate, capacity, now=now)


@pytest.mark.clause("2(8)1")
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
    assert band(birthdate, now=midnight - SECOND) is Band.YOUTH
    assert band(birthdate, now=midnight) is Band.ADULT


@pytest.mark.parametrize(
    ("birthdate", "expected"),
    [
        ("2014-11-23", Band.YOUTH),
        ("2014-11-24", Band.CHILD),
        ("2019-11-23", Band.CHILD),
        ("2019-11-24", Band.GUARDED),  # under seven: no will the law knows
        ("2030-01-01", Band.GUARDED),
    ],
)
def test_twelve_and_seven_are_counted_in_taipei(birthdate: str, expected: Band) -> None:
    assert band(birthdate) is expected


@pytest.mark.parametrize("birthdate", [None, "", "unknown", 1990, "9990-01-01"])
def test_who_has_no_birth_date_on_record_is_not_taken_for_an_adult(birthdate: object) -> None:
    assert representation.comes_of_age(birthdate) is None
    assert band(birthdate) is Band.UNKNOWN


@pytest.mark.parametrize("birthdate", ["1950-01-01", "2016-05-05", None])
def test_a_declaration_goes_before_age_unless_the_age_is_stricter(birthdate: str | None) -> None:
    assert band(birthdate, capacity=Capacity.GUARDED) is Band.GUARDED
    assisted = band(birthdate, capacity=Capacity.ASSISTED)
    assert assisted is (Band.CHILD if birthdate == "2016-05-05" else Band.ASSISTED)


@given(bands, kinds, claims)
def test_by_default_only_what_identifies_needs_another(
    who: Band, kind: OrganisationKind, given: frozenset[str]
) -> None:
    voice = representation.voice_of(who, kind, given, table=DEFAULT)

    if not given - UNIDENTIFIED or who is Band.ADULT:
        assert voice is Voice.ALONE
    elif who is Band.GUARDED:
        assert voice is Voice.GUARDIAN_DECIDES
    else:
        assert voice is (Voice.GUARDIAN_APPROVES if kind is MERCHANT else Voice.ALONE)


@pytest.mark.clause("10-I(4)")
@given(tables, bands, kinds, claims)
def test_no_table_is_weaker_than_the_law(
    table: Table, who: Band, kind: OrganisationKind, given: frozenset[str]
) -> None:
    voice = representation.voice_of(who, kind, given, table=table)
    least = FLOOR.get((who, kind, bool(given - UNIDENTIFIED)), Voice.ALONE)

    assert STRENGTH.index(voice) >= STRENGTH.index(least)
    assert who is not Band.ADULT or voice is Voice.ALONE


@given(tables, kinds, claims)
def test_a_record_is_opened_whenever_an_age_changes_the_answer(
    table: Table, kind: OrganisationKind, given: frozenset[str]
) -> None:
    voices = {representation.voice_of(each, kind, given, table=table) for each in UNDER_AGE}

    assert representation.depends_on_age(kind, given, table=table) is (voices != {Voice.ALONE})


@pytest.mark.clause("10-I(4)")
@pytest.mark.parametrize(
    ("claim", "voice"),
    [
        ("offer_eligible", Voice.ALONE),  # yes or no to an offer fits many people
        ("age_over_12", Voice.ALONE),
        ("resident_of_taipei", Voice.ALONE),
        ("name", Voice.GUARDIAN_APPROVES),
        ("relay_email", Voice.GUARDIAN_APPROVES),
        ("marketing_allowed", Voice.GUARDIAN_APPROVES),
        ("a claim nobody knows", Voice.GUARDIAN_APPROVES),
    ],
)
def test_a_child_decides_alone_about_what_names_nobody(claim: str, voice: Voice) -> None:
    given = frozenset({"sub", claim})

    assert representation.voice_of(Band.CHILD, MERCHANT, given, table=DEFAULT) is voice


def test_what_the_table_does_not_name_needs_a_guardian() -> None:
    assert representation.voice_of(Band.YOUTH, AGENCY, frozenset(), table={}) is (
        Voice.GUARDIAN_APPROVES
    )
