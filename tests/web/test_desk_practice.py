"""At a training counter clerks practise on synthetic people, who are nobody elsewhere (5(3))."""

import pytest

from audit import figures
from clients import registry
from counters import staff, synthetic
from counters.case_models import CaseState
from tests import make
from tests.counters import town
from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import MEI, PAPERS, Office
from tests.web.outbox import World
from web import figure_keeping

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SYNTHETIC = synthetic.PEOPLE[0][0]


@pytest.fixture
def office(city: City) -> Office:
    """Open a real counter, with synthetic people in the city."""
    with city.database() as session:
        synthetic.seed(session, keyring=make.KEYRING, now=city.now)
    return offices.open_office(city)


@pytest.fixture
def practice(office: Office) -> Office:
    """Open a training counter beside it: nobody there is trained, and nothing delegated."""
    city = office.city
    with city.database() as session:
        agency = registry.get(session, "library")
        counter = town.a_counter(session, agency, "practice", is_training=True)
        staff.add_desk(session, counter, "1", now=city.now)
        town.a_reader(session, counter, "R-P")
        counter.opened_at = city.now
        counter_id = counter.id
    browser, clerk_id = offices.a_clerk(city, counter_id, "learner")
    return Office(city, browser, counter_id, clerk_id, office.mei)


@pytest.mark.clause("5(3)")
def test_who_learns_takes_a_synthetic_person_through_a_whole_case(practice: Office) -> None:
    number = practice.opened(idno=SYNTHETIC, matter="change")

    page = practice.browser.get(f"/counter/cases/{number}").text
    assert "練習用" in page
    assert practice.step(number, "finish").status_code == 303
    assert practice.step(number, "close").status_code == 303
    assert practice.case(number).state is CaseState.CLOSED


@pytest.mark.clause("5(3)")
def test_practice_is_no_figure(office: Office, practice: Office) -> None:
    practice.opened(idno=SYNTHETIC, matter="change")
    office.opened(matter="change")
    city = office.city
    city.wait(days=1)

    assert figure_keeping.run(city.sessions, now=city.now) > 0

    with city.database() as session:
        last = figures.last_day(session)
        assert last is not None
        found = figures.read(session, [figure_keeping.CASES], since=last, until=last)
        assert sum(each.count for each in found) == 1


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.training_only")
def test_nobody_real_is_served_there_nor_made_a_member(practice: Office) -> None:
    refused = practice.take_in(idno=MEI)
    joining = practice.take_in(
        ("applicant.application_form", "applicant.id_card"), matter="join", idno=offices.NOBODYS
    )

    assert (refused.status_code, joining.status_code) == (403, 403)
    assert "這裡只供練習" in refused.text
    assert 'value="join"' not in practice.browser.get("/counter/intake").text
    for path in ("/counter/online-queue", "/clerk/changes", "/clerk/passwords"):
        assert practice.browser.get(path).status_code == 403
        assert path not in practice.browser.get("/counter").text


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.synthetic_person")
def test_a_synthetic_person_is_nobody_at_a_real_counter(office: Office) -> None:
    refused = office.take_in(idno=SYNTHETIC)

    assert refused.status_code == 403
    assert "虛構人物" in refused.text


def test_whoever_really_has_that_number_is_served_at_a_real_counter(office: Office) -> None:
    offices.enter_number(office.city, office.city.enrol("really"), SYNTHETIC)

    assert office.opened(idno=SYNTHETIC)


def test_a_case_of_practice_is_forwarded_to_no_real_counter(
    office: Office, practice: Office
) -> None:
    query = {"matter": "bind", "kind": "national", "age": "adult"}
    page = practice.browser.get("/counter/intake", query)

    form = {
        **hidden(page),
        "idno": SYNTHETIC,
        "paper": list(PAPERS),
        "collected_for": str(office.counter_id),
    }
    assert practice.browser.post("/counter/intake", form).status_code == 404
    assert f'<option value="{office.counter_id}"' not in page.text
    again = office.browser.get("/counter/intake", query).text
    assert str(practice.counter_id) not in again


def test_they_are_entered_once(office: Office) -> None:
    with office.city.database() as session:
        assert synthetic.seed(session, keyring=make.KEYRING, now=office.city.now) == 0


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.training_only")
def test_nobody_real_is_entered_as_guardian_there(practice: Office) -> None:
    city = practice.city
    number = practice.opened(idno=SYNTHETIC, matter="change")
    path = f"/counter/cases/{number}/law/guardian"
    court = {"relation": "guardian", "seen": "yes"}
    declared = {"capacity": "guarded", "decree": "1", "declared_on": "115/11/01", "seen": "yes"}
    practice.press(number, f"/counter/cases/{number}/law/declare", **declared)

    real = practice.press(number, path, guardian_idno=MEI, **court)
    told = World(city).told()
    synthetic_one = practice.press(number, path, guardian_idno=synthetic.PEOPLE[3][0], **court)

    assert (real.status_code, synthetic_one.status_code) == (403, 303)
    assert "這裡只供練習" in real.text
    assert told.count("law.noted") == 1
