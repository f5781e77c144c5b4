"""Training: which course, until when it counts, what a newer version demands (5(3))."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from counters import training
from counters.training import Trained
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from tests import make
from tests.counters import town
from tests.make import NOON

DAY = timedelta(days=1)
YEAR = timedelta(days=365)


@pytest.fixture
def person(session: Session) -> UUID:
    return make.a_member(session, "clerk").id


def of(session: Session, person: UUID) -> Trained:
    return training.trained(session, [person])[person]


@pytest.mark.clause("5(3)")
def test_it_counts_for_as_long_as_the_course_says(session: Session, person: UUID) -> None:
    town.trained(session, person, course=town.a_course(session, valid_days=365))

    assert of(session, person) == Trained(town.TODAY + YEAR, town.TODAY + YEAR)


@pytest.mark.clause("5(3)")
def test_days_of_grace_are_counted_down(session: Session, person: UUID) -> None:
    town.trained(session, person, course=town.a_course(session, valid_days=10, grace_days=5))
    found, last = of(session, person), town.TODAY + 15 * DAY

    assert (found.valid_until, found.works_until) == (town.TODAY + 10 * DAY, last)
    assert [found.days_left(last - n * DAY) for n in (31, 30, 1, 0)] == [None, 30, 1, 0]
    assert found.counts_on(last)
    assert not found.counts_on(last + DAY)


@pytest.mark.clause("5(3)")
def test_a_newer_version_calls_back_who_passed_an_earlier_one(
    session: Session, person: UUID
) -> None:
    first = town.a_course(session)
    town.trained(session, person, course=first)
    by = town.TODAY + 20 * DAY
    second = town.a_course(session, 2, refresh_by=by)

    assert of(session, person).works_until == by
    town.trained(session, person, course=second)
    assert of(session, person).works_until == town.TODAY + YEAR


def test_a_newer_version_that_calls_nobody_back_changes_nothing(
    session: Session, person: UUID
) -> None:
    town.trained(session, person, course=town.a_course(session))
    town.a_course(session, 2)

    assert of(session, person).works_until == town.TODAY + YEAR


@pytest.mark.refusal("training.not_passed", "training.day_impossible")
def test_only_who_passed_on_a_day_that_has_come_is_entered(session: Session, person: UUID) -> None:
    course = town.a_course(session, pass_score=70)

    for score in (69, 101, -1):
        with pytest.raises(Refused, match=r"training\.not_passed"):
            training.passed(session, course, member_id=person, on=town.TODAY, score=score, now=NOON)
    with pytest.raises(Refused, match=r"training\.day_impossible"):
        training.passed(session, course, member_id=person, on=town.TODAY + DAY, score=90, now=NOON)
    assert training.trained(session, [person]) == {}


def test_the_same_day_entered_twice_is_once(session: Session, person: UUID) -> None:
    course = town.a_course(session)
    town.trained(session, person, course=course)

    town.trained(session, person, course=course)

    assert of(session, person).works_until == town.TODAY + YEAR


@pytest.mark.refusal("training.course_invalid", "training.course_exists", "training.not_found")
def test_a_course_has_a_version_of_its_own_and_numbers_that_fit(session: Session) -> None:
    town.a_course(session)

    for changes in (
        {"valid_days": 0},
        {"grace_days": -1},
        {"pass_score": 101},
    ):
        with pytest.raises(Refused, match=r"training\.course_invalid"):
            town.a_course(session, 2, **changes)
    with pytest.raises(Refused, match=r"training\.course_invalid"):
        town.a_course(session, 0)
    with pytest.raises(Refused, match=r"training\.course_invalid"):
        training.release(
            session,
            3,
            Bilingual("課程", " "),
            valid_days=1,
            grace_days=0,
            pass_score=0,
            refresh_by=None,
            now=NOON,
        )
    with pytest.raises(Refused, match=r"training\.course_exists"):
        town.a_course(session)
    with pytest.raises(NotFound):
        training.get_course(session, 9)


passes = st.lists(
    st.tuples(st.integers(1, 3), st.dates(date(2026, 1, 1), town.TODAY)), min_size=1, max_size=4
)
refreshers = st.dictionaries(
    st.integers(1, 3), st.none() | st.dates(date(2026, 6, 1), date(2027, 6, 1))
)


@given(passes=passes, refreshers=refreshers, grace=st.integers(0, 20))
def test_who_learns_more_never_works_shorter_and_nobody_outlasts_a_refresher(
    session: Session, passes: list[tuple[int, date]], refreshers: dict[int, date | None], grace: int
) -> None:
    person = make.a_member(session, "clerk").id
    courses = {
        version: town.a_course(
            session, version, grace_days=grace, refresh_by=refreshers.get(version)
        )
        for version in (1, 2, 3)
    }
    found, last = Trained(date.min, date.min), date.min
    for version, on in passes:
        town.trained(session, person, on=on, course=courses[version])
        found = of(session, person)
        assert found.works_until >= last
        assert found.works_until == found.valid_until + timedelta(days=grace)
        last = found.works_until
    newest = max(version for version, _ in passes)
    cuts = [day for version, day in refreshers.items() if day is not None and version > newest]
    assert all(found.valid_until <= cut for cut in cuts)
    session.rollback()
