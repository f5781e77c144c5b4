"""Applying on the official site: pages, drafts, slips, receipts (2(8)1, 7(1), 8(1), 8(2)1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from audit.models import TrailEntry
from kernel.db import Base
from kernel.wording import Bilingual
from members import numbering, sealed_forms, terms
from members.application_models import (
    Application,
    ApplicationDraft,
    ClaimedNumber,
    RefusalSlip,
    State,
)
from members.numbers import recognise
from services.activations import open_service
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from tests.members.applying import NATIONAL, UI_NEW, UI_OLD
from tests.web.applicants import (
    CHILD,
    CODE,
    NUMBER,
    PARENT,
    WHO,
    apply,
    complete,
    fill_in,
    hand_in,
    send_back,
    the_application,
)
from tests.web.outbox import World
from web import application_mails

NOBODY = "00000000-0000-0000-0000-000000000000"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
RESIDENT = {**WHO, "kind": "foreign", "number": UI_NEW, "name": "TEST PERSON"}


def count(city: City, table: type[Base]) -> int:
    with city.database() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.clause("8(1)")
@pytest.mark.clause("8(2)1")
def test_a_form_filled_in_page_by_page_waits_for_a_counter(city: City) -> None:
    apply(city)

    kept = the_application(city)
    form = sealed_forms.read(kept, keyring=make.KEYRING)
    assert (kept.state, kept.intake_by) == (State.CONFIRMING, None)
    assert (form.name, form.birth_date) == ("測試一號", "1996-05-01")
    assert (form.phone, form.email) == ("+886912345678", "one@mail.invalid")
    assert count(city, ApplicationDraft) == 0


@pytest.mark.parametrize("kind", ["unregistered", "foreign", "stateless", "hk_macau", "mainland"])
@pytest.mark.clause("8(1)")
@one_database
def test_every_kind_of_resident_applies_online(city: City, kind: str) -> None:
    apply(city, who={**RESIDENT, "kind": kind, "permit_until": "116/6/30"})

    assert the_application(city).kind == kind


@one_database
def test_a_permit_may_have_no_end(city: City) -> None:
    browser = Browser(city)
    complete(browser, {**RESIDENT, "permit_unlimited": "yes"})

    assert "沒有期限" in browser.get("/apply/review").text


@pytest.mark.clause("2(8)1")
@one_database
def test_a_child_names_who_acts_for_it_and_an_adult_does_not(city: City) -> None:
    browser, adult = Browser(city), Browser(city)

    assert fill_in(browser, "who", CHILD).location == "/apply/guardian"
    assert fill_in(browser, "guardian", PARENT).location == "/apply/contact"
    assert fill_in(adult, "who", WHO).location == "/apply/contact"


@pytest.mark.clause("10-II")
@one_database
def test_a_guardian_named_for_a_birth_date_that_was_wrong_is_not_handed_in(city: City) -> None:
    browser = Browser(city)
    complete(browser, CHILD)
    fill_in(browser, "who", WHO)  # the year was mistyped

    assert "測試家長" not in browser.get("/apply/review").text
    assert hand_in(browser).location == "/apply/receipt"
    assert sealed_forms.read(the_application(city), keyring=make.KEYRING).guardian is None


@one_database
def test_what_no_page_asks_for_any_more_is_not_asked_to_be_right(city: City) -> None:
    browser = Browser(city)
    complete(browser, {**WHO, "declared": "assisted"})
    fill_in(browser, "guardian", {"decree": "測試輔宣字第 1 號", "declared_on": "114/3/1"})
    fill_in(browser, "who", WHO)

    assert hand_in(browser).location == "/apply/receipt"
    assert sealed_forms.read(the_application(city), keyring=make.KEYRING).declared is None


@one_database
def test_an_assisted_adult_names_the_decree(city: City) -> None:
    browser = Browser(city)
    fill_in(browser, "who", {**WHO, "declared": "assisted"})

    assert fill_in(browser, "guardian", {}).status_code == 422
    decree = {"decree": "測試輔宣字第 1 號", "declared_on": "114/3/1"}
    assert fill_in(browser, "guardian", decree).location == "/apply/contact"


# What is put right where it was typed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "A100000002"}, "檢查碼不符"),
        ({"number": "12345"}, "這不是身分證號或統一證號"),
        ({"number": UI_NEW}, "這裡不受理這種證號"),
        ({"name": ""}, "請照證件填寫姓名"),
        ({"birth_date": "2020-02-30"}, "這不可能是出生日期"),
        ({"permit_until": "soon"}, "請填年、月、日"),
        ({"former_number": "A1"}, "這不是身分證號或統一證號"),
    ],
)
@pytest.mark.refusal("idno.checksum")
@pytest.mark.refusal("idno.format")
@pytest.mark.refusal("idno.kind_not_allowed")
@pytest.mark.refusal("name.format")
@pytest.mark.refusal("member.birthdate_impossible")
@pytest.mark.refusal("day.format")
@one_database
def test_what_is_typed_wrong_is_said_at_its_field_and_nothing_is_kept(
    city: City, changes: dict[str, str], words: str
) -> None:
    browser = Browser(city)

    page = fill_in(browser, "who", {**WHO, **changes})

    assert page.status_code == 422
    assert words in page.text
    assert f'href="#{next(iter(changes))}"' in page.text
    assert count(city, ApplicationDraft) == 0
    assert count(city, RefusalSlip) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"email": "nobody"}, "請填電子郵件"), ({"phone": "123"}, "請填電話號碼")],
)
@pytest.mark.refusal("mail.format")
@pytest.mark.refusal("phone.format")
@one_database
def test_a_contact_that_cannot_be_reached_is_said_at_its_field(
    city: City, changes: dict[str, str], words: str
) -> None:
    browser = Browser(city)
    fill_in(browser, "who", WHO)

    page = fill_in(browser, "contact", changes)

    assert (page.status_code, words in page.text) == (422, True)


@pytest.mark.refusal("member.guardian_required")
@pytest.mark.refusal("member.capacity_representative_required")
@one_database
def test_who_cannot_apply_alone_is_asked_for_the_guardian(city: City) -> None:
    child, guarded = Browser(city), Browser(city)
    fill_in(child, "who", CHILD)
    fill_in(guarded, "who", {**WHO, "declared": "guarded"})

    alone = fill_in(child, "guardian", {})
    represented = fill_in(guarded, "guardian", {"decree": "測試", "declared_on": "114/3/1"})

    assert (alone.status_code, "要法定代理人同意" in alone.text) == (422, True)
    assert (represented.status_code, "須由監護人代為辦理" in represented.text) == (422, True)


@pytest.mark.clause("8(2)1")
@pytest.mark.refusal("case.terms_not_accepted")
@one_database
def test_the_box_is_not_ticked_and_has_to_be(city: City) -> None:
    browser = Browser(city)
    fill_in(browser, "who", WHO)

    assert "checked" not in browser.get("/apply/terms").text
    page = fill_in(browser, "terms", {})

    assert (page.status_code, "請先閱讀申辦規定" in page.text) == (422, True)


@pytest.mark.clause("8(2)1")
@pytest.mark.refusal("case.terms_version_changed")
@one_database
def test_terms_that_change_meanwhile_are_read_again(city: City) -> None:
    browser = Browser(city)
    complete(browser)
    with city.database() as session:
        newer = terms.Terms("2026-2", terms.OURS.text)
        terms.publish(session, newer, effective_at=city.now, now=city.now)

    assert hand_in(browser).location == "/apply/terms"
    assert "規定已更新" in browser.get("/apply/terms").text
    stale = fill_in(browser, "terms", {"terms": terms.OURS.version})
    assert (stale.status_code, "規定已更新" in stale.text) == (422, True)
    assert fill_in(browser, "terms", {"terms": "2026-2"}).location == "/apply/review"
    assert hand_in(browser).location == "/apply/receipt"


# Who is turned away


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({**WHO, "birth_date": "2019-11-24"}, "申請人未滿七歲"),
        (RESIDENT, "線上申辦要有我國國籍或居留證"),
        ({**RESIDENT, "permit_until": "2026-11-22"}, "居留證已逾期"),
    ],
)
@pytest.mark.clause("7(1)")
@pytest.mark.refusal("member.under_age_7")
@pytest.mark.refusal("residency.not_national_or_arc")
@pytest.mark.refusal("residency.permit_expired")
@one_database
def test_who_is_turned_away_gets_a_slip_and_leaves_nothing_else(
    city: City, who: dict[str, str], words: str
) -> None:
    browser = Browser(city)

    page = fill_in(browser, "who", who)

    assert page.status_code == 422
    assert words in page.text
    number = NUMBER.search(page.text)
    assert number is not None
    assert words in browser.get(f"/apply/slips/{number[1].lower()}").text
    assert count(city, ApplicationDraft) == count(city, Application) == 0
    assert who["name"] not in page.text


@pytest.mark.refusal("slip.not_found")
@one_database
def test_a_slip_nobody_wrote_is_not_found(city: City) -> None:
    assert Browser(city).get("/apply/slips/NOBODYS").status_code == 404


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("application.already_open")
@one_database
def test_the_second_application_with_a_number_is_turned_away(city: City) -> None:
    apply(city)
    browser = Browser(city)
    complete(browser)

    page = hand_in(browser)

    assert (page.status_code, "已有申請在辦理" in page.text) == (409, True)
    assert count(city, Application) == 1
    assert count(city, ApplicationDraft) == 1  # to be corrected, if the number was a slip


def known(city: City) -> None:
    """Let the applicant be a member already, under a former number."""
    with city.database() as session:
        member = make.a_member(session, "resident", password=make.PASSWORD)
        numbering.enter(session, member, recognise(UI_OLD), keyring=make.KEYRING, now=city.now)


FORMERLY = {**RESIDENT, "permit_unlimited": "yes", "former_number": UI_OLD}


@pytest.mark.clause("10(1)")
@one_database
def test_a_members_number_is_answered_as_a_strangers_is(city: City, database: Engine) -> None:
    def seen() -> tuple[int, str, str, list[str]]:
        browser = Browser(city)
        complete(browser, FORMERLY)
        page = browser.get("/apply/review")
        with statements(database) as run:
            answer = browser.submit(page)
        receipt = re.sub('value="[^"]*"', "", browser.get(answer.location).text)
        for told in (NUMBER, CODE):
            receipt = told.sub("", receipt)
        with city.database() as session:
            session.execute(delete(ClaimedNumber))
        return answer.status_code, answer.location, receipt, [each.split()[0] for each in run]

    stranger = seen()
    known(city)

    assert seen() == stranger
    assert stranger[:2] == (303, "/apply/receipt")


@pytest.mark.clause("10(1)")
@one_database
def test_the_member_is_told_and_says_that_it_was_not_them(city: City) -> None:
    known(city)
    applicant, _, _ = apply(city, who=FORMERLY)
    World(city).work_off({application_mails.KIND, application_mails.WARNING})
    member = Browser(city)
    member.log_in(member.get("/account/login"), login="resident")
    page = member.get("/account/messages")
    assert "有人用您的證號申辦會員" in page.text
    address = re.findall(r'action="(/account/messages/[^"]+/not-me)"', page.text)[0]

    done = member.post(address, hidden(page))
    again = member.post(address, hidden(page))
    theirs = member.post(f"/account/messages/{NOBODY}/not-me", hidden(page))

    assert (done.status_code, again.status_code, theirs.status_code) == (303, 409, 404)
    assert "申請已撤銷" in member.get(done.location).text
    assert "已撤回" in applicant.get("/track/application").text


def corrected(city: City, applicant: Browser, who: dict[str, str]) -> None:
    """Let the Bureau return what the applicant handed in, and them hand it in anew."""
    send_back(city, "請確認證號")
    applicant.post("/track/correct", hidden(applicant.get("/track/application")))
    complete(applicant, who)
    assert hand_in(applicant).status_code == 303


def warned(city: City) -> list[str]:
    """Let the worker write its letters; return the "not me" addresses on the member's page."""
    World(city).work_off({application_mails.KIND, application_mails.WARNING})
    return re.findall(r'action="(/account/messages/[^"]+/not-me)"', messages(city)[1])


