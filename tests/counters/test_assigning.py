"""What waits for a counter goes on when that one closes: by one statement, once (5(3), 8(2)2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from clients.models import Client
from counters import assigning, cases, register, staff
from counters.case_models import CaseMatter, CaseState
from counters.cases import Clerk, Intake
from counters.models import Counter, District
from kernel.db import Sessions, transaction
from kernel.ids import new_id
from kernel.wording import Bilingual
from members import application_intake, terms
from members.application_forms import Form
from members.application_models import Application, Channel, PersonKind
from members.numbers import check_digit
from tests import make
from tests.counters import town
from tests.make import NOON

MIDNIGHT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # the delegations of town end
NAMES = dict.fromkeys(District, "") | {District.DAAN: "大安區", District.BEITOU: "北投區"}
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def applied(session: Session, district: str = "大安區", number: int = 1) -> UUID:
    first = f"Z1{number:07}"
    form = Form(
        kind=PersonKind.NATIONAL,
        number=first + check_digit(first),
        name="測大安",
        birth_date="1990-01-01",
        district=district,
        terms=terms.OURS.version,
        language="zh-Hant-TW",
    )
    return application_intake.submit(
        session, form, channel=Channel.SITE, keyring=make.KEYRING, now=NOON
    ).application_id


def opened(session: Session, agency: Client, code: str, district: District) -> Counter:
    """Open another counter of the agency."""
    name = Bilingual(f"窗口 {code}", f"Counter {code}")
    counter = town.a_counter(session, agency, code, name=name, district=district)
    town.delegated(session, counter, document_number=code)
    staff.add_desk(session, counter, "1", now=NOON)
    town.trained(session, town.a_clerk(session, counter, f"clerk.{code}"))
    town.a_reader(session, counter, f"R-{code}")
    register.open_(session, counter, now=NOON)
    return counter


def waits_at(session: Session, application_id: UUID) -> UUID | None:
    return session.get_one(Application, application_id, populate_existing=True).assigned_to


@pytest.mark.clause("8(2)2")
def test_an_application_waits_at_an_open_counter_of_its_district(session: Session) -> None:
    at = town.a_town(session)
    far = opened(session, at.agency, "beitou", District.BEITOU)
    here, there = applied(session), applied(session, "北投區", 2)
    nowhere = applied(session, "", 3)

    moved = assigning.assign(session, NAMES, now=NOON)

    assert {waits_at(session, each) for each in (here, nowhere)} <= {at.counter.id, far.id}
    assert waits_at(session, here) == at.counter.id
    assert waits_at(session, there) == far.id
    assert {each.before for each in moved} == {None}
    assert assigning.assign(session, NAMES, now=NOON) == []


@pytest.mark.clause("5(3)")
def test_when_its_counter_closes_it_goes_to_the_next_of_its_district_with_the_least(
    session: Session,
) -> None:
    at = town.a_town(session)
    waiting = applied(session)
    assigning.assign(session, NAMES, now=NOON)
    busy = opened(session, at.agency, "busy", District.DAAN)
    idle = opened(session, at.agency, "idle", District.DAAN)
    opened(session, at.agency, "a-far", District.BEITOU)
    session.get_one(Application, applied(session, number=2)).assigned_to = busy.id
    session.flush()

    register.close(session, at.counter)
    (moved,) = assigning.assign(session, NAMES, now=NOON)

    assert (moved.application_id, moved.before, moved.after) == (waiting, at.counter.id, idle.id)
    assert waits_at(session, waiting) == idle.id


@pytest.mark.clause("5(3)")
@one_database
def test_at_the_midnight_at_which_the_last_delegation_ends_there_is_nowhere_and_it_stays(
    session: Session,
) -> None:
    at = town.a_town(session)
    waiting = applied(session)
    assigning.assign(session, NAMES, now=NOON)

    assert assigning.assign(session, NAMES, now=MIDNIGHT) == []
    assert waits_at(session, waiting) == at.counter.id


@pytest.mark.clause("5(3)")
def test_when_the_last_clerk_lapses_it_goes_on_at_midnight(session: Session) -> None:
    at = town.a_town(session)
    waiting = applied(session)
    assigning.assign(session, NAMES, now=NOON)
    other = opened(session, at.agency, "other", District.BEITOU)
    course = town.a_course(session, 2, refresh_by=town.TODAY)
    clerk = town.a_clerk(session, other, "clerk.new")
    town.trained(session, clerk, course=course)
    past_midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)

    before = assigning.assign(session, NAMES, now=NOON)
    after = assigning.assign(session, NAMES, now=past_midnight)

    assert before == []
    assert [each.after for each in after] == [other.id]
    assert waits_at(session, waiting) == other.id


@pytest.mark.clause("4")
def test_a_forwarded_case_goes_on_as_well_and_says_so(session: Session) -> None:
    at = town.a_town(session)
    closed = opened(session, at.agency, "closed", District.DAAN)
    far = opened(session, at.agency, "far", District.BEITOU)
    intake = Intake(
        matter=CaseMatter.BIND,
        person_kind="national",
        counter_id=at.counter.id,
        clerk_id=at.clerk,
        language="en",
    )
    case = cases.take_in(session, intake, key=b"k" * 32, now=NOON)
    clerk = Clerk(session=session, member_id=new_id(), counter_id=at.counter.id, now=NOON)
    clerk.collect(case)
    clerk.forward(case, closed.id)
    assert assigning.reroute(session, now=NOON) == 0
    opened(session, at.agency, "near", District.DAAN)

    register.close(session, closed)
    moved = assigning.reroute(session, now=NOON)

    session.refresh(case)
    assert moved == 1
    assert case.counter_id not in {closed.id, far.id, at.counter.id}
    assert case.state is CaseState.FORWARDED
    assert cases.events(session, case.id)[-1].reason == "counter.closed"
    assert assigning.reroute(session, now=NOON) == 0


@pytest.mark.clause("5(3)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_workers_one_moves_it_and_a_clerk_who_was_first_keeps_it(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as session:
        at = town.a_town(session)
        for number in range(20):
            applied(session, number=number + 1)
        assigning.assign(session, NAMES, now=NOON)
        opened(session, at.agency, "other", District.DAAN)
        register.close(session, at.counter)
    together = Barrier(2)

    def move(_worker: int) -> int:
        together.wait()
        with transaction(sessions) as session:
            return len(assigning.assign(session, NAMES, now=NOON))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, range(2))) == [0, 20]
