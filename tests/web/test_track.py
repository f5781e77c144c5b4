"""Following an application by its receipt: state, correction, withdrawal, the code (2(8)1)."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from kernel import calendar
from members.application_endings import PATIENCE
from members.application_models import Application, RefusalSlip, State
from members.invitations import LASTS
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.members.applying import OTHER_NATIONAL
from tests.web.applicants import (
    CODE,
    WHO,
    apply,
    approve,
    complete,
    confirm,
    hand_in,
    send_back,
    the_application,
)
from web import handlers

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
VARYING = re.compile(r'name="csrf_token" value="[^"]+"|nonce="[^"]+"|value="[0-9A-Za-z]{8}"')


def follow(city: City, number: str, secret: str) -> Browser:
    browser = Browser(city)
    answer = browser.submit(browser.get("/track"), number=number, secret=secret)
    assert answer.location == "/track/application"
    return browser


@pytest.mark.clause("2(8)1")
def test_the_receipt_shows_the_state_what_is_next_and_by_when(city: City) -> None:
    _, number, secret = apply(city)
    browser = follow(city, number.lower(), secret.replace("-", ""))

    page = browser.get("/track/application").text
    confirm(city)
    reviewed = browser.get("/track/application").text

    assert "等申辦窗口確認" in page
    assert "國民身分證" in page
    assert "最晚辦好" not in page  # it is the applicant's turn
    assert "測試一號" not in page
    assert "2026-12-07" in reviewed  # ten working days after 23 November


def test_a_declared_typhoon_day_moves_the_date(city: City) -> None:
    browser, _, _ = apply(city)
    confirm(city)
    with city.database() as session:
        calendar.declare(session, date(2026, 11, 25), is_workday=False, note="颱風")

    assert "2026-12-08" in browser.get("/track/application").text


@pytest.mark.clause("2(8)1")
def test_a_stranger_and_a_wrong_secret_look_alike(city: City) -> None:
    _, number, secret = apply(city)
    answers = []
    for typed in ((number, "AAAA-BBBB-CCCC-DDDD"), ("23456789", secret)):
        browser = Browser(city)
        page = browser.get("/track")
        answers.append(browser.submit(page, number=typed[0], secret=typed[1]))

    first, second = (VARYING.sub("", each.text) for each in answers)
    assert [each.status_code for each in answers] == [422, 422]
    assert first == second


@pytest.mark.refusal("login.locked")
def test_a_secret_is_guessed_at_ten_times(city: City) -> None:
    _, number, secret = apply(city)
    browser = Browser(city)
    page = browser.get("/track")
    for _ in range(10):
        browser.submit(page, number=number, secret="wrong")

    assert browser.submit(page, number=number, secret=secret).status_code == 429


def test_without_a_receipt_every_page_asks_for_it(city: City) -> None:
    browser = Browser(city)
    token = hidden(browser.get("/track"))

    for path in ("application", "withdraw"):
        assert browser.get(f"/track/{path}").location == "/track"
    for path in ("invite", "correct", "withdraw", "leave"):
        assert browser.post(f"/track/{path}", token).location == "/track"


def test_who_leaves_is_forgotten_by_the_browser(city: City) -> None:
    browser, _, _ = apply(city)

    browser.post("/track/leave", hidden(browser.get("/track/application")))

    assert browser.get("/track/application").location == "/track"


@pytest.mark.clause("8(4)")
def test_what_is_returned_is_corrected_and_sent_again(city: City) -> None:
    browser, number, _ = apply(city)
    send_back(city, "請確認姓名")
    page = browser.get("/track/application")
    assert "請確認姓名" in page.text
    assert "最晚辦好" not in page.text

    first = browser.follow(browser.post("/track/correct", hidden(page)))
    assert 'value="測試一號"' in first.text
    complete(browser, {**WHO, "name": "測試改名"})
    assert hand_in(browser).location == "/apply/receipt"

    kept = the_application(city)
    assert (kept.state, kept.number) == (State.CONFIRMING, number)
    assert "最晚辦好" not in browser.get("/track/application").text  # a counter is to see it anew
    assert "測試改名" not in browser.get("/track/application").text


@pytest.mark.clause("8(4)")
def test_a_correction_waits_for_the_receipt_it_corrects_and_is_not_turned_away(city: City) -> None:
    browser, number, secret = apply(city)
    send_back(city, "請確認姓名")
    browser.post("/track/correct", hidden(browser.get("/track/application")))
    complete(browser, {**WHO, "name": "測試改名"})
    browser.post("/track/leave", hidden(browser.get("/track/application")))

    asked = hand_in(browser)

    assert (asked.status_code, asked.location) == (303, "/track?done=kept")
    with city.database() as session:
        assert session.scalars(select(RefusalSlip)).all() == []
    page = browser.get(asked.location)
    assert "更正還沒送出" in page.text
    shown = browser.follow(browser.submit(page, number=number, secret=secret))
    again = browser.follow(browser.post("/track/correct", hidden(shown)))
    assert "測試改名" in again.text  # what was corrected is there
    assert browser.submit(again).location == "/apply/receipt"
    assert the_application(city).state is State.CONFIRMING


@pytest.mark.clause("8(4)")
def test_a_correction_begun_before_the_last_one_was_sent_overwrites_nothing(city: City) -> None:
    here, number, secret = apply(city)
    send_back(city, "請確認姓名")
    here.post("/track/correct", hidden(here.get("/track/application")))
    complete(here, {**WHO, "name": "測試舊稿"})
    there = follow(city, number, secret)
    there.post("/track/correct", hidden(there.get("/track/application")))
    complete(there, {**WHO, "name": "測試新稿"})
    hand_in(there)
    send_back(city, "請再確認")
    kept = the_application(city).form_sealed

    assert hand_in(here).location == "/track/application"
    assert (the_application(city).state, the_application(city).form_sealed) == (
        State.RETURNED,
        kept,
    )
    again = here.post("/track/correct", hidden(here.get("/track/application")))
    assert 'value="測試新稿"' in here.follow(again).text


def test_another_receipt_corrects_nothing(city: City) -> None:
    browser, number, _ = apply(city)
    send_back(city, "請確認姓名")
    browser.post("/track/correct", hidden(browser.get("/track/application")))
    draft = browser.http.get_cookie("__Host-taipei-id-draft", domain="id.example.invalid")
    assert draft is not None
    other, _, _ = apply(city, who={**WHO, "number": OTHER_NATIONAL})

    draft_number, _, secret = draft.value.partition(".")
    other.submit(other.get("/apply/resume"), number=draft_number, secret=secret)

    token = hidden(other.get("/apply/terms"))
    assert other.post("/apply/review", token).location == "/track?done=kept"
    with city.database() as session:
        returned = select(Application.number).where(Application.state == State.RETURNED)
        assert session.scalars(returned).all() == [number]


@pytest.mark.refusal("case.wrong_state")
def test_only_what_was_returned_is_corrected(city: City) -> None:
    browser, _, _ = apply(city)
    page = browser.get("/track/application")

    assert browser.post("/track/correct", hidden(page)).status_code == 409


def test_an_application_is_withdrawn_on_a_page_of_its_own(city: City) -> None:
    browser, _, _ = apply(city)

    page = browser.get("/track/withdraw")
    assert browser.submit(page).location == "/track/application"

    assert the_application(city).state is State.WITHDRAWN
    assert "已撤回" in browser.get("/track/application").text
    assert browser.get("/track/withdraw").location == "/track/application"
    assert browser.submit(page).status_code == 409


def test_the_worker_ends_what_waits_too_long(city: City) -> None:
    browser, number, secret = apply(city)
    city.now += PATIENCE

    handlers.sweep(city.app.extensions["taipei_id"], now=city.now)

    assert the_application(city).state is State.LAPSED
    assert "逾期失效" in follow(city, number, secret).get("/track/application").text
    assert browser.get("/track/application").status_code == 200


@pytest.mark.clause("2(8)1")
def test_an_approved_applicant_finds_the_code_and_can_have_another(city: City) -> None:
    browser, number, secret = apply(city)
    confirm(city)
    first = approve(city).secret
    assert first in browser.get("/track/application").text
    city.now += LASTS

    browser = follow(city, number, secret)
    page = browser.get("/track/application")
    assert "啟用碼過期了" in page.text
    browser.post("/track/invite", hidden(page))

    code = CODE.search(browser.get("/track/application").text)
    assert code is not None
    assert code[1] != first


@pytest.mark.refusal("activation.used")
def test_before_the_approval_there_is_no_code_to_have(city: City) -> None:
    browser, _, _ = apply(city)
    page = browser.get("/track/application")

    assert browser.post("/track/invite", hidden(page)).status_code == 409


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.not_approved")
def test_who_signs_in_with_the_receipt_is_told_to_wait_and_no_code_is_issued(city: City) -> None:
    _, number, secret = apply(city)
    browser = Browser(city)

    answer = browser.log_in(browser.authorize(), number, secret)

    assert (answer.status_code, "審核中" in answer.text) == (403, True)
    account = browser.log_in(browser.get("/account/login"), number, secret)
    assert (account.status_code, "審核中" in account.text) == (403, True)


def test_a_receipt_that_is_over_or_wrong_signs_nobody_in(city: City) -> None:
    browser, number, secret = apply(city)
    other = Browser(city)
    wrong = other.log_in(other.get("/account/login"), number, make.PASSWORD)
    browser.submit(browser.get("/track/withdraw"))
    over = other.log_in(other.get("/account/login"), number, secret)

    for answer in (wrong, over):
        assert (answer.status_code, "帳號或密碼不正確" in answer.text) == (200, True)
