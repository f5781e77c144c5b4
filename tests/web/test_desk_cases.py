"""One case on one screen: faces, carriers, steps, and the guards at its end (7(3), 7(4), 7(6))."""

from dataclasses import replace
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import delete, event, select
from werkzeug.test import TestResponse

from adapters.keycard.adapter import KeyCardAdapter
from adapters.smartcard.adapter import SmartcardAdapter
from audit.models import TrailEntry
from carriers import loss_reports
from carriers.models import Binding, CarrierEvent, Happening, Place, Suspension
from counters.case_models import CaseState
from idp import acr
from kernel.errors import Refused
from members import application_steps
from members.application_models import Application, State
from tests import make
from tests.chips import Chip
from tests.flows.browser import hidden
from tests.flows.provider import ISSUER, City
from tests.smartcard.reader import a_city_card, an_adapter
from tests.web import office as offices
from tests.web.office import Office
from tests.web.outbox import World
from tests.web.test_cards import use
from tests.web.test_case_letters import joining, the_link
from tests.web.test_chip_cards import sign
from tests.web.test_desk_intake import CHILD, JOINS, LETTER, WITH_LETTER

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


@pytest.fixture
def cards(city: City) -> SmartcardAdapter:
    """Take cards and chip cards in this city."""
    adapter = an_adapter()
    rooms = city.app.extensions["taipei_id"]
    chips = KeyCardAdapter(b"k" * 32)
    adapters = {**rooms.adapters, adapter.name: adapter, "key-card": chips}
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)
    return adapter


def compare(office: Office, number: str, printed: str, **more: str) -> TestResponse:
    return office.press(number, f"/counter/cases/{number}/face", printed=printed, **more)


def attested(office: Office, number: str, printed: str = "陳美玉") -> None:
    assert compare(office, number, printed, attested="yes").status_code == 303


def bound_here(office: Office, number: str) -> TestResponse:
    page = office.browser.get(f"/counter/cases/{number}/bind/card")
    assert page.status_code == 200, page.text
    cards = office.city.app.extensions["taipei_id"].adapters["smartcard"]
    return use(office.browser, page, a_city_card(cards), name="My card")


def finished(office: Office, number: str) -> TestResponse:
    done = office.step(number, "finish")
    return office.step(number, "close") if done.status_code == 303 else done


# The face


@pytest.mark.clause("7(3)")
def test_the_face_is_compared_side_by_side_and_attested(office: Office) -> None:
    number = office.opened()

    page = compare(office, number, "陳美玉")

    assert page.text.count("陳美玉") >= 2
    assert "相同" in page.text
    assert office.case(number).face_checked_at is None
    attested(office, number)
    assert office.case(number).face_checked_at is not None
    assert "卡面核對：相同" in office.browser.get(f"/counter/cases/{number}").text


@pytest.mark.clause("7(3)")
@pytest.mark.refusal("carrier.visible_info_mismatch")
@one_database
def test_what_does_not_fit_is_shown_and_blocks_whatever_is_pressed(office: Office) -> None:
    number = office.opened()

    for more in ({}, {"attested": "yes"}):
        page = compare(office, number, "王大明", **more)
        assert page.status_code == 422
        assert "卡面資訊和申請人的資料不符" in page.text
        assert 'id="attest_face"' not in page.text
    with office.city.database() as session:
        card = offices.bound_card(session, office.mei)
    marked = office.press(number, f"/counter/cases/{number}/carriers/{card}/mark")
    assert marked.status_code == 422


@pytest.mark.clause("9")
@one_database
def test_the_name_is_masked_until_a_card_is_compared(office: Office) -> None:
    number = office.opened()

    assert "陳美玉" not in office.browser.get(f"/counter/cases/{number}").text
    compare(office, number, "陳美玉")
    world = World(office.city)
    assert [line.detail.get("case") for line in offices.views_of(world.city, office.mei)] == [
        number,
        number,
    ]


# Binding


