"""At a merchant: yes or no first, what identifies on a second page, and no page undoes another."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from consent.models import Consent, Decision, Receipt
from consent.parts import Part
from tests import make
from tests.flows.browser import Browser, answer, authorization, hidden
from tests.flows.provider import City
from tests.idp.test_races import at_once
from tests.web.test_marketing import cookies

pytestmark = pytest.mark.clause("10(4)")
AGE, NAME, EMAIL = map(make.a_claim_form, ("age_over_65", "name", "email"))
ONLY = "openid profile"  # what a café may ask that registered no e-mail address
CHECKED = re.compile(r'name="claim\.[^"]*" value="[^"]*" checked')


def a_cafe(city: City, *claims: dict[str, Any], **purpose: Any) -> Browser:
    offer = make.a_purpose_form("senior", kind="offer", claims=list(claims), **purpose)
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid", purposes=[offer]))
    return Browser(city)


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser in a city whose café asks for an age, and would like a name and an address."""
    return a_cafe(city, AGE, NAME, EMAIL)


def arrive(browser: Browser, scope: str = "openid profile email") -> TestResponse:
    page = browser.authorize("cafe", scope=scope)
    if page.request.path.endswith("/login"):
        page = browser.log_in(page)
    assert page.request.path.endswith("/consent"), page.text
    return page


def goes(
    browser: Browser, page: TestResponse, decision: str = "allow", **fields: str
) -> TestResponse:
    named = {name.replace("claim_", "claim."): value for name, value in fields.items()}
    return browser.follow(browser.submit(page, decision=decision, duration="90d", **named))


def part(page: TestResponse) -> str:
    return hidden(page)["part"]


def decided(city: City) -> dict[str, Decision]:
    with city.database() as session:
        rows = session.scalars(select(Consent).where(Consent.ended_at.is_(None)))
        return {row.claim: row.decision for row in rows}


def receipts(city: City) -> list[Part]:
    with city.database() as session:
        return list(session.scalars(select(Receipt.part).order_by(Receipt.id)))


def received(browser: Browser, back: TestResponse) -> dict[str, Any]:
    tokens = browser.city.exchange(answer(back)["code"], "cafe").get_json()
    claims: dict[str, Any] = browser.city.userinfo(tokens["access_token"]).get_json()
    return claims


def silent(browser: Browser, scope: str = "openid profile email") -> dict[str, str]:
    asking = authorization("cafe", scope=scope, prompt="none")
    return answer(browser.get("/authorize", asking))


def test_the_first_page_holds_nothing_that_identifies(browser: Browser) -> None:
    page = arrive(browser)

    assert part(page) == "anonymous"
    assert 'name="claim.age_over_65"' in page.text
    assert 'name="claim.name"' not in page.text
    assert "陳美玉" not in page.text
    assert "mei@" not in page.text
    assert "下一頁才決定: 姓名" in page.text


def test_who_does_not_look_at_the_second_page_goes_on_as_a_stranger(browser: Browser) -> None:
    back = goes(browser, arrive(browser), claim_age_over_65="share")

    assert received(browser, back).keys() == {"sub", "age_over_65"}
    assert decided(browser.city)["name"] is Decision.REFUSED
    assert receipts(browser.city) == [Part.ANONYMOUS]
    assert "code" in silent(browser)