def messages(city: City) -> tuple[Browser, str]:
    member = Browser(city)
    member.log_in(member.get("/account/login"), login="resident")
    return member, member.get("/account/messages").text


@pytest.mark.clause("10(1)")
@one_database
def test_whom_a_corrected_form_names_is_told_as_by_the_first(city: City) -> None:
    known(city)
    applicant, _, _ = apply(city, who={**FORMERLY, "former_number": ""})
    assert warned(city) == []

    corrected(city, applicant, FORMERLY)

    assert len(warned(city)) == 1


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("case.wrong_state")
@one_database
def test_whose_number_a_corrected_form_names_no_more_withdraws_nothing(city: City) -> None:
    known(city)
    applicant, _, _ = apply(city, who=FORMERLY)
    (address,) = warned(city)
    corrected(city, applicant, {**FORMERLY, "former_number": ""})
    member, _ = messages(city)

    late = member.post(address, hidden(member.get("/account/messages")))

    assert late.status_code == 409
    assert the_application(city).state is State.CONFIRMING


@pytest.mark.clause("5(4)")
@pytest.mark.refusal("case.service_out_of_scope")
@one_database
def test_a_service_that_is_not_offered_cannot_be_chosen(city: City) -> None:
    browser = Browser(city)
    complete(browser)
    fill_in(browser, "services", {"services": ["no-such-service"]})

    page = hand_in(browser)

    assert (page.status_code, "非申請表所列申辦服務項目" in page.text) == (422, True)


