"""The intake screen: what is taken in, what is refused and what of it is kept (7(1), 7(2))."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from audit.models import LedgerLine, TrailEntry
from counters import cases
from counters.case_models import Case, CaseLetter, CaseState, DocumentSeen, IntakeRefusal
from counters.models import Delegation, Matter
from kernel.ids import digest, typed_code
from kernel.refusals import refusal
from members import application_decisions, sealed_forms
from members.application_endings import PATIENCE
from members.application_models import Application
from members.models import Capacity, Relation, Standing
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from tests.web import office as offices
from tests.web import staff as officers
from tests.web.office import MEI, NOBODYS, PAPERS, PROXY, Office
from tests.web.outbox import World
from web import handlers

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LETTER: dict[str, Any] = {
    "by_proxy": "yes",
    "letter_matter": ("bind",),
    "signed_on": "2026-11-20",
    "ends_on": "2026-12-31",
    "proxy_named": PROXY,
    "proxy_present": PROXY,
}
WITH_LETTER = (*PAPERS, "proxy.power_of_attorney", "proxy.id_card")
CHILD = (
    "applicant.application_form",
    "applicant.household_certificate",
    "applicant.health_card",
    "guardian.guardian_consent",
    "guardian.id_card",
)
JOINS: dict[str, Any] = {
    "matter": "join",
    "idno": NOBODYS,
    "name": "測小安",
    "birthdate": "108/02/28",
    "language": "zh-Hant-TW",
    "terms": "2026-1",
    "guardian_idno": MEI,
    "guardian_name": "陳美玉",
}


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def stored(office: Office) -> dict[str, int]:
    with office.city.database() as session:
        models = (Case, DocumentSeen, CaseLetter, Application, IntakeRefusal)
        return {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in models
        }


# Taking in


@pytest.mark.clause("7(1)")
@pytest.mark.clause("4")
def test_a_matter_with_everything_on_the_desk_is_taken_in_and_printed(office: Office) -> None:
    number = office.opened()

    case = office.case(number)
    assert (case.state, case.member_id) == (CaseState.IN_PROCESS, office.mei)
    slip = office.browser.get(f"/counter/cases/{number}/slip").text
    for words in (number, "受理收件單", "Receipt: accepted", "陳○玉", "大安測試窗口", "國民身分證"):
        assert words in slip, words
    assert MEI not in slip
    assert stored(office)["document_seen"] == 2


@pytest.mark.clause("9")
@one_database
def test_who_was_looked_at_reads_it_in_their_footprint(office: Office) -> None:
    number = office.opened()

    with office.city.database() as session:
        lines = session.scalars(select(LedgerLine).where(LedgerLine.member_id == office.mei)).all()
    viewed = [line for line in lines if line.kind == "record.viewed"]
    assert [line.detail["case"] for line in viewed] == [number]
    assert [line.kind for line in lines][-2:] == ["case.opened", "record.viewed"]


@pytest.mark.clause("2(8)1")
@one_database
def test_a_child_joins_with_a_guardian_and_goes_to_review(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)

    case = office.case(number)
    with office.city.database() as session:
        application = session.scalars(select(Application)).one()
    assert case.application_id == application.id
    assert application.intake_by == office.clerk_id
    assert application.state.value == "review_queue"
    assert case.member_id is None
    assert "等資訊局審核" in office.browser.get(f"/counter/cases/{number}").text


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.capacity_representative_required")
@one_database
def test_an_adult_under_guardianship_joins_by_the_guardian_with_the_courts_decision(
    office: Office,
) -> None:
    grown = {**JOINS, "birthdate": "1990-01-01", "represented": "guarded"}
    court = {"decree": "臺北地院 115 年監宣字第 1 號", "declared_on": "115/11/01"}
    papers = (*PAPERS, "applicant.court_decision", "guardian.id_card")

    without = office.refusal(office.take_in(PAPERS, **grown, **court))
    alone = office.refusal(office.take_in(papers, **{**grown, "guardian_idno": ""}, **court))
    undated = office.take_in(papers, **grown, decree="1", declared_on="soon")
    office.opened(*papers, **grown, **court)

    assert "法院裁定" in without.text
    assert "監護人" in alone.text
    assert undated.status_code == 422
    with office.city.database() as session:
        application = session.scalars(select(Application)).one()
        form = sealed_forms.read(application, keyring=make.KEYRING)
    assert form.declared is not None
    assert form.declared.capacity is Capacity.GUARDED
    assert form.guardian is not None
    assert form.guardian.relation is Relation.GUARDIAN


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("eligibility.agency_rule")
@one_database
def test_where_the_agencys_rule_says_no_a_slip_says_so(office: Office) -> None:
    code = offices.two_services(office.city)[0]
    rooms = office.city.app.extensions["taipei_id"]

    def nobody(*_asked: object, **_named: object) -> bool:
        return False

    office.city.app.extensions["taipei_id"] = replace(rooms, may_have=nobody)
    papers = (*PAPERS, "applicant.annex_form", "applicant.evidence")

    slip = office.refusal(office.take_in(papers, matter="activation", service=code))

    assert "資格" in slip.text
    assert stored(office)["counter_case"] == 0


@pytest.mark.clause("4")
@one_database
def test_what_is_collected_is_forwarded_with_its_documents_and_both_dates(
    office: Office,
) -> None:
    other = offices.another_counter(office)
    number = office.opened(collected_for=str(other.counter_id))

    slip = office.browser.get(f"/counter/cases/{number}/slip").text
    for words in ("代收收件單", "代收", "轉送", "主辦窗口", "信義測試窗口", "窗口收到轉送後起算"):
        assert words in slip, words
    page = other.browser.get(f"/counter/cases/{number}").text
    assert "國民身分證" in page
    other.step(number, "accept")
    case = office.case(number)
    assert (case.state, case.counter_id) == (CaseState.IN_PROCESS, other.counter_id)
    assert case.collected_at
    assert case.accepted_at
    assert "最晚辦好" in office.browser.get(f"/counter/cases/{number}/slip").text


@pytest.mark.parametrize("target", ["here", "nonsense", "00000000-0000-0000-0000-000000000000"])
@pytest.mark.refusal("counter.not_found")
@one_database
def test_nothing_is_forwarded_to_where_nobody_works(office: Office, target: str) -> None:
    wanted = str(office.counter_id) if target == "here" else target

    response = office.take_in(collected_for=wanted)

    assert response.status_code in {303, 404}  # nonsense is no wish to forward
    assert stored(office)["counter_case"] == (1 if target == "nonsense" else 0)


# Refusing


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.documents_missing")
def test_without_a_document_nothing_about_the_person_is_kept(office: Office) -> None:
    slip = office.refusal(office.take_in(("applicant.application_form",)))

    assert stored(office) == {
        "counter_case": 0,
        "document_seen": 0,
        "case_letter": 0,
        "application": 0,
        "intake_refusal": 1,
    }
    for words in ("國民身分證", "第 7(1) 點", "陳情", "National identity card", "complain"):
        assert words in slip.text, words
    assert MEI not in slip.text
    with office.city.database() as session:
        lines = session.scalars(select(LedgerLine).where(LedgerLine.member_id == office.mei)).all()
    assert not [line for line in lines if line.kind in {"case.opened", "record.viewed"}]


@pytest.mark.clause("7(1)")
@one_database
def test_the_second_visit_goes_on_from_the_number_on_the_slip(office: Office) -> None:
    slip = office.refusal(office.take_in(("applicant.application_form",)))
    number = slip.request.path.rpartition("/")[2]
    home = office.browser.get("/counter")

    found = office.browser.post("/counter/find", {**hidden(home), "number": number.lower()})
    page = office.browser.follow(found)

    assert "上次缺的" in page.text
    assert 'name="matter" value="bind"' in page.text
    office.opened(slip=number)
    with office.city.database() as session:
        assert session.scalars(select(IntakeRefusal)).one().resumed_at is not None


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.poa_missing")
@pytest.mark.refusal("case.proxy_id_missing")
@pytest.mark.refusal("case.poa_expired")
@pytest.mark.refusal("case.poa_scope")
@pytest.mark.refusal("case.poa_proxy_mismatch")
@pytest.mark.parametrize(
    ("papers", "change", "words"),
    [
        ((*PAPERS, "proxy.id_card"), {}, "委託書欠缺"),
        ((*PAPERS, "proxy.power_of_attorney"), {}, "缺受託人的身分證明文件"),
        (WITH_LETTER, {"ends_on": "2026-11-22"}, "委託書已逾期"),
        (WITH_LETTER, {"letter_matter": ("loss",)}, "委託書的範圍不含這件事"),
        (WITH_LETTER, {"proxy_present": NOBODYS}, "來的人不是委託書上的受託人"),
        (WITH_LETTER, {"letter_matter": ()}, "委託書欠缺"),
    ],
)
@one_database
def test_each_missing_piece_of_a_proxy_is_told_by_name(
    office: Office, papers: tuple[str, ...], change: dict[str, object], words: str
) -> None:
    slip = office.refusal(office.take_in(papers, **{**LETTER, **change}))

    assert words in slip.text
    assert "第 7(2) 點" in slip.text
    assert stored(office)["counter_case"] == 0


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("case.identity_unverifiable")
@pytest.mark.refusal("case.service_out_of_scope")
@pytest.mark.refusal("eligibility.agency_rule")
@pytest.mark.parametrize(
    "code",
    ["case.identity_unverifiable", "case.service_out_of_scope", "eligibility.agency_rule"],
)
@one_database
def test_a_clerk_refuses_for_a_reason_of_the_regulation(office: Office, code: str) -> None:
    slip = office.refusal(office.take_in((), decision="refuse", reason=code))

    assert refusal(code).title.zh in slip.text


@pytest.mark.refusal("case.reason_missing")
@one_database
def test_nobody_is_refused_for_a_reason_that_is_none(office: Office) -> None:
    response = office.take_in((), decision="refuse", reason="because")

    assert response.status_code == 422
    assert stored(office)["intake_refusal"] == 0


@pytest.mark.refusal("case.identity_unverifiable")
@one_database
def test_a_permit_past_its_day_proves_nothing(office: Office) -> None:
    papers = ("applicant.application_form", "applicant.residence_permit")
    fields: dict[str, Any] = {"kind": "foreign", "until.applicant.residence_permit": "2026-11-22"}

    slip = office.refusal(office.take_in(papers, **fields))

    assert "無法驗證資格" in slip.text


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("case.service_out_of_scope")
@pytest.mark.refusal("case.annex_form_missing")
@one_database
def test_only_services_of_the_form_are_applied_for_and_with_their_annex(office: Office) -> None:
    papers = (*PAPERS, "applicant.annex_form", "applicant.evidence")

    unknown = office.refusal(office.take_in(papers, matter="activation", service="moon_travel"))
    without = office.refusal(
        office.take_in((*PAPERS, "applicant.evidence"), matter="activation", service="x")
    )

    assert refusal("case.service_out_of_scope").title.zh in unknown.text
    assert "缺這項服務的附表" in without.text


@pytest.mark.refusal("member.already_exists")
@pytest.mark.refusal("member.guardian_required")
@one_database
def test_what_bars_a_person_from_joining_is_on_the_slip(office: Office) -> None:
    grown = {**JOINS, "birthdate": "1990-01-01", "guardian_idno": "", "idno": MEI}
    twice = office.refusal(office.take_in(PAPERS, **grown))
    young = office.refusal(office.take_in(CHILD, age="child", **{**JOINS, "guardian_idno": ""}))

    assert "已有會員帳號" in twice.text
    assert "法定代理人" in young.text
    assert stored(office)["application"] == 0


@pytest.mark.refusal("application.already_open")
@one_database
def test_who_is_in_the_bureaus_queue_gets_a_slip_that_says_what_to_do(office: Office) -> None:
    office.opened(*CHILD, age="child", **JOINS)

    slip = office.refusal(office.take_in(CHILD, age="child", **JOINS))

    assert "先到原窗口撤回那一件" in slip.text


@pytest.mark.clause("8(4)")
@one_database
def test_what_was_returned_is_taken_in_again_and_clerk_and_slip_say_so(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    secret = cases.slip_secret(
        office.case(number).id, key=office.city.app.extensions["taipei_id"].slip_key
    )
    with office.city.database() as session:
        application_decisions.send_back(
            session,
            session.scalars(select(Application.id)).one(),
            by=office.mei,
            reason="姓名和戶口名簿不同",
            keyring=make.KEYRING,
            now=office.city.now,
        )
    citizen = Browser(office.city)
    citizen.submit(citizen.get("/track"), number=number, secret=secret)

    followed = citizen.get("/track/case").text
    assert "姓名和戶口名簿不同" in office.browser.get(f"/counter/cases/{number}").text
    assert "到窗口重新辦理" in followed
    assert "姓名" not in followed
    office.opened(*CHILD, age="child", **JOINS)
    assert office.case(number).state is CaseState.STOPPED  # its term does not run on
    assert "由新的申請取代" in citizen.get("/track/case").text
    assert "逾期失效" in office.browser.get(f"/counter/cases/{number}").text


SECRET = "ABCD-EFGH-JKLM-NPQR"


@pytest.mark.clause("8(4)")
@one_database
def test_what_lapsed_or_was_taken_back_waits_at_no_counter(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    with office.city.database() as session:
        application = session.scalars(select(Application)).one()
        application_decisions.send_back(
            session,
            application.id,
            by=office.mei,
            reason="姓名和戶口名簿不同",
            keyring=make.KEYRING,
            now=office.city.now - PATIENCE,
        )
        receipt = application.number

    handlers.sweep(office.city.app.extensions["taipei_id"], now=office.city.now)

    assert office.case(number).state is CaseState.STOPPED
    assert "等候申請人逾期" in office.browser.get(f"/counter/cases/{number}").text
    again = office.opened(*CHILD, age="child", **JOINS)
    with office.city.database() as session:
        waiting = session.scalars(select(Application).where(Application.number != receipt)).one()
        waiting.secret_hash = digest(typed_code(SECRET))
        receipt = waiting.number
    citizen = Browser(office.city)
    citizen.submit(citizen.get("/track"), number=receipt, secret=SECRET)
    citizen.submit(citizen.get("/track/withdraw"))

    assert office.case(again).state is CaseState.STOPPED
    assert "申請人撤回" in office.browser.get(f"/counter/cases/{again}").text
    with office.city.database() as session:
        lines = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert [each for each in lines if each in {"case.lapsed", "case.withdrawn"}] == [
        "case.lapsed",
        "case.withdrawn",
    ]


@pytest.mark.refusal("member.under_age_7")
@one_database
def test_who_is_not_seven_yet_is_told_when_to_come(office: Office) -> None:
    slip = office.refusal(
        office.take_in(CHILD, age="child", **{**JOINS, "birthdate": "2019-11-24"})
    )

    assert "七歲" in slip.text


# Mistakes of typing: nothing is stored, everything typed is kept


@pytest.mark.refusal("idno.checksum")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"idno": "A123456788"}, "idno"),
        ({"idno": NOBODYS}, "idno"),  # of nobody here
        ({"idno": "<script>"}, "idno"),
        ({"matter": "join", "name": ""}, "name"),
        ({"matter": "join", "name": "測小安", "birthdate": "someday"}, "birthdate"),
    ],
)
@one_database
def test_what_cannot_be_read_is_asked_again(
    office: Office, fields: dict[str, Any], field: str
) -> None:
    response = office.take_in(**fields)

    assert response.status_code == 422
    assert f'href="#{field}"' in response.text
    assert "checked" in response.text
    assert "<script>" not in response.text
    assert stored(office)["counter_case"] == stored(office)["intake_refusal"] == 0


@pytest.mark.refusal("case.terms_not_accepted")
@one_database
def test_nobody_joins_without_a_yes_to_the_terms(office: Office) -> None:
    grown = {**JOINS, "birthdate": "1990-01-01", "guardian_idno": "", "terms": ""}

    assert office.take_in(**grown).status_code == 409
    assert stored(office)["application"] == 0


@one_database
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    form=st.dictionaries(
        st.sampled_from(
            [
                *("matter", "kind", "age", "by_proxy", "service", "slip", "paper", "idno"),
                *("name", "birthdate", "letter_matter", "signed_on", "collected_for", "reason"),
                *("decision", "until.applicant.passport", "terms", "language"),
            ]
        ),
        st.text(max_size=300) | st.sampled_from(["join", "bind", "national", "yes", "refuse"]),
    )
)
def test_no_form_whatever_is_in_it_is_a_mistake_of_ours(
    office: Office, form: dict[str, str]
) -> None:
    token = hidden(office.browser.get("/counter/intake"))

    response = office.browser.post("/counter/intake", {**form, **token})

    assert response.status_code < 500
    assert office.browser.get("/counter/intake", form).status_code == 200


# Proxies


@pytest.mark.clause("7(2)")
def test_the_principal_is_told_at_once_and_stops_the_case_with_one_press(
    office: Office,
) -> None:
    number = office.opened(*WITH_LETTER, **LETTER)
    world = World(office.city)

    assert "proxy.at_counter" in world.told()
    letters = [
        letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # a mail of ours has one
        for letter in world.letters
    ]
    link = next(word for text in letters for word in text.split() if "/not-me?key=" in word)
    path = link.removeprefix(world.rooms.settings.issuer)
    page = office.browser.get(path)
    assert "不是我" in page.text
    office.browser.post("/not-me", hidden(page))

    case = office.case(number)
    assert (case.state, case.reason) == (CaseState.STOPPED, "disowned")
    assert "委託已停止" in office.browser.get(path).text
    assert office.step(number, "finish").status_code == 409
    assert office.browser.post("/not-me", hidden(page)).status_code == 404


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.cooling_off")
@one_database
def test_a_proxy_unbinds_nothing_within_a_day(office: Office) -> None:
    with office.city.database() as session:
        from_home = offices.bound_card(session, office.mei)
        offices.bound_card(session, office.mei, "8" * 64)
    number = office.opened(
        *WITH_LETTER, **{**LETTER, "letter_matter": ("unbind",), "matter": "unbind"}
    )
    path = f"/counter/cases/{number}/carriers/{from_home}/remove"

    early = office.press(number, path)
    office.city.wait(hours=24)
    officers_again(office)
    later = office.press(number, path)

    assert (early.status_code, later.status_code) == (409, 303)


def officers_again(office: Office) -> None:
    """Sign the clerk in anew: a day has passed."""
    office.browser = officers.sign_in(office.city, "clerk.one", office.clerk_id)


@pytest.mark.clause("7(2)")
@one_database
def test_one_proxy_of_many_is_worth_a_look(office: Office) -> None:
    people = ((MEI, "mei"), ("W198765435", "two"), ("A800000014", "three"))
    for number, login in people:
        if number != MEI:
            offices.enter_number(office.city, office.city.enrol(login), number)
    cases = []
    for number, _ in people:
        office.city.wait(minutes=1)
        cases.append(office.opened(*WITH_LETTER, idno=number, **LETTER))

    assert "替 3 個人辦過事" in office.browser.get(f"/counter/cases/{cases[-1]}").text
    assert "個人辦過事" not in office.browser.get(f"/counter/cases/{cases[0]}").text
    with office.city.database() as session:
        alerts = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "proxy.many_principals")
        ).all()
    assert [each.detail["count"] for each in alerts] == [3]


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
@one_database
def test_a_clerk_is_no_proxy_and_no_applicant(office: Office) -> None:
    offices.enter_number(office.city, office.clerk_id, PROXY)

    as_proxy = office.take_in(WITH_LETTER, **LETTER)
    as_applicant = office.take_in(idno=PROXY)

    assert (as_proxy.status_code, as_applicant.status_code) == (403, 403)
    assert stored(office)["counter_case"] == 0


# Who may


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.function_not_delegated")
@one_database
def test_a_counter_for_cards_only_takes_no_other_matter(city: City) -> None:
    office = offices.open_office(city, matters=frozenset({Matter.CARDS}))

    assert office.take_in(matter="change").status_code == 403
    assert office.take_in(matter="activation").status_code == 403
    assert office.opened(matter="bind")


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.function_not_delegated")
@pytest.mark.parametrize("delegated", [[], ["reading_room"]])
@one_database
def test_only_the_services_its_delegation_covers_are_asked_for_at_a_counter(
    office: Office, delegated: list[str]
) -> None:
    codes = offices.two_services(office.city)
    with office.city.database() as session:
        session.scalars(select(Delegation)).one().services = delegated
    papers = (*PAPERS, "applicant.annex_form", "applicant.evidence")

    refused = office.take_in(papers, matter="activation", service=codes[0])

    assert refused.status_code == 403
    page = office.browser.get("/counter/intake")
    assert [code for code in codes if f'value="{code}"' in page.text] == delegated
    assert stored(office)["counter_case"] == 0


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.function_not_delegated")
@one_database
def test_what_another_counter_was_given_is_collected_for_that_one(office: Office) -> None:
    other = offices.another_counter(office)
    code = offices.two_services(office.city)[0]
    with office.city.database() as session:
        own = select(Delegation).where(Delegation.counter_id == office.counter_id)
        session.scalars(own).one().services = []
    papers = (*PAPERS, "applicant.annex_form", "applicant.evidence")

    here = office.take_in(papers, matter="activation", service=code)
    there = str(other.counter_id)

    assert here.status_code == 403
    assert office.opened(*papers, matter="activation", service=code, collected_for=there)


@pytest.mark.clause("4")
@one_database
def test_what_ended_at_midnight_lets_nobody_in_the_next_minute(office: Office) -> None:
    office.city.now = office.city.now.replace(year=2027, month=1, day=1)
    officers_again(office)

    assert office.browser.get("/counter").status_code == 403


@one_database
def test_nobody_but_a_clerk_comes_in(city: City, office: Office) -> None:
    browser = officers.sign_in(city, "mei.chen", office.mei)

    for path in ("/counter", "/counter/intake", "/counter/cases/ABCDEFGH"):
        assert browser.get(path).status_code == 403
    city.set_standing(Standing.SUSPENDED, "clerk.one")


@one_database
def test_the_intake_screen_asks_the_database_as_often_whoever_is_there(office: Office) -> None:
    query = {"matter": "bind", "kind": "national", "age": "adult"}
    office.browser.get("/counter/intake", query)
    with statements(office.city.sessions.kw["bind"]) as few:
        office.browser.get("/counter/intake", query)
    for each in range(5):
        office.city.enrol(f"more.{each}")
        office.opened()
    with statements(office.city.sessions.kw["bind"]) as many:
        office.browser.get("/counter/intake", query)

    assert len(many) == len(few)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_taking_in_looks_for_nobody_by_reading_all_members(
    office: Office, database: Engine
) -> None:
    office.opened()
    with statements(database) as run:
        office.opened()

    asked = [each for each in dict.fromkeys(run) if each.startswith(("SELECT", "UPDATE"))]
    plans = "\n".join(plan(database, each) for each in asked)

    assert "Index" in plans
    for table in ("member", "held_number", "binding", "case_file", "application"):
        assert f"Seq Scan on {table} " not in plans


def plan(engine: Engine, statement: str) -> str:
    """Return how PostgreSQL would run a statement if reading a whole table were dear."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    count = max((int(each) for each in re.findall(r"\$(\d+)", statement)), default=0)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    with engine.begin() as connection:
        for setting in ("enable_seqscan = off", "plan_cache_mode = force_generic_plan"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        connection.exec_driver_sql(f"PREPARE asked AS {statement}")
        rows = connection.exec_driver_sql(f"EXPLAIN EXECUTE asked{given}").scalars().all()
        connection.exec_driver_sql("DEALLOCATE asked")
    return "\n".join(rows)
