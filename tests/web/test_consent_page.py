import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from clients import approval
from consent.models import Consent, ConsentText, Decision, Receipt
from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import City

RADIO = re.compile(r'<input type="radio" id="[^"]*" name="claim\.(\w+)" value="(\w+)"( checked)?>')
SHOP = {"client_id": "shop"}
NAME = make.a_claim_form("name", required=True)
BIRTH, AGE, EMAIL = map(make.a_claim_form, ("birthdate", "age_over_18", "email"))


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser in a city whose shop may ask for a birth date, or for an age instead."""
    city.register(
        "shop", sector="shop.invalid", purposes=[make.a_purpose_form(claims=[NAME, BIRTH, AGE])]
    )
    return Browser(city)


def asked_by_the_shop(browser: Browser, **changes: str) -> TestResponse:
    page = browser.authorize(**{**SHOP, **changes})
    if page.request.path.endswith("/login"):
        page = browser.log_in(page)
    assert page.request.path.endswith("/consent"), page.text
    return page


def radios(page: TestResponse) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for claim, value, checked in RADIO.findall(page.text):
        found.setdefault(claim, []).append(value + ("*" if checked else ""))
    return found


def decide(browser: Browser, page: TestResponse, **claims: str) -> TestResponse:
    fields = {f"claim.{name}": value for name, value in claims.items()}
    return browser.follow(browser.submit(page, decision="allow", duration="90d", **fields))


def received(browser: Browser, back: TestResponse) -> dict[str, Any]:
    tokens = browser.city.exchange(answer(back)["code"], "shop").get_json()
    userinfo = browser.city.userinfo(tokens["access_token"])
    assert userinfo.status_code == 200, userinfo.text
    claims: dict[str, Any] = userinfo.get_json()
    return claims


def ledger(city: City) -> dict[str, Decision]:
    with city.database() as session:
        rows = session.scalars(select(Consent).where(Consent.ended_at.is_(None)))
        return {row.claim: row.decision for row in rows}


def change(city: City, **purpose: Any) -> None:
    with city.database() as session:
        approval.draft(session, "shop", make.a_purpose_form(**purpose), now=city.now)
        version = approval.submit(session, "shop", "library-card", now=city.now)
        approval.approve(session, version, now=city.wait(seconds=2))


def stored_text(city: City) -> str:
    with city.database() as session:
        row = session.scalars(
            select(ConsentText)
            .join(Receipt, Receipt.text_sha256 == ConsentText.sha256)
            .order_by(Receipt.id.desc())
        ).first()
        assert row is not None
        return row.body


def shown_text(page: TestResponse) -> str:
    (shown,) = re.findall(r'<pre id="consent-text">(.*?)</pre>', page.text, re.DOTALL)
    return html.unescape(re.sub(r"</?span[^>]*>", "", shown))


# The first consent


def test_each_claim_is_a_question_and_the_least_is_the_default(browser: Browser) -> None:
    page = asked_by_the_shop(browser)

    assert radios(page) == {"birthdate": ["withhold*", "derived", "share"]}
    assert "只提供「已滿 18 歲：是」" in page.text
    assert "1990-04-01" in page.text


def test_only_the_age_is_given_and_the_birth_date_refused(city: City, browser: Browser) -> None:
    back = decide(browser, asked_by_the_shop(browser), birthdate="derived")

    assert ledger(city) == {
        "sub": Decision.GIVEN,
        "name": Decision.GIVEN,
        "age_over_18": Decision.GIVEN,
        "birthdate": Decision.REFUSED,
    }
    claims = received(browser, back)
    assert claims["age_over_18"] is True
    assert "birthdate" not in claims


@pytest.mark.parametrize("given", ["share", "withhold", None])
def test_a_whole_datum_or_none_leaves_the_age_out(browser: Browser, given: str | None) -> None:
    answers = {} if given is None else {"birthdate": given}

    claims = received(browser, decide(browser, asked_by_the_shop(browser), **answers))

    assert ("birthdate" in claims) is (given == "share")
    assert "age_over_18" not in claims


def test_a_client_that_asks_for_the_age_by_name_gets_it_beside_the_date(browser: Browser) -> None:
    wanted = '{"userinfo": {"age_over_18": null, "birthdate": null}}'
    page = asked_by_the_shop(browser, claims=wanted)

    claims = received(browser, decide(browser, page, birthdate="share"))

    assert claims["age_over_18"] is True
    assert claims["birthdate"] == "1990-04-01"


def test_an_unknown_birth_date_gives_no_age_rather_than_no(city: City, browser: Browser) -> None:
    city.enrol("ageless", birthdate=None)
    page = browser.log_in(browser.authorize(**SHOP), "ageless")

    claims = received(browser, decide(browser, page, birthdate="derived"))

    assert "age_over_18" not in claims
    assert "birthdate" not in claims
    assert "只提供「已滿 18 歲：（沒有登錄）」" in page.text


@pytest.mark.parametrize("value", ["yes", "", "DERIVED"])
def test_an_answer_nobody_offered_is_asked_again(city: City, browser: Browser, value: str) -> None:
    page = decide(browser, asked_by_the_shop(browser), birthdate=value)

    assert page.status_code == 422
    assert 'id="claim.birthdate-error"' in page.text
    assert ledger(city) == {}


def test_what_cannot_be_derived_cannot_be_chosen_so(city: City, browser: Browser) -> None:
    page = browser.log_in(browser.authorize("library"))

    refused = decide(browser, page, birthdate="derived")

    assert refused.status_code == 422
    assert ledger(city) == {}


def test_a_duration_longer_than_the_approval_is_not_offered(city: City, browser: Browser) -> None:
    purpose = make.a_purpose_form(claims=[], max_days=90)
    city.register("short", sector="short.invalid", purposes=[purpose])
    page = browser.log_in(browser.authorize("short", scope="openid"))

    refused = browser.submit(page, decision="allow", duration="1y")

    assert 'value="1y"' not in page.text
    assert refused.status_code == 422


# The proof


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_the_text_kept_is_byte_for_byte_the_text_shown(
    city: City, browser: Browser, language: str
) -> None:
    page = asked_by_the_shop(browser, ui_locales=language)

    decide(browser, page, birthdate="derived")

    assert stored_text(city) == shown_text(page)
    assert ("Recipient" if language == "en" else "提供對象") in stored_text(city)


def test_what_was_not_read_cannot_be_agreed_to(city: City, browser: Browser) -> None:
    page = asked_by_the_shop(browser)
    change(city, claims=[NAME, BIRTH, AGE], text=make.words("別的用途", "another"))

    again = decide(browser, page, birthdate="share")

    assert again.status_code == 422
    assert "剛剛有變更" in again.text
    assert "別的用途" in again.text
    assert ledger(city) == {}
    assert "code" in answer(decide(browser, again, birthdate="share"))


@pytest.mark.parametrize("text", ["", "0" * 64, "同意"])
def test_a_form_that_does_not_say_what_was_read_is_shown_again(
    city: City, browser: Browser, text: str
) -> None:
    page = asked_by_the_shop(browser)

    again = browser.post(
        page.request.path, {**hidden(page), "text": text, "decision": "allow", "duration": "90d"}
    )

    assert again.status_code == 422
    assert ledger(city) == {}


# The second consent


def test_a_new_claim_is_asked_about_alone(city: City, browser: Browser) -> None:
    decide(browser, asked_by_the_shop(browser), birthdate="derived")
    change(city, claims=[NAME, BIRTH, AGE, EMAIL])

    page = asked_by_the_shop(browser, scope="openid profile email")
    claims = received(browser, decide(browser, page, email="share"))

    assert radios(page) == {"email": ["withhold*", "share"]}
    assert "新增：電子郵件" in page.text
    assert "先前的選擇照舊" in page.text
    assert claims["email"] == "mei.chen@mail.invalid"
    assert claims["age_over_18"] is True
    assert claims["name"] == "陳美玉"


@pytest.mark.clause("10(3)")
def test_while_a_new_claim_waits_for_an_answer_the_others_go_on(
    city: City, browser: Browser
) -> None:
    back = decide(browser, asked_by_the_shop(browser), birthdate="derived")
    tokens = city.exchange(answer(back)["code"], "shop").get_json()

    change(city, claims=[NAME, BIRTH, AGE, EMAIL])

    assert set(city.userinfo(tokens["access_token"]).get_json()) == {"sub", "name", "age_over_18"}


@pytest.mark.clause("10(3)")
def test_a_purpose_told_anew_stops_everything_until_the_member_agrees(
    city: City, browser: Browser
) -> None:
    back = decide(browser, asked_by_the_shop(browser), birthdate="derived")
    tokens = city.exchange(answer(back)["code"], "shop").get_json()

    change(city, claims=[NAME, BIRTH, AGE], text=make.words("也寄廣告", "also advertising"))

    assert city.userinfo(tokens["access_token"]).status_code == 401
    assert city.refresh(tokens["refresh_token"], "shop").get_json()["error"] == "invalid_grant"


def test_a_purpose_told_anew_shows_the_difference_and_keeps_the_choices(
    city: City, browser: Browser
) -> None:
    decide(browser, asked_by_the_shop(browser), birthdate="derived")
    change(city, claims=[NAME, BIRTH, AGE], text=make.words("也寄廣告", "also advertising"))

    page = asked_by_the_shop(browser)
    claims = received(browser, decide(browser, page))

    assert radios(page) == {}
    assert "用途改為：也寄廣告（原本：辦理借閱證）" in page.text
    assert "先前的選擇照舊" in page.text
    assert set(claims) == {"sub", "name", "age_over_18"}
    assert stored_text(city) == shown_text(page)


def test_instead_of_keeping_them_every_choice_can_be_made_anew(
    city: City, browser: Browser
) -> None:
    decide(browser, asked_by_the_shop(browser), birthdate="share")
    change(city, claims=[NAME, BIRTH, AGE], text=make.words("也寄廣告", "also advertising"))
    page = asked_by_the_shop(browser)

    everything = browser.get(page.request.path, {"anew": "yes"})
    claims = received(browser, decide(browser, everything))

    assert radios(everything) == {"birthdate": ["withhold*", "derived", "share"]}
    assert set(claims) == {"sub", "name"}


@pytest.mark.clause("10(3)")
def test_what_narrows_asks_nobody_and_stops_at_once(city: City, browser: Browser) -> None:
    back = decide(browser, asked_by_the_shop(browser), birthdate="share")
    tokens = city.exchange(answer(back)["code"], "shop").get_json()

    change(city, claims=[NAME])

    assert set(city.userinfo(tokens["access_token"]).get_json()) == {"sub", "name"}
    assert "code" in answer(browser.authorize(**SHOP))


@pytest.mark.clause("10(3)")
def test_an_approval_cut_short_ends_consents_given_for_longer(city: City, browser: Browser) -> None:
    decide(browser, asked_by_the_shop(browser), birthdate="share")
    change(city, claims=[NAME, BIRTH, AGE], max_days=1)
    city.now += timedelta(hours=1)
    before = answer(browser.authorize(**SHOP))

    city.now += timedelta(days=1)

    assert "code" in before
    assert browser.authorize(**SHOP).request.path.endswith("/login")


@pytest.mark.clause("10(3)")
def test_consent_for_one_service_does_not_serve_another_of_the_same_agency(
    city: City, browser: Browser
) -> None:
    two = [
        make.a_purpose_form(claims=[NAME, EMAIL]),
        make.a_purpose_form("reading-room", claims=[NAME, EMAIL]),
    ]
    city.register("two", sector="two.invalid", purposes=two)
    page = browser.log_in(browser.authorize("two", scope="openid profile email"))
    first = decide(browser, page, email="share")

    other = browser.authorize("two", scope="openid profile email purpose:reading-room")

    assert "code" in answer(first)
    assert other.request.path.endswith("/consent")
    tokens = city.exchange(answer(decide(browser, other))["code"], "two").get_json()
    assert set(city.userinfo(tokens["access_token"]).get_json()) == {"sub", "name"}


# Refusing


def test_who_refuses_is_told_the_other_way_before_going_back(city: City, browser: Browser) -> None:
    page = asked_by_the_shop(browser)

    refused = browser.follow(browser.submit(page, decision="deny"))

    assert refused.status_code == 200
    assert refused.request.path.endswith("/refused")
    assert "不能線上辦證" in refused.text
    assert "不用帳號也能辦" in refused.text
    assert "https://library.invalid" in refused.headers["Content-Security-Policy"]
    assert ledger(city) == {}


def test_from_there_the_client_learns_that_access_was_denied(browser: Browser) -> None:
    refused = browser.follow(browser.submit(asked_by_the_shop(browser), decision="deny"))

    told = answer(browser.submit(refused))

    assert told["error"] == "access_denied"
    assert told["state"] == "the-state"


def test_who_refused_by_mistake_can_go_back_and_agree(browser: Browser) -> None:
    refused = browser.follow(browser.submit(asked_by_the_shop(browser), decision="deny"))
    (link,) = re.findall(r'id="refused_back" href="([^"]+)"', refused.text)

    page = browser.get(link)

    assert "code" in answer(decide(browser, page))


def test_the_page_of_a_refusal_is_only_for_who_is_being_asked(browser: Browser) -> None:
    page = browser.authorize(**SHOP)

    early = browser.get(page.request.path.replace("/login", "/refused"))

    assert early.status_code == 303
    assert browser.follow(early).request.path.endswith("/login")


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_every_page_is_said_in_both_languages(city: City, browser: Browser, language: str) -> None:
    page = asked_by_the_shop(browser, ui_locales=language)
    refused = browser.follow(browser.submit(page, decision="deny"))

    tag = "en" if language == "en" else "zh-Hant-TW"
    for each in (page, refused):
        assert f'<html lang="{tag}">' in each.text
    assert ("You did not agree" if language == "en" else "您沒有同意") in refused.text
