"""Working days: received when the counter is there, due as the calendar says (regulation 8(4))."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from counters import cases, hours, published, register, terms
from counters.case_models import CaseMatter
from counters.cases import Clerk, Intake
from counters.models import Counter
from counters.terms import Workdays
from kernel import calendar
from kernel.calendar import Calendar
from kernel.errors import NotFound, Refused
from members.clocks import Pause
from services import activations, working_days
from tests import make
from tests.counters import town
from tests.make import NOON
from tests.services.city import an_agency

DAY = timedelta(days=1)
FRIDAY = datetime(2026, 2, 13, tzinfo=UTC)  # before the new year's week
LATE = hours.read(dict.fromkeys(hours.DAYS[:5], ("09:00-18:00",)))


def at(hour: int, minute: int, day: datetime = FRIDAY) -> datetime:
    """Return the moment at which clocks in Taipei show this."""
    return day + timedelta(hours=hour - 8, minutes=minute)


@pytest.fixture
def counter(session: Session) -> Counter:
    return town.a_counter(session, make.a_client(session), hours=LATE)


@pytest.mark.clause("8(4)")
def test_filed_on_friday_at_17_59_before_a_long_weekend_it_is_due_as_the_calendar_says(
    session: Session, counter: Counter
) -> None:
    days = terms.workdays(session, counter)

    assert days.received_on(at(17, 59)) == date(2026, 2, 13)
    assert days.due_on(at(17, 59), 5) == date(2026, 3, 2)  # the new year's week and 228


@pytest.mark.clause("8(4)")
def test_filed_after_the_last_hour_it_counts_from_the_next_working_day(
    session: Session, counter: Counter
) -> None:
    days = terms.workdays(session, counter)

    assert days.received_on(at(18, 0)) == date(2026, 2, 23)
    assert days.due_on(at(18, 0), 5) == date(2026, 3, 3)


@pytest.mark.clause("8(4)")
def test_a_typhoon_moves_it(session: Session, counter: Counter) -> None:
    calendar.declare(session, date(2026, 2, 25), is_workday=False, note="颱風")

    assert terms.workdays(session, counter).due_on(at(17, 59), 5) == date(2026, 3, 3)


@pytest.mark.clause("8(4)")
@pytest.mark.refusal("counter.day_past", "counter.incomplete")
def test_a_counters_own_day_off_moves_its_terms_and_nobody_elses(
    session: Session, counter: Counter
) -> None:
    other = town.a_counter(session, make.a_client(session, "parks"), "parks", hours=LATE)
    off = date(2026, 11, 25)
    with pytest.raises(Refused, match=r"counter\.day_past"):
        register.close_on(session, counter, town.TODAY - DAY, "盤點", now=NOON)
    with pytest.raises(Refused, match=r"counter\.incomplete"):
        register.close_on(session, counter, off, " ", now=NOON)

    register.close_on(session, counter, off, "盤點", now=NOON)
    register.close_on(session, counter, off, "又盤點", now=NOON)

    assert terms.workdays(session, counter).due_on(NOON, 2) == date(2026, 11, 26)
    assert terms.workdays(session, other).due_on(NOON, 2) == off
    assert [each.note for each in register.closures(session, counter.id, now=NOON)] == ["盤點"]
    register.work_on(session, counter, off)
    assert terms.workdays(session, counter).due_on(NOON, 2) == off


@pytest.mark.clause("8(4)")
def test_while_the_applicant_is_waited_for_the_clock_stands_still() -> None:
    days, monday = Workdays(Calendar(off=frozenset())), town.TODAY

    assert days.due_on(NOON, 3, pauses=[Pause(monday)]) is None
    assert days.due_on(NOON, 3, pauses=[Pause(monday, monday + 2 * DAY)]) == date(2026, 11, 30)
    assert days.due_on(NOON, 3) == date(2026, 11, 26)


def test_a_saturday_with_hours_receives_but_does_not_count() -> None:
    saturday = datetime(2026, 11, 28, tzinfo=UTC)
    week = hours.read({**dict.fromkeys(hours.DAYS[:5], ("09:00-17:00",)), "sat": ("09:00-12:00",)})
    days = Workdays(Calendar(), week)

    assert days.received_on(at(10, 0, saturday)) == saturday.date()
    assert days.due_on(at(10, 0, saturday), 1) == date(2026, 11, 30)
    assert days.received_on(at(13, 0, saturday)) == date(2026, 11, 30)
    assert days.is_open_at(at(11, 59, saturday))
    assert not days.is_open_at(at(12, 0, saturday))
    assert not days.is_open_at(at(10, 0, saturday + DAY))


@pytest.mark.clause("8(4)")
@pytest.mark.refusal("service.days_impossible")
def test_what_the_public_reads_is_what_a_case_gets(session: Session) -> None:
    agency = an_agency(session)
    working_days.set_days(session, "senior_card", 5, organisation_id=agency.organisation_id)
    services = frozenset({"senior_card", "library_card"})
    counter = town.a_town(session, agency=agency, services=services).counter

    shown = published.counter(session, counter.code, now=NOON)

    read = {each.service.code: each.due_on for each in shown.services}
    of_a_case = terms.workdays(session, counter).due_on(NOON, 5)
    assert read == {"senior_card": of_a_case, "library_card": None}
    online = {each.service.code: each.due_on for each in published.services(session, now=NOON)}
    assert online["senior_card"] == terms.workdays(session).due_on(NOON, 5)
    for impossible in (0, 121):
        with pytest.raises(Refused, match=r"service\.days_impossible"):
            working_days.set_days(
                session, "senior_card", impossible, organisation_id=agency.organisation_id
            )


@pytest.mark.clause("8(4)")
@pytest.mark.parametrize("matter", CaseMatter)
def test_a_case_taken_in_now_is_due_on_the_day_that_is_published_now(
    session: Session, matter: CaseMatter
) -> None:
    agency = an_agency(session)
    working_days.set_days(session, "senior_card", 5, organisation_id=agency.organisation_id)
    at = town.a_town(session, agency=agency, services=frozenset({"senior_card"}))
    register.close_on(session, at.counter, town.TODAY + DAY, "盤點", now=NOON)
    shown = published.counter(session, at.counter.code, now=NOON)
    told = {each.matter: each.due_on for each in shown.matters}
    told[CaseMatter.ACTIVATION] = shown.services[0].due_on

    intake = Intake(
        matter=matter,
        person_kind="national",
        counter_id=at.counter.id,
        clerk_id=at.clerk,
        language="en",
        service="senior_card",
    )
    case = cases.take_in(session, intake, key=b"k" * 32, now=NOON)
    Clerk(session=session, member_id=at.clerk, counter_id=at.counter.id, now=NOON).accept(case)
    working_days.set_days(session, "senior_card", 50, organisation_id=agency.organisation_id)

    assert cases.due(case, terms.workdays(session, at.counter)) == told[matter]


@pytest.mark.refusal("service.not_yours")
def test_only_its_agency_says_how_long_a_service_takes(session: Session) -> None:
    an_agency(session)
    other = make.a_client(session, "parks", organisation=make.words("公園處", "Parks Office"))

    with pytest.raises(Refused, match=r"service\.not_yours"):
        working_days.set_days(session, "senior_card", 5, organisation_id=other.organisation_id)
    assert activations.get_service(session, "senior_card").working_days is None


@pytest.mark.clause("4-II")
def test_a_counter_is_public_once_a_delegation_is_and_until_it_ends(session: Session) -> None:
    counter = town.a_counter(session, make.a_client(session))
    town.delegated(session, counter, is_published=False)

    with pytest.raises(NotFound):
        published.counter(session, counter.code, now=NOON)
    town.delegated(session, counter, document_number="2")
    assert [each.counter for each in published.counters(session, now=NOON)] == [counter]
    assert not published.counter(session, counter.code, now=NOON).is_open_now
    register.end(session, counter, now=NOON)
    assert published.counters(session, now=NOON) == []


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
off = st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=30)


@given(filed=moments, later=st.timedeltas(timedelta(), 9 * DAY), free=off, term=st.integers(1, 20))
def test_later_filings_are_never_due_earlier_and_never_on_a_day_off(
    filed: datetime, later: timedelta, free: frozenset[date], term: int
) -> None:
    days = Workdays(Calendar(off=free))
    first, second = days.due_on(filed, term), days.due_on(filed + later, term)

    assert first is not None
    assert second is not None
    assert first <= second
    assert days.calendar.is_workday(first)
    assert days.received_on(filed) >= filed.date()


# Weekly hours


@pytest.mark.refusal("counter.hours_invalid")
@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"mon": []},
        {"monday": ["09:00-12:00"]},
        {"mon": ["9-12"]},
        {"mon": ["12:00-09:00"]},
        {"mon": ["09:00-24:00"]},
        {"mon": ["09:00-12:00", "11:59-13:00"]},
        {"mon": ["08:00-09:00", "10:00-11:00", "12:00-13:00", "14:00-15:00"]},
        {"mon": ["０９:00-12:00"]},
    ],
)
def test_hours_that_make_no_sense_are_refused(kept: dict[str, list[str]]) -> None:
    with pytest.raises(Refused, match=r"counter\.hours_invalid"):
        hours.read(kept)


def test_hours_are_kept_as_they_are_read() -> None:
    kept = {"mon": ["13:30-17:30", "09:00 – 12:00"], "sat": ["10:00~12:00"]}

    assert hours.read(kept).kept() == {
        "mon": ["09:00-12:00", "13:30-17:30"],
        "sat": ["10:00-12:00"],
    }
