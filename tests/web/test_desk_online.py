"""What was applied for online waits for a counter, and goes to the Bureau through it (8(2)2)."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from counters.models import Counter, Matter
from members import application_intake, application_looks, terms
from members.application_forms import Form, Permit
from members.application_intake import Receipt
from members.application_models import Application, Channel, PersonKind, State
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import NOBODYS, Office
from web import queue_moves
from web.rooms import Rooms

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
QUEUE = "/counter/online-queue"


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def applied(city: City, district: str = "大安區", **changes: object) -> UUID:
    """Apply online; return the application's id."""
    return submitted(city, a_form(district, **changes)).application_id


def a_form(district: str = "大安區", **changes: object) -> Form:
    fields = {
        "kind": PersonKind.NATIONAL,
        "number": NOBODYS,
        "name": "測大安",
        "birth_date": "1990-01-01",
        "district": district,
        "terms": terms.OURS.version,
        "language": "zh-Hant-TW",
        **changes,
    }
    return Form(**fields)  # type: ignore[arg-type]  # fields of several types


def submitted(city: City, form: Form) -> Receipt:
    with city.database() as session:
        return application_intake.submit(
            session, form, channel=Channel.SITE, keyring=make.KEYRING, now=city.now
        )


def rooms_of(city: City) -> Rooms:
    found = city.app.extensions["taipei_id"]
    assert isinstance(found, Rooms)
    return found


def press(office: Office, application_id: UUID, step: str, **fields: object) -> TestResponse:
    page = office.browser.get(f"{QUEUE}/{application_id}")
    assert page.status_code == 200, page.text
    path = f"{QUEUE}/{application_id}/{step}"
    return office.browser.post(path, {**hidden(page), **fields})


def looks(office: Office) -> int:
    """Count how often somebody looked at an application."""
    found = select(TrailEntry.id).where(TrailEntry.event == "application.viewed")
    with office.city.database() as session:
        return len(session.scalars(found).all())


def state_of(office: Office, application_id: UUID) -> State:
    with office.city.database() as session:
        return session.get_one(Application, application_id).state


@pytest.mark.clause("8(2)2")
def test_an_application_that_waits_here_is_confirmed_and_goes_to_review(office: Office) -> None:
    application_id = applied(office.city)
    assert str(application_id) in office.browser.get(QUEUE).text

    response = press(office, application_id, "confirm", paper=["id_card"])

    assert response.location == QUEUE
    assert state_of(office, application_id) is State.REVIEW
    with office.city.database() as session:
        kept = session.get_one(Application, application_id)
        assert (kept.intake_by, kept.counter_id) == (office.clerk_id, office.counter_id)
    assert office.browser.get(f"{QUEUE}/{application_id}").status_code == 404


@pytest.mark.clause("8(2)2")
@pytest.mark.refusal("case.wrong_state")
@pytest.mark.parametrize("step", ["confirm", "send-back"])
def test_what_was_corrected_since_the_clerk_looked_is_looked_at_again(
    office: Office, step: str
) -> None:
    application_id = applied(office.city)
    looked = office.browser.get(f"{QUEUE}/{application_id}")
    press(office, application_id, "send-back", reason="請更正姓名")
    with office.city.database() as session:
        corrected = a_form(name="測小安")
        application_intake.resubmit(
            session, application_id, corrected, keyring=make.KEYRING, now=office.city.now
        )
    before = looks(office)

    path = f"{QUEUE}/{application_id}/{step}"
    typed = {"paper": ["id_card"], "reason": "請更正地址"}
    response = office.browser.post(path, {**hidden(looked), **typed})

    assert response.status_code == 409
    assert "測小安" in response.text
    assert " checked" not in response.text  # what was ticked was ticked for another form
    assert ">請更正地址</textarea>" in response.text  # words are read again before they are sent
    assert looks(office) == before + 1
    assert state_of(office, application_id) is State.CONFIRMING


@pytest.mark.clause("9")
def test_a_page_shown_again_is_one_more_look_and_keeps_what_was_ticked(office: Office) -> None:
    permit = Permit(until=date(2027, 1, 1))
    application_id = applied(
        office.city, kind=PersonKind.FOREIGN, number="A800000014", permit=permit
    )
    typed = {"paper": ["residence_permit"], "until.residence_permit": "soon"}

    again = press(office, application_id, "confirm", **typed)
    missing = press(office, application_id, "confirm")

    assert (again.status_code, missing.status_code) == (422, 422)
    assert " checked" in again.text
    assert 'value="soon"' in again.text
    assert looks(office) == 4  # two pages opened, and two shown again


