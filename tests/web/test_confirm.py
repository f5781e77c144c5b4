"""Prove that what cannot be undone asks again who is there."""

import pytest
from flask import Blueprint
from sqlalchemy import select

from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, the_settings
from tests.web.outbox import World
from web import account_confirm, scope
from web.app import build_rooms, create_app
from web.models import KnownBrowser

DANGEROUS = "/dangerous"


def a_dangerous_page() -> Blueprint:
    bp = Blueprint("dangerous", __name__)

    @bp.get(DANGEROUS)
    @scope.member_required
    @account_confirm.confirmation_required
    def page() -> str:
        return "dangerous"

    return bp


@pytest.fixture
def browser(city: City) -> Browser:
    app = create_app(the_settings(), database=city.sessions)
    app.extensions["taipei_id"] = build_rooms(the_settings(), city.sessions)
    app.register_blueprint(a_dangerous_page())
    city.app = app
    browser = Browser(city)
    page = browser.get("/account/login")
    browser.submit(page, login_id="mei.chen", password=make.PASSWORD)
    return browser


def test_who_has_just_signed_in_is_not_asked(browser: Browser) -> None:
    assert browser.get(DANGEROUS).text == "dangerous"


def test_after_five_minutes_the_password_is_asked_for(city: City, browser: Browser) -> None:
    city.wait(minutes=5)

    asked = browser.get(DANGEROUS)

    assert asked.status_code == 303
    assert asked.location == f"/account/confirm?next={DANGEROUS}"


def test_the_right_password_leads_back_and_counts_for_five_minutes(
    city: City, browser: Browser
) -> None:
    city.wait(minutes=5)
    page = browser.follow(browser.get(DANGEROUS))

    confirmed = browser.submit(page, next=DANGEROUS, password=make.PASSWORD)

    assert confirmed.location == DANGEROUS
    city.wait(minutes=4)
    assert browser.get(DANGEROUS).status_code == 200
    city.wait(minutes=1)
    assert browser.get(DANGEROUS).status_code == 303


def test_a_wrong_password_confirms_nothing(city: City, browser: Browser) -> None:
    city.wait(minutes=5)
    page = browser.follow(browser.get(DANGEROUS))

    wrong = browser.submit(page, next=DANGEROUS, password="not the password")

    assert wrong.status_code == 422
    assert "帳號或密碼不正確" in wrong.text
    assert browser.get(DANGEROUS).status_code == 303


def test_guessing_here_locks_as_it_does_at_the_login(city: City, browser: Browser) -> None:
    city.wait(minutes=5)
    page = browser.follow(browser.get(DANGEROUS))

    answers = [browser.submit(page, password="not the password") for _ in range(6)]

    assert answers[-1].status_code == 429
    assert browser.submit(page, password=make.PASSWORD).status_code == 429


@pytest.mark.parametrize("target", ["https://evil.invalid/", "//evil.invalid", "/\\evil", ""])
def test_it_never_leads_to_another_site(city: City, browser: Browser, target: str) -> None:
    page = browser.get("/account/confirm", {"next": target})

    confirmed = browser.submit(page, next=target, password=make.PASSWORD)

    assert confirmed.location == "/account"


def test_confirming_keeps_the_session_but_changes_its_cookie(city: City, browser: Browser) -> None:
    before = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")
    page = browser.get("/account/confirm")
    browser.submit(page, password=make.PASSWORD)
    after = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert browser.get("/account/sessions").text.count("您正在使用</span>") == 1


def test_confirming_on_a_shared_computer_makes_it_nobodys_own(city: City) -> None:
    browser = Browser(city)
    page = browser.get("/account/login")
    browser.submit(page, login_id="mei.chen", password=make.PASSWORD, shared_computer="yes")
    city.wait(minutes=9)

    confirmed = browser.submit(browser.get("/account/confirm"), password=make.PASSWORD)

    assert confirmed.location == "/account"
    assert browser.get("/account").status_code == 200
    assert World(city).told() == ["login.new_browser"]
    assert browser.http.get_cookie("__Host-taipei-id-method", domain="id.example.invalid") is None
    with city.database() as session:
        assert session.scalars(select(KnownBrowser)).all() == []
    city.wait(minutes=1)
    assert browser.get("/account").status_code == 303


def test_a_session_that_moves_to_a_shared_computer_ends_as_one_there(city: City) -> None:
    browser = Browser(city)
    browser.log_in(browser.authorize())

    page = browser.authorize(prompt="login")
    browser.submit(page, login_id="mei.chen", password=make.PASSWORD, shared_computer="yes")

    city.wait(minutes=10)
    assert browser.get("/account").status_code == 303


def test_a_stranger_is_sent_to_log_in(city: City, browser: Browser) -> None:
    assert Browser(city).get(DANGEROUS).location.endswith("/account/login")
    assert Browser(city).get("/account/confirm").location.endswith("/account/login")
