"""A clerk prints a code to reset a password, in an open case for it and in no other (7(8), 9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from counters import cases
from members import capacities
from members.models import Capacity
from tests.counters import town
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import MEI, NOBODYS, PROXY, Office
from tests.web.recovering import NEW
from tests.web.test_desk_intake import CHILD, LETTER, WITH_LETTER
from tests.web.test_recovery_wards import SLIP

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def print_slip(office: Office, case: str, number: str = MEI) -> TestResponse:
    page = office.browser.get("/clerk/passwords")
    return office.browser.submit(page, number=number, case=case)


@pytest.mark.clause("7(8)")
def test_a_counter_prints_a_code_for_who_shows_a_document(office: Office) -> None:
    printed = print_slip(office, office.opened(matter="recovery"))

    code = SLIP.search(printed.text)
    assert code is not None
    assert MEI not in printed.text
    browser = Browser(office.city)
    page = browser.get("/recover/slip")
    done = browser.submit(page, code=code[0], new_password=NEW, repeat_password=NEW)
    assert done.location == "/account/login?done=reset"
    with office.city.database() as session:
        found = select(LedgerLine.kind).where(LedgerLine.member_id == office.mei)
        assert {Kind.VIEWED, Kind.SLIP_PRINTED, Kind.PASSWORD_RESET} <= set(session.scalars(found))


@pytest.mark.refusal("recovery.identity_unproven")
@pytest.mark.parametrize("number", [NOBODYS, "A123456780", ""])
def test_without_a_member_no_code_is_printed(office: Office, number: str) -> None:
    refused = print_slip(office, office.opened(matter="recovery"), number)

    assert refused.status_code in {403, 422}
    assert 'id="number-error"' in refused.text
    assert SLIP.search(refused.text) is None


@pytest.mark.refusal("update.channel_not_approved")
@pytest.mark.refusal("case.not_about_them")
@pytest.mark.parametrize("case", [" ", "C-7", "NOTHING2", "％"])
def test_without_a_case_no_code_is_printed(office: Office, case: str) -> None:
    refused = print_slip(office, case)

    assert 'id="case-error"' in refused.text
    assert SLIP.search(refused.text) is None


@pytest.mark.clause("9")
@pytest.mark.refusal("case.not_about_them")
def test_somebody_elses_case_and_another_counters_are_no_reason(office: Office) -> None:
    offices.enter_number(office.city, office.city.enrol("other"), PROXY)
    theirs = office.opened(matter="recovery", idno=PROXY)
    elsewhere = offices.another_counter(office).opened(matter="recovery")

    for number in (theirs, elsewhere):
        assert print_slip(office, number).status_code == 422


@pytest.mark.refusal("case.wrong_state")
def test_a_case_for_something_else_or_one_that_is_done_is_no_reason(office: Office) -> None:
    done = office.opened(matter="recovery")
    office.step(done, "finish")

    assert print_slip(office, office.opened(matter="change")).status_code == 409
    assert print_slip(office, done).status_code == 409
    office.step(done, "close")
    assert print_slip(office, done).status_code == 422


@pytest.mark.clause("7(8)")
@pytest.mark.refusal("member.guardian_required")
def test_a_childs_guardian_comes_along_whatever_age_the_clerk_chose(office: Office) -> None:
    offices.enter_number(office.city, office.city.enrol("an", birthdate="2016-05-05"), PROXY)

    alone = office.refusal(office.take_in(matter="recovery", age="adult", idno=PROXY))
    together = office.opened(*CHILD, matter="recovery", age="child", idno=PROXY)

    assert "法定代理人" in alone.text
    assert SLIP.search(print_slip(office, together, PROXY).text)


@pytest.mark.clause("7(8)")
@pytest.mark.refusal("member.guardian_required")
def test_no_code_is_printed_for_who_needs_a_guardian_that_was_not_here(office: Office) -> None:
    number = office.opened(matter="recovery")
    with office.city.database() as session:  # since then the court's word came in
        capacities.note(
            session,
            office.mei,
            Capacity.GUARDED,
            source="1",
            declared_on=town.TODAY,
            now=office.city.now,
        )

    refused = print_slip(office, number)

    assert refused.status_code == 422
    assert SLIP.search(refused.text) is None


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.cooling_off")
def test_a_proxys_case_waits_until_the_principal_could_object(office: Office) -> None:
    number = office.opened(matter="recovery")
    with office.city.database() as session:
        cases.get(session, number).held_until = office.city.now + timedelta(hours=72)

    assert SLIP.search(print_slip(office, number).text) is None
    office.city.wait(hours=73)
    offices.staff_again(office)
    assert SLIP.search(print_slip(office, number).text)


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_no_clerk_prints_a_code_for_their_own_child_though_a_colleague_opened_the_case(
    office: Office,
) -> None:
    number = office.opened(matter="recovery")
    offices.let_act_for(office.city, office.clerk_id, office.mei)

    refused = print_slip(office, number)

    assert refused.status_code == 403
    assert SLIP.search(refused.text) is None


@pytest.mark.clause("9")
def test_who_printed_a_code_for_whom_is_on_the_trail(office: Office) -> None:
    number = office.opened(matter="recovery")

    print_slip(office, number)

    with office.city.database() as session:
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "reset.printed")).one()
    assert (entry.actor, entry.subject) == (office.clerk_id, office.mei)
    assert entry.detail["case"] == number


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.poa_expired")
@pytest.mark.parametrize(("hours", "printed"), [(73, True), (24 * 5, False)])
def test_a_letter_that_ran_out_while_its_case_waited_prints_no_code(
    office: Office, hours: int, *, printed: bool
) -> None:
    letter = {**LETTER, "letter_matter": ("recovery",), "ends_on": "2026-11-27"}
    number = office.opened(*WITH_LETTER, matter="recovery", **letter)
    office.city.wait(hours=hours)
    offices.staff_again(office)

    answer = print_slip(office, number)

    assert bool(SLIP.search(answer.text)) is printed
    assert ("委託書已逾期" in answer.text) is not printed