@one_database
def test_services_that_are_chosen_go_along(city: City) -> None:
    with city.database() as session:
        client = make.a_client(session, "sports")
        name = Bilingual("游泳", "Swimming")
        agency = client.organisation_id
        open_service(session, agency, "swimming", name, sensitive=False, now=city.now)
    browser = Browser(city)
    complete(browser)
    fill_in(browser, "services", {"services": ["swimming"]})

    assert "游泳" in browser.get("/apply/review").text
    assert hand_in(browser).status_code == 303
    form = sealed_forms.read(the_application(city), keyring=make.KEYRING)
    assert form.services == ("swimming",)


# Leaving it and coming back


@pytest.mark.clause("8(2)1")
@one_database
def test_a_draft_is_taken_up_on_another_computer(city: City) -> None:
    browser, other = Browser(city), Browser(city)
    fill_in(browser, "who", WHO)
    page = browser.get("/apply/contact").text
    number, secret = NUMBER.search(page), CODE.search(page)
    assert number is not None
    assert secret is not None

    resumed = other.submit(
        other.get("/apply/resume"), number=number[1].lower(), secret=secret[1].lower()
    )

    assert resumed.location == "/apply/review"
    assert other.get("/apply/review").location == "/apply/contact"  # the first page not seen yet
    assert "測試一號" in other.get("/apply/who").text