def test_on_the_second_page_nothing_is_ticked(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")

    assert part(second) == "identified"
    assert 'name="claim.name" value="share"' in second.text
    assert not CHECKED.search(second.text)


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_going_on_without_giving_data_keeps_the_first_page(browser: Browser, decision: str) -> None:
    second = goes(browser, arrive(browser), more="yes", claim_age_over_65="share")

    back = goes(browser, second, decision)

    assert received(browser, back).keys() == {"sub", "age_over_65"}
    assert decided(browser.city) == {
        "sub": Decision.GIVEN,
        "age_over_65": Decision.GIVEN,
        "name": Decision.REFUSED,
        "email": Decision.REFUSED,
    }
    assert receipts(browser.city) == [Part.ANONYMOUS, Part.IDENTIFIED]
    assert "code" in silent(browser)


def test_a_no_to_the_second_page_overrules_what_was_chosen_on_it(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")

    back = goes(browser, second, "deny", claim_name="share")

    assert received(browser, back).keys() == {"sub"}


def test_each_claim_is_decided_by_itself(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")

    back = goes(browser, second, claim_name="share")

    assert received(browser, back)["name"] == "陳美玉"
    assert decided(browser.city)["email"] is Decision.REFUSED


def test_the_second_page_leaves_the_yes_to_the_first_as_it_is(browser: Browser) -> None:
    page = arrive(browser)
    second = browser.follow(browser.submit(page, decision="allow", duration="1y", more="yes"))

    browser.submit(second, decision="allow", duration="once", **{"claim.name": "share"})

    with browser.city.database() as session:
        sub = session.scalars(select(Consent).where(Consent.claim == "sub")).one()
        assert not sub.once
        assert sub.ended_at is None


@pytest.mark.refusal("form.not_ours")
def test_a_page_found_with_the_back_button_changes_nothing(browser: Browser) -> None:
    first = arrive(browser)
    second = goes(browser, first, more="yes")
    before = decided(browser.city)

    again = goes(browser, first, claim_age_over_65="share")
    denied = goes(browser, first, "deny")

    assert part(again) == part(denied) == part(second) == "identified"
    assert decided(browser.city) == before
    assert browser.post(first.request.path, {"decision": "allow"}).status_code == 403


@pytest.mark.parametrize("forged", ["whole", "marketing", "", "x" * 5000, "一"])
def test_a_part_that_is_not_asked_is_not_answered(browser: Browser, forged: str) -> None:
    page = arrive(browser)

    after = goes(browser, page, part=forged)

    assert part(after) == "anonymous"
    assert decided(browser.city) == {}


def test_a_no_to_the_first_page_gives_nothing_and_goes_back(browser: Browser) -> None:
    page = goes(browser, arrive(browser), "deny")

    assert page.request.path.endswith("/refused")
    assert answer(browser.submit(page))["error"] == "access_denied"
    assert decided(browser.city) == {}


def test_a_merchant_that_needs_a_name_asks_on_the_second_page_unasked(city: City) -> None:
    browser = a_cafe(city, make.a_claim_form("name", required=True))
    page = arrive(browser, ONLY)
    assert 'name="more"' not in page.text

    second = goes(browser, page)
    assert part(second) == "identified"
    back = goes(browser, second)

    assert received(browser, back)["name"] == "陳美玉"


def test_a_no_to_what_a_merchant_needs_goes_on_as_a_stranger_and_is_asked_again(city: City) -> None:
    browser = a_cafe(city, make.a_claim_form("name", required=True))

    back = goes(browser, goes(browser, arrive(browser, ONLY)), "deny")

    assert received(browser, back).keys() == {"sub"}
    assert decided(city) == {"sub": Decision.GIVEN}
    assert silent(browser, ONLY)["error"] == "consent_required"
    assert part(arrive(browser, ONLY)) == "identified"


def test_a_merchant_that_asks_for_nothing_that_identifies_has_one_page(city: City) -> None:
    browser = a_cafe(city, AGE)
    page = arrive(browser, ONLY)

    assert "下一頁" not in page.text
    assert "code" in answer(goes(browser, page))


def test_the_receipt_says_which_page_it_was(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")
    goes(browser, second, claim_name="share")
    with browser.city.database() as session:
        first_id, second_id = session.scalars(select(Receipt.id).order_by(Receipt.id))

    assert "第一頁：沒有一項認得出您" in browser.get(f"/account/receipts/{first_id}").text
    assert "第二頁：認得出您的資料" in browser.get(f"/account/receipts/{second_id}").text


def test_a_change_of_language_between_reading_and_deciding_is_noticed(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")
    browser.submit(second, text="0" * 64, decision="allow")

    page = goes(browser, second, text="0" * 64, claim_name="share")

    assert page.status_code == 422
    assert "name" not in decided(browser.city)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_second_page_that_is_sent_from_several_tabs_is_one_decision(browser: Browser) -> None:
    second = goes(browser, arrive(browser), more="yes")
    form = {**hidden(second), "decision": "allow", "duration": "90d", "claim.name": "share"}
    path, cookie, city = second.request.path, cookies(browser), browser.city

    def send() -> TestResponse:
        return city.call(path, form, headers={"Cookie": cookie})

    responses = at_once(send)

    answers = {each.status_code for each in responses}
    assert 303 in answers
    assert answers <= {303, 410}  # a tab that comes when it is done is told so
    with city.database() as session:
        rows = session.scalars(
            select(Consent).where(Consent.claim == "name", Consent.ended_at.is_(None))
        ).all()
    assert [each.decision for each in rows] == [Decision.GIVEN]
    assert decided(city)["email"] is Decision.REFUSED
    assert "code" in silent(browser)
