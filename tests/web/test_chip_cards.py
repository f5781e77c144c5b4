"""Chip cards over HTTP, with one made of software: add, sign in, step up, lose."""

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.keycard.adapter import KeyCardAdapter
from audit.models import LedgerLine
from idp import acr
from members.models import Standing
from tests import make
from tests.chips import Chip
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRONG = "urn:taipei-id:acr:2"
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": [STRONG]}}})
LOGIN, BIND = "/account/login/chip-card", "/account/carriers/chip-card"


@pytest.fixture(autouse=True)
def _taken(city: City) -> None:
    """Take chip cards here."""
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, "key-card": KeyCardAdapter(b"k" * 32)}
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)


def sign_in_by_password(browser: Browser) -> None:
    page = browser.get("/account/login")
    response = browser.submit(page, login_id="mei.chen", password=make.PASSWORD)
    assert response.location == "/account", response.text


def sign(browser: Browser, page: TestResponse, chip: Chip, **more: str) -> TestResponse:
    """Do what the page's script does."""
    found = re.search(r'data-place="([^"]*)"', page.text)
    action = re.search(r'action="([^"]*)" novalidate hidden data-card="sign"', page.text)
    assert found, page.text
    assert action
    form = {"csrf_token": hidden(page)["csrf_token"], "place": found[1]}
    asked = browser.post("/chip-card/options", form).get_json()
    assert asked["origin"] == ISSUER
    return browser.post(
        action[1], {**form, "challenge": asked["nonce"], "token": chip.sign(asked["nonce"]), **more}
    )


def bound(city: City) -> Chip:
    browser, chip = Browser(city), Chip(origin=ISSUER)
    sign_in_by_password(browser)
    response = sign(browser, browser.get(BIND), chip, name="My badge")
    assert response.location == "/account/carriers?done=chip-card", response.text
    return chip