@pytest.mark.clause("7(1)")
@one_database
def test_a_child_who_takes_up_a_draft_is_led_to_the_guardians_page_and_refused_nothing(
    city: City,
) -> None:
    browser = Browser(city)
    fill_in(browser, "who", CHILD)
    page = browser.get("/apply/guardian")
    terms_page = re.search(r'name="terms" value="([^"]+)"', browser.get("/apply/terms").text)
    assert terms_page is not None
    fill_in(browser, "terms", {"terms": terms_page[1]})

    assert browser.get("/apply/review").location == "/apply/guardian"
    assert browser.post("/apply/review", hidden(page)).location == "/apply/guardian"
    assert count(city, RefusalSlip) == 0


@pytest.mark.clause("7(1)")
@pytest.mark.refusal("member.guardian_required")
@one_database
def test_what_is_missing_on_a_page_is_said_there_even_when_it_is_handed_in(city: City) -> None:
    browser = Browser(city)
    complete(browser, {**WHO, "declared": "assisted"})
    decree = {"decree": "測試輔宣字第 1 號", "declared_on": "114/3/1"}
    fill_in(browser, "guardian", decree)
    fill_in(browser, "who", CHILD)  # who was born later than they had typed

    page = hand_in(browser)

    assert (page.status_code, "要法定代理人同意" in page.text) == (422, True)
    assert 'name="guardian_number"' in page.text
    assert count(city, RefusalSlip) == 0


@one_database
def test_a_wrong_secret_opens_no_draft(city: City) -> None:
    browser = Browser(city)
    page = browser.get("/apply/resume")

    for _ in range(10):
        wrong = browser.submit(page, number="23456789", secret="\x00誰")
        assert (wrong.status_code, "編號或密碼不對" in wrong.text) == (422, True)
    assert browser.submit(page, number="23456789", secret="").status_code == 429


@one_database
def test_a_draft_can_be_destroyed_and_ends_by_itself(city: City) -> None:
    browser, other = Browser(city), Browser(city)
    for each in (browser, other):
        fill_in(each, "who", WHO)

    browser.post("/apply/discard", hidden(browser.get("/apply/contact")))
    city.wait(days=31)

    assert count(city, ApplicationDraft) == 1
    for each in (browser, other):
        assert each.get("/apply/contact").location == "/apply"
    assert browser.post("/apply/discard", hidden(browser.get("/apply"))).location == "/apply"


@one_database
def test_no_page_after_the_first_is_there_without_a_draft(city: City) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/apply"))

    for step in ("guardian", "contact", "services", "terms", "review"):
        assert browser.get(f"/apply/{step}").location == "/apply"
        assert browser.post(f"/apply/{step}", token).location == "/apply"
    assert browser.get("/apply/receipt").location == "/track"


@one_database
def test_what_is_not_complete_leads_back_to_its_page(city: City) -> None:
    browser = Browser(city)
    fill_in(browser, "who", WHO)
    page = browser.get("/apply/contact")
    fill_in(browser, "who", {**WHO, "declared": "guarded"})

    assert browser.get("/apply/review").location == "/apply/guardian"
    assert browser.post("/apply/review", hidden(page)).location == "/apply/guardian"


@one_database
def test_what_is_typed_stands_in_no_address_log_or_trail(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    apply(city)

    with city.database() as session:
        trail = [str(each.detail) for each in session.scalars(select(TrailEntry))]
    for secret in (NATIONAL, "測試一號", "1996-05-01"):
        assert secret not in caplog.text
        assert not any(secret in each for each in trail)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["kind", "number", "name", "birth_date", "permit_until", "declared", "former_number"]
        ),
        st.text(max_size=300),
    )
)
def test_no_form_breaks_a_page(city: City, fields: dict[str, str]) -> None:
    browser = Browser(city)

    sent = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    page = fill_in(browser, "who", {**WHO, **sent})

    assert page.status_code in (303, 422, 429)