@pytest.mark.clause("7(2)", "8(2)2")
@pytest.mark.refusal("case.self_dealing")
def test_no_clerk_confirms_what_names_somebody_close_to_them_as_guardian(office: Office) -> None:
    application_id = applied(office.city)
    parent = office.city.member_id()
    with office.city.database() as session:
        session.get_one(Application, application_id).guardian_id = parent
    offices.let_act_for(office.city, parent, office.clerk_id)

    response = press(office, application_id, "confirm", paper=["id_card"])

    assert response.status_code == 403
    assert "關係人" in response.text
    assert state_of(office, application_id) is State.CONFIRMING


@pytest.mark.clause("8(2)2")
@pytest.mark.refusal("case.documents_missing")
def test_without_the_documents_nothing_reaches_the_bureau(office: Office) -> None:
    application_id = applied(office.city)

    response = press(office, application_id, "confirm")

    assert response.status_code == 422
    assert "國民身分證" in response.text
    assert state_of(office, application_id) is State.CONFIRMING


@pytest.mark.refusal("residency.permit_expired")
def test_a_permit_past_its_day_is_told_and_a_day_that_is_none_is_asked_again(
    office: Office,
) -> None:
    application_id = applied(
        office.city,
        kind=PersonKind.FOREIGN,
        number="A800000014",
        permit=Permit(until=date(2027, 1, 1)),
    )
    papers = {"paper": ["residence_permit"]}

    late = press(
        office, application_id, "confirm", **{"until.residence_permit": "115/11/22"}, **papers
    )
    odd = press(office, application_id, "confirm", **{"until.residence_permit": "soon"}, **papers)

    assert (late.status_code, odd.status_code) == (422, 422)
    assert 'href="#until.residence_permit"' in odd.text
    assert state_of(office, application_id) is State.CONFIRMING


def test_an_application_is_sent_back_with_words_the_applicant_reads(office: Office) -> None:
    application_id = applied(office.city)

    silent = press(office, application_id, "send-back", reason=" ")
    said = press(office, application_id, "send-back", reason="請更正通訊地址")

    assert (silent.status_code, said.status_code) == (422, 303)
    assert state_of(office, application_id) is State.RETURNED


@pytest.mark.clause("8(2)2")
def test_what_waits_elsewhere_is_one_press_away_and_no_name_is_listed(office: Office) -> None:
    offices.another_counter(office)
    application_id = applied(office.city, "信義區")
    queue_moves.run(rooms_of(office.city), now=office.city.now)

    here, everywhere = (office.browser.get(QUEUE + query).text for query in ("", "?all=yes"))

    assert str(application_id) not in here
    assert str(application_id) in everywhere
    assert "測大安" not in everywhere


@pytest.mark.clause("9")
def test_that_a_clerk_looked_at_an_application_is_on_the_trail(office: Office) -> None:
    application_id = applied(office.city)

    office.browser.get(f"{QUEUE}/{application_id}")

    with office.city.database() as session:
        found = select(TrailEntry).where(TrailEntry.event == "application.viewed")
        (line,) = session.scalars(found).all()
        (look,) = application_looks.listed(session, application_id)
    assert (line.actor, line.subject) == (office.clerk_id, application_id)
    assert (look.at, look.office.en) == (office.city.now, "Service counter")


@pytest.mark.refusal("counter.function_not_delegated")
def test_a_counter_for_cards_only_confirms_nothing(city: City) -> None:
    office = offices.open_office(city, matters=frozenset({Matter.CARDS}))

    assert office.browser.get(QUEUE).status_code == 403


@pytest.mark.clause("5(3)")
def test_when_its_counter_closes_another_has_it_and_the_applicant_reads_that(
    office: Office,
) -> None:
    other, rooms = offices.another_counter(office), rooms_of(office.city)
    browser = Browser(office.city)
    receipt = submitted(office.city, a_form())
    number, code = receipt.number, receipt.secret
    queue_moves.run(rooms, now=office.city.now)
    assert number in office.browser.get(QUEUE).text

    with office.city.database() as session:
        session.get_one(Counter, office.counter_id).opened_at = None
    queue_moves.run(rooms, now=office.city.now)
    queue_moves.run(rooms, now=office.city.now)

    assert number in other.browser.get(QUEUE).text
    browser.submit(browser.get("/track"), number=number, secret=code)
    page = browser.get("/track/application").text
    assert "/counters/xinyi" in page
    assert page.count("原來的窗口沒有開放，改由「信義測試窗口」確認。") == 1
    with office.city.database() as session:
        found = select(TrailEntry.detail).where(TrailEntry.event == "application.assigned")
        first, second = session.scalars(found.order_by(TrailEntry.id)).all()
    assert (first["before"], second["before"]) == ("", str(office.counter_id))
    assert second["counter"] == str(other.counter_id)