@pytest.mark.clause("7(6)1")
@pytest.mark.clause("2(8)7")
@pytest.mark.usefixtures("cards")
def test_a_card_is_bound_at_the_desk_marked_and_the_case_closed(office: Office) -> None:
    number = office.opened()
    attested(office, number)

    assert bound_here(office, number).location == f"/counter/cases/{number}"
    (card,) = office.carriers(number)
    assert office.press(number, f"/counter/cases/{number}/carriers/{card}/mark").status_code == 303
    assert finished(office, number).status_code == 303

    with office.city.database() as session:
        binding = session.scalars(select(Binding)).one()
        happened = session.scalars(select(CarrierEvent).order_by(CarrierEvent.id)).all()
    assert (binding.member_id, binding.bound_where) == (office.mei, Place.COUNTER)
    assert binding.bound_acr == acr.ACR[2]
    assert [(each.happening, each.actor) for each in happened] == [
        (Happening.BOUND, office.clerk_id),
        (Happening.FACE_MARKED, office.clerk_id),
    ]
    assert happened[-1].reason == "daan"
    assert office.case(number).state is CaseState.CLOSED
    assert {"carrier.added", "case.news"} <= set(World(office.city).told())


@pytest.mark.clause("7(6)1")
@pytest.mark.refusal("carrier.already_bound")
@pytest.mark.usefixtures("cards")
@one_database
def test_a_card_of_somebody_else_is_not_bound(office: Office) -> None:
    offices.enter_number(office.city, office.city.enrol("other"), offices.PROXY)
    bound_here(office, office.opened(idno=offices.PROXY))
    number = office.opened()

    response = bound_here(office, number)

    assert response.status_code == 409
    assert office.carriers(number) == []


@pytest.mark.usefixtures("cards")
@one_database
def test_a_chip_card_is_bound_at_the_desk_and_a_foreign_one_is_told(office: Office) -> None:
    number, chip = office.opened(), Chip(origin=ISSUER)
    path = f"/counter/cases/{number}/bind/chip-card"

    wrong = sign(office.browser, office.browser.get(path), chip.at("https://evil.invalid"))
    right = sign(office.browser, office.browser.get(path), chip, name="Badge")

    assert wrong.status_code == 422
    assert right.location == f"/counter/cases/{number}"


@pytest.mark.clause("7(6)1")
@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_clerks_who_bind_one_card_at_once_one_wins(office: Office) -> None:
    offices.enter_number(office.city, office.city.enrol("other"), offices.PROXY)
    browser, _ = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    second = replace(office, browser=browser)
    desks = [(office, office.opened()), (second, second.opened(idno=offices.PROXY))]
    together, statuses = Barrier(2), list[int]()

    def bind(desk: Office, number: str) -> None:
        together.wait()
        statuses.append(bound_here(desk, number).status_code)

    threads = [Thread(target=bind, args=each) for each in desks]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(statuses) == [303, 409]


# The end of a case


@pytest.mark.clause("7(4)")
@pytest.mark.refusal("case.no_carrier_bound")
@one_database
def test_a_case_is_not_closed_before_something_is_bound(office: Office) -> None:
    number = office.opened()

    closed = finished(office, number)

    assert closed.status_code == 409
    assert "結案前至少要綁定" in closed.text
    assert office.case(number).state is CaseState.FULFILLED


@pytest.mark.clause("7(4)")
@pytest.mark.refusal("carrier.last_one")
@one_database
def test_the_last_carrier_is_not_unbound_before_another_is_there(office: Office) -> None:
    with office.city.database() as session:
        first = offices.bound_card(session, office.mei)
    number = office.opened(matter="unbind")
    path = f"/counter/cases/{number}/carriers/{first}/remove"

    last = office.press(number, path)
    with office.city.database() as session:
        offices.bound_card(session, office.mei, "8" * 64)
    then = office.press(number, path)

    assert (last.status_code, then.status_code) == (409, 303)
    assert "carrier.removed" in World(office.city).told()


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.poa_expired")
@one_database
def test_nothing_is_unbound_by_a_letter_that_ran_out_while_the_case_waited(office: Office) -> None:
    with office.city.database() as session:
        first = offices.bound_card(session, office.mei)
        offices.bound_card(session, office.mei, "8" * 64)
    letter = {**LETTER, "letter_matter": ("unbind",), "ends_on": "2026-11-23"}
    number = office.opened(*WITH_LETTER, matter="unbind", **letter)
    office.city.wait(hours=25)
    offices.staff_again(office)

    late = office.press(number, f"/counter/cases/{number}/carriers/{first}/remove")

    assert "委託書已逾期" in late.text
    with office.city.database() as session:
        assert session.get_one(Binding, first).released_at is None


