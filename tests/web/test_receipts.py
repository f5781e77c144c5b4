"""Prove that a member has the receipt at once, and that it proves itself for ever."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from werkzeug.test import TestResponse

from clients import registry
from idp import keys, receipts
from idp.models import KeyState, SigningKey
from kernel.errors import Refused
from tests import make
from tests.flows.browser import Browser, is_at_client
from tests.flows.provider import City

RECEIPT = re.compile(r"/account/receipts/[0-9a-f-]{36}")


@pytest.fixture
def browser(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


def receipt_of(browser: Browser) -> str:
    found = RECEIPT.search(browser.get("/account/consents").text)
    assert found
    return found[0]


def published(city: City) -> Any:  # a JWKS
    return city.call("/receipts/jwks.json").get_json()


def text_of(page: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_way_back_to_the_client_is_not_interrupted(city: City) -> None:
    assert is_at_client(Browser(city).sign_in())


def test_the_account_leads_to_the_newest_receipt_at_once(browser: Browser) -> None:
    assert receipt_of(browser) in browser.get("/account").text


@pytest.mark.clause("10(3)")
def test_the_page_shows_what_was_decided_on_which_words(city: City) -> None:
    browser = Browser(city)
    browser.sign_in(scope="openid profile email")

    said = text_of(browser.get(receipt_of(browser)))

    for words in (
        "臺北市立圖書館",
        "借閱證",
        "姓名、出生日期",
        "不提供 電子郵件",
        "民國115年11月23日 (2026-11-23) 12:00",
        "民國116年2月21日",
        "用途: 借閱證",
        "第一級（密碼）",
    ):
        assert words in said


def test_the_page_keeps_the_language_of_the_words_it_quotes(city: City, browser: Browser) -> None:
    page = browser.get(receipt_of(browser), headers={"Accept-Language": "en"})

    assert "You agreed to share" in page.text
    assert '<div lang="zh-Hant-TW">' in page.text


def test_the_signed_receipt_is_a_file_of_its_own_type(browser: Browser) -> None:
    signed = browser.get(f"{receipt_of(browser)}.jwt")

    header = json.loads(base64.urlsafe_b64decode(signed.text.split(".")[0] + "=="))
    assert signed.mimetype == "application/consent-receipt+jwt"
    assert signed.headers["Content-Disposition"].startswith("attachment;")
    assert signed.headers["Cache-Control"] == "no-store"
    assert (header["typ"], header["alg"]) == ("consent-receipt+jwt", "ES256")


def test_the_signed_receipt_names_the_member_as_the_client_does(
    city: City, browser: Browser
) -> None:
    signed = browser.get(f"{receipt_of(browser)}.jwt").text
    sub = city.opened(browser.tokens()["id_token"])["sub"]

    claims = receipts.read(signed, published(city))

    notice = claims["pii_processing"]["privacy_notice"]
    assert claims["sub"] == sub
    assert hashlib.sha256(notice["text"].encode()).hexdigest() == notice["sha256"]


def test_a_receipt_verifies_when_its_key_is_long_gone(city: City, browser: Browser) -> None:
    signed = browser.get(f"{receipt_of(browser)}.jwt").text
    for _ in range(3):
        with city.database() as session:
            keys.rotate(session, make.KEYRING, "ES256", now=city.wait(days=3))
    with city.database() as session:
        session.execute(delete(SigningKey).where(SigningKey.state == KeyState.RETIRING))
    kid = json.loads(base64.urlsafe_b64decode(signed.split(".")[0] + "=="))["kid"]

    assert kid not in {key["kid"] for key in city.call("/jwks.json").get_json()["keys"]}
    assert receipts.read(signed, published(city))["iss"]


def test_no_private_part_is_published(city: City) -> None:
    found = published(city)["keys"]

    assert found
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in found)


@pytest.mark.refusal("receipt.signature_invalid")
def test_a_receipt_altered_anywhere_is_refused(city: City, browser: Browser) -> None:
    signed, jwks = browser.get(f"{receipt_of(browser)}.jwt").text, published(city)

    for place in range(0, len(signed), max(1, len(signed) // 40)):
        put = "A" if signed[place] != "A" else "B"
        with pytest.raises(Refused, match=r"^receipt\.signature_invalid$"):
            receipts.read(signed[:place] + put + signed[place + 1 :], jwks)


@pytest.mark.refusal("receipt.signature_invalid")
def test_nothing_else_we_sign_passes_for_a_receipt(city: City, browser: Browser) -> None:
    id_token = browser.tokens()["id_token"]

    with pytest.raises(Refused):
        receipts.read(id_token, published(city))


def test_a_receipt_does_not_pass_for_an_id_token(city: City, browser: Browser) -> None:
    signed = browser.get(f"{receipt_of(browser)}.jwt").text

    page = browser.get("/logout", {"id_token_hint": signed})
    sent = browser.get("/authorize", {"id_token_hint": signed, "client_id": "library"})

    assert "圖書館" not in page.text
    assert sent.status_code != 500


def test_somebody_else_sees_no_receipt_of_mine(city: City, browser: Browser) -> None:
    mine = receipt_of(browser)
    city.enrol("da.wang")
    other = Browser(city)
    other.sign_in(login="da.wang")

    assert other.get(mine).status_code == 404
    assert other.get(f"{mine}.jwt").status_code == 404


def test_a_stranger_is_sent_to_log_in(city: City, browser: Browser) -> None:
    assert Browser(city).get(receipt_of(browser)).location.endswith("/account/login")


@pytest.mark.clause("10(3)")
def test_a_withdrawn_consent_keeps_its_receipt_and_the_receipt_says_so(
    city: City, browser: Browser
) -> None:
    mine = receipt_of(browser)
    city.wait(minutes=1)
    browser.submit(browser.get(withdrawal(browser)))

    assert mine in browser.get("/account/consents").text
    assert "您撤回了" in browser.get(mine).text
    events = receipts.read(browser.get(f"{mine}.jwt").text, published(city))["consent"]["events"]
    assert [each["event_state"] for each in events] == ["given", "withdrawn"]


def withdrawal(browser: Browser) -> str:
    found = re.search(
        r"/account/consents/[0-9a-f-]+/withdraw", browser.get("/account/consents").text
    )
    assert found
    return found[0]


def test_a_receipt_is_shown_for_a_client_that_has_left(city: City, browser: Browser) -> None:
    mine = receipt_of(browser)
    with city.database() as session:
        client = registry.get(session, "library")
        client.disabled_at = city.now
    city.wait(seconds=5)

    assert browser.get(mine).status_code == 200


def test_the_latest_receipt_is_news_only_while_its_consent_lives(
    city: City, browser: Browser
) -> None:
    mine = receipt_of(browser)
    browser.submit(browser.get(withdrawal(browser)))

    assert mine not in browser.get("/account").text


def test_what_ends_soon_is_said_on_the_overview(city: City, browser: Browser) -> None:
    before = browser.get("/account").text
    city.now += timedelta(days=80)
    browser = Browser(city)
    browser.post("/account/login", {})
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)

    page = browser.get("/account")

    assert "需要您看一下" not in before
    assert "需要您看一下（1 件）" in page.text
    assert "到期" in text_of(page)