def kinds(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def test_a_card_is_added_and_signs_in(city: City) -> None:
    chip, browser = bound(city), Browser(city)

    page = browser.get(LOGIN)
    response = sign(browser, page, chip)

    assert response.location == "/account"
    assert browser.get("/account").status_code == 200
    assert "carrier.bound" in kinds(city)
    assert "My badge" in browser.get("/account/carriers").text
    assert "connect-src 'self' http://127.0.0.1:8603" in page.headers["Content-Security-Policy"]
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


@one_database
@pytest.mark.refusal("login.failed")
def test_a_strange_card_and_an_elsewhere_signed_token_are_refused_alike(city: City) -> None:
    chip = bound(city)
    for wrong in (Chip(origin=ISSUER), chip.at("https://evil.invalid")):
        browser = Browser(city)
        response = sign(browser, browser.get(LOGIN), wrong)

        assert response.status_code == 200
        assert "卡片沒有通過" in response.text
        assert browser.get("/account").status_code == 303


@one_database
def test_a_question_is_answered_once(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    page = browser.get(LOGIN)
    form = {"csrf_token": hidden(page)["csrf_token"], "place": "account-chip-card"}
    nonce = browser.post("/chip-card/options", form).get_json()["nonce"]
    answer = {**form, "challenge": nonce, "token": chip.sign(nonce)}

    assert browser.post(LOGIN, answer).location == "/account"
    again = Browser(city)
    token = {"csrf_token": hidden(again.get(LOGIN))["csrf_token"]}
    assert "放太久了" in again.post(LOGIN, {**answer, **token}).text


@one_database
@pytest.mark.clause("2(8)2")
def test_a_card_adds_the_strength_a_service_demands(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    page = browser.authorize(claims=DEMAND)
    assert "/chip-card" in page.text
    waiting = page.request.path.removesuffix("/login")
    response = sign(browser, browser.get(f"{waiting}/chip-card"), chip)

    assert response.location == waiting


@one_database
def test_a_suspended_member_gets_in_with_no_card(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    city.set_standing(Standing.SUSPENDED)

    assert "卡片沒有通過" in sign(browser, browser.get(LOGIN), chip).text


@one_database
@pytest.mark.refusal("carrier.already_bound")
def test_a_card_that_is_bound_is_not_bound_again(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    sign(browser, browser.get(LOGIN), chip)

    response = sign(browser, browser.get(BIND), chip)

    assert response.status_code == 409


@one_database
def test_where_no_chip_cards_are_taken_there_is_no_such_page(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    adapters = {name: each for name, each in rooms.adapters.items() if name != "key-card"}
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters)
    browser = Browser(city)

    assert browser.get(LOGIN).status_code == 404
    sign_in_by_password(browser)
    assert browser.get(BIND).status_code == 404
    assert "add_chip-card" not in browser.get("/account/carriers").text


@one_database
def test_a_card_leads_to_the_page_that_was_wanted(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    login = browser.get("/account/login?next=/account/consents")
    assert 'href="/account/login/chip-card?next=/account/consents"' in login.text

    page = browser.get("/account/login/chip-card?next=/account/consents")
    assert 'name="next" value="/account/consents"' in page.text
    assert sign(browser, page, chip, next="/account/consents").location == "/account/consents"


@one_database
def test_nobody_is_led_away_from_this_site_by_a_card(city: City) -> None:
    chip, browser = bound(city), Browser(city)

    page = browser.get("/account/login/chip-card?next=//evil.invalid/")

    assert 'name="next" value="/account"' in page.text
    assert sign(browser, page, chip, next="https://evil.invalid/").location == "/account"


@one_database
@pytest.mark.clause("8(3)")
def test_a_chip_card_confirms_what_a_password_does_not(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    sign_in_by_password(browser)
    page = browser.follow(browser.get("/account/carriers/new"))
    assert "confirm_chip-card" in page.text
    assert 'id="submit_confirm"' not in page.text

    page = browser.get("/account/confirm/chip-card?next=/account/carriers/new&need=passkey")
    onward = "/account/carriers/new"

    assert sign(browser, page, chip, next=onward).location == onward
    assert browser.get(onward).status_code == 200


@one_database
def test_another_members_card_confirms_nothing(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    city.enrol("other")
    page = browser.get("/account/login")
    browser.submit(page, login_id="other", password=make.PASSWORD)

    page = browser.get("/account/confirm/chip-card")

    assert "卡片沒有通過" in sign(browser, page, chip).text


@one_database
def test_the_footprint_says_by_what_somebody_signed_in(city: City) -> None:
    chip, browser = bound(city), Browser(city)
    sign(browser, browser.get(LOGIN), chip)

    assert "用晶片卡" in browser.get("/account/footprint").text


# A loss that somebody reported without signing in (7(7), docs/decisions/0078)


def reported(city: City) -> tuple[Chip, Browser, TestResponse]:
    """Return a chip card whose loss was reported, its member by password, and the page to undo."""
    chip, browser = bound(city), Browser(city)
    browser.submit(browser.get("/lost"), login_id="mei.chen", birthdate="1990-04-01")
    sign_in_by_password(browser)
    link = re.search(r'class="found" href="([^"]*)"', browser.get("/account/carriers").text)
    assert link
    return chip, browser, browser.get(link[1])


@pytest.mark.clause("8(3)")
@one_database
def test_a_member_takes_a_reported_loss_back_by_the_card_itself(city: City) -> None:
    chip, browser, page = reported(city)

    assert sign(browser, page, chip).location == "/account/carriers?done=found"
    assert "可以使用" in browser.get("/account/carriers").text


@pytest.mark.clause("8(3)")
@one_database
def test_neither_a_password_nor_another_card_takes_it_back(city: City) -> None:
    _, browser, page = reported(city)

    other = sign(browser, page, Chip(origin=ISSUER))
    nothing = browser.post(page.request.path, hidden(page))

    assert {other.status_code, nothing.status_code} == {200}
    assert "已掛失" in browser.get("/account/carriers").text