@pytest.mark.clause("7(7)")
@one_database
def test_a_loss_stops_one_card_at_once_and_leaves_the_others(office: Office) -> None:
    with office.city.database() as session:
        lost = offices.bound_card(session, office.mei)
        kept = offices.bound_card(session, office.mei, "8" * 64)
    number = office.opened("applicant.id_card", matter="loss")

    office.press(number, f"/counter/cases/{number}/carriers/{lost}/lost")

    with office.city.database() as session:
        assert session.get_one(Binding, lost).suspension is Suspension.LOST
        assert session.get_one(Binding, kept).is_usable
    assert finished(office, number).status_code == 303
    assert "carrier.lost" in World(office.city).told()


@pytest.mark.clause("7(7)")
@pytest.mark.refusal("carrier.reported_lost")
@one_database
def test_a_loss_that_was_reported_before_is_final_once_its_owner_says_so_here(
    office: Office,
) -> None:
    city = office.city
    with city.database() as session:
        lost = offices.bound_card(session, office.mei)
        loss_reports.report(session, office.mei, now=city.now)
    number = office.opened("applicant.id_card", matter="loss")
    assert f'id="lost_{lost}"' in office.browser.get(f"/counter/cases/{number}").text

    assert office.press(number, f"/counter/cases/{number}/carriers/{lost}/lost").status_code == 303

    assert f'id="lost_{lost}"' not in office.browser.get(f"/counter/cases/{number}").text
    with city.database() as session:
        with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
            loss_reports.take_back(session, session.get_one(Binding, lost), now=city.now)
        found = select(TrailEntry).where(TrailEntry.event == "carrier.loss_confirmed")
        entry = session.scalars(found).one()
    assert (entry.actor, entry.subject) == (office.clerk_id, office.mei)


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.not_approved")
@pytest.mark.usefixtures("cards")
@one_database
def test_before_the_bureau_approves_nothing_is_bound_and_afterwards_it_is(
    office: Office,
) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    early = bound_here(office, number)
    assert office.step(number, "finish").status_code == 403
    with office.city.database() as session:
        session.scalars(select(Application)).one().member_id = office.mei

    assert early.status_code == 403
    assert bound_here(office, number).status_code == 303
    assert finished(office, number).status_code == 303
    assert office.case(number).member_id == office.mei


@pytest.mark.clause("4")
@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize("step", ["stop", "not-accept"])
@one_database
def test_an_application_ends_with_the_case_that_came_to_nothing(office: Office, step: str) -> None:
    desk = office
    if step == "not-accept":
        desk = offices.another_counter(office)
        number = office.opened(*CHILD, age="child", **JOINS, collected_for=str(desk.counter_id))
    else:
        number = office.opened(*CHILD, age="child", **JOINS)

    assert desk.step(number, step, reason="case.identity_unverifiable").status_code == 303

    with office.city.database() as session:
        application = session.scalars(select(Application)).one()
        assert application.state is State.WITHDRAWN
        last = application_steps.history(session, application, keyring=make.KEYRING)[-1]
        assert last.actor == desk.clerk_id


@pytest.mark.clause("8(4)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("by", ["clerk", "principal"])
def test_who_ends_a_case_locks_its_application_first_as_one_who_applies_anew(
    office: Office, by: str
) -> None:
    number = office.opened(*WITH_LETTER, **joining(office))
    link = the_link(office)
    free: list[object] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("UPDATE counter_case"):
            with office.city.database() as other:
                unlocked = select(Application.id).with_for_update(skip_locked=True)
                free.append(other.scalars(unlocked).all())

    engine = office.city.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", look)
    try:
        if by == "clerk":
            office.step(number, "stop")
        else:
            office.browser.post("/not-me", hidden(office.browser.get(link)))
    finally:
        event.remove(engine, "before_cursor_execute", look)

    assert office.case(number).state is CaseState.STOPPED
    assert free == [[]]


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.wrong_state")
@one_database
def test_only_the_bureau_turns_down_who_wants_to_join(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)

    assert "step_refuse" not in office.browser.get(f"/counter/cases/{number}").text
    early = office.step(number, "refuse", reason="case.identity_unverifiable")
    assert (early.status_code, office.case(number).state) == (409, CaseState.IN_PROCESS)

    with office.city.database() as session:
        session.scalars(select(Application)).one().state = State.REJECTED
    assert "step_refuse" in office.browser.get(f"/counter/cases/{number}").text
    refused = office.step(number, "refuse", reason="case.identity_unverifiable")
    assert (refused.status_code, office.case(number).state) == (303, CaseState.DECIDED)


@one_database
def test_a_case_outlives_the_application_that_was_destroyed(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    with office.city.database() as session:
        session.scalars(select(Application)).one().state = State.REJECTED
    office.step(number, "refuse", reason="case.identity_unverifiable")
    with office.city.database() as session:
        session.execute(delete(Application))

    assert office.browser.get(f"/counter/cases/{number}").status_code == 200
    assert office.browser.get(f"/counter/cases/{number}/slip").status_code == 200
    assert office.browser.get(f"/counter/cases/{number}/letter").status_code == 409  # to nobody
    assert office.step(number, "close").status_code == 303
    assert office.case(number).state is CaseState.CLOSED


@pytest.mark.refusal("member.not_approved")
@one_database
def test_nobody_is_made_of_an_application_that_was_destroyed(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    with office.city.database() as session:
        session.execute(delete(Application))

    assert office.step(number, "finish").status_code == 403
    assert office.step(number, "stop").status_code == 303


# Steps


@pytest.mark.clause("8(4)")
@one_database
def test_the_clock_stands_still_while_the_applicant_is_asked(office: Office) -> None:
    number = office.opened(matter="change")
    office.step(number, "wait", reason="case.documents_missing")

    assert "等候補正" in office.browser.get(f"/counter/cases/{number}").text
    assert "停算" in office.browser.get("/counter").text
    office.step(number, "go-on")
    assert office.case(number).state is CaseState.IN_PROCESS
    assert "case.news" in World(office.city).told()


@one_database
def test_what_is_refused_names_its_reason_and_closes_without_a_carrier(office: Office) -> None:
    number = office.opened()

    office.step(number, "refuse", reason="eligibility.agency_rule")
    assert office.step(number, "close").status_code == 303

    assert office.case(number).reason == "eligibility.agency_rule"


@pytest.mark.refusal("case.reason_missing")
@pytest.mark.parametrize("step", ["wait", "refuse"])
@one_database
def test_no_step_is_taken_for_a_reason_that_is_none(office: Office, step: str) -> None:
    number = office.opened()

    assert office.step(number, step, reason="because").status_code == 422
    assert office.case(number).state is CaseState.IN_PROCESS


@one_database
def test_a_person_takes_their_case_back(office: Office) -> None:
    number = office.opened()

    office.step(number, "stop")

    assert office.case(number).state is CaseState.STOPPED
    assert office.step(number, "finish").status_code == 409


@pytest.mark.clause("4")
@pytest.mark.refusal("case.service_out_of_scope")
@one_database
def test_the_counter_it_was_forwarded_to_may_not_accept_it_and_prints_why(
    office: Office,
) -> None:
    other = offices.another_counter(office)
    number = office.opened(collected_for=str(other.counter_id))

    other.step(number, "not-accept", reason="case.service_out_of_scope")

    slip = office.browser.get(f"/counter/cases/{number}/slip").text
    assert "不予受理通知單" in slip
    assert "第 5(4) 點" in slip


@pytest.mark.clause("9")
@pytest.mark.refusal("case.wrong_state")
@pytest.mark.parametrize(
    "path", ["carriers/{card}/lost", "carriers/{card}/mark", "new-card", "face"]
)
@one_database
def test_the_counter_that_collected_a_case_takes_no_step_in_it(office: Office, path: str) -> None:
    with office.city.database() as session:
        card = offices.bound_card(session, office.mei)
    other = offices.another_counter(office)
    papers = ("applicant.id_card",)
    number = office.opened(*papers, matter="loss", collected_for=str(other.counter_id))
    other.step(number, "accept")

    refused = office.press(number, f"/counter/cases/{number}/{path.format(card=card)}")

    assert refused.status_code == 409
    page = office.browser.get(f"/counter/cases/{number}").text
    assert 'id="step_' not in page
    assert 'id="lost_' not in page
    with office.city.database() as session:
        assert session.get_one(Binding, card).is_usable


@pytest.mark.clause("2(8)6")
@pytest.mark.clause("7(5)")
@pytest.mark.refusal("service.review_pending")
@one_database
def test_an_activation_is_done_when_its_own_agency_noted_it_and_not_another(
    office: Office,
) -> None:
    services = offices.two_services(office.city)
    papers = (*offices.PAPERS, "applicant.annex_form", "applicant.evidence")
    number = office.opened(*papers, matter="activation", service=services[0])
    with office.city.database() as session:
        offices.bound_card(session, office.mei)

    offices.note(office.city, services[1], office.mei, number)
    early = office.step(number, "finish")
    offices.note(office.city, services[0], office.mei, number)

    assert early.status_code == 409
    assert finished(office, number).status_code == 303


# What is not there, or not theirs


@pytest.mark.refusal("case.not_found")
@one_database
def test_the_cases_of_another_counter_are_nobody_s_here(office: Office) -> None:
    number = office.opened()
    refusal = office.take_in(("applicant.application_form",)).location
    other = offices.another_counter(office)

    for path in (
        f"/counter/cases/{number}",
        f"/counter/cases/{number}/slip",
        "/counter/cases/NOSUCHNO",
        refusal,
        "/counter/refusals/NOSUCHNO",
    ):
        assert other.browser.get(path).status_code == 404
    token = hidden(other.browser.get("/counter"))
    for path in ("finish", "face", f"carriers/{NOBODY}/lost", "bind/card"):
        response = other.browser.post(f"/counter/cases/{number}/{path}", token)
        assert response.status_code == 404


@one_database
def test_a_matter_has_its_own_acts_only(office: Office) -> None:
    with office.city.database() as session:
        card = offices.bound_card(session, office.mei)
    number = office.opened()

    for step in ("remove", "lost"):
        path = f"/counter/cases/{number}/carriers/{card}/{step}"
        assert office.press(number, path).status_code == 409
    assert (
        office.press(number, f"/counter/cases/{number}/carriers/{NOBODY}/mark").status_code == 404
    )


@pytest.mark.refusal("case.self_dealing")
@one_database
def test_a_clerk_does_not_even_open_a_case_of_their_own(office: Office) -> None:
    browser, clerk_id = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    offices.enter_number(office.city, clerk_id, offices.PROXY)
    number = office.opened(idno=offices.PROXY)

    assert browser.get(f"/counter/cases/{number}").status_code == 403


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
@one_database
def test_a_clerk_does_not_open_the_case_in_which_they_came_with_the_letter(office: Office) -> None:
    browser, clerk_id = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    number = office.opened(*WITH_LETTER, **LETTER)
    before = browser.get(f"/counter/cases/{number}").status_code
    offices.enter_number(office.city, clerk_id, offices.PROXY)

    after = browser.get(f"/counter/cases/{number}").status_code

    assert (before, after) == (200, 403)


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
@one_database
def test_a_clerk_does_not_open_the_case_of_a_child_whose_guardian_they_are(office: Office) -> None:
    browser, clerk_id = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    offices.enter_number(office.city, clerk_id, offices.PROXY)
    number = office.opened(*CHILD, age="child", **{**JOINS, "guardian_idno": offices.PROXY})

    assert browser.get(f"/counter/cases/{number}").status_code == 403
    assert office.browser.get(f"/counter/cases/{number}").status_code == 200


@one_database
def test_rare_characters_are_named_on_the_slip(office: Office) -> None:
    rare: UUID = office.city.enrol("rare", name="𠮷小明")
    offices.enter_number(office.city, rare, offices.PROXY)
    number = office.opened(idno=offices.PROXY)

    slip = office.browser.get(f"/counter/cases/{number}/slip").text

    assert "𠮷 (U+20BB7)" in slip


@one_database
def test_the_desk_speaks_english(office: Office) -> None:
    number = office.opened()
    english = {"headers": {"Accept-Language": "en"}}

    for path in ("/counter", "/counter/intake", f"/counter/cases/{number}"):
        page = office.browser.get(path, **english)
        assert '<html lang="en">' in page.text
        assert page.status_code == 200
