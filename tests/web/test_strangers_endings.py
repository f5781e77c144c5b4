"""A yes given as a stranger ends unheard: no event names whom the shop met by no name (10(4))."""

import pytest

from clients import registry
from idp import client_notices
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web.outbox import World
from tests.web.test_withdrawal import withdrawal
from web import consent_endings

pytestmark = pytest.mark.clause("10(4)")
AGE, NAME = map(make.a_claim_form, ("age_over_65", "name"))
LOYALTY, SENIOR = (f"openid profile purpose:{code}" for code in ("loyalty", "senior"))


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend the browser of a member whom the café knows by name, for one purpose of two."""
    purposes = [
        make.a_purpose_form(code, kind="offer", claims=[AGE, NAME])
        for code in ("loyalty", "senior")
    ]
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid", purposes=purposes))
    with city.database() as session:
        registry.get(session, "cafe").notice_uri = "https://cafe.invalid/notices"
    city.wait(seconds=2)
    browser = Browser(city)
    browser.tokens("cafe", scope=LOYALTY, share=("name",))
    city.wait(minutes=1)
    return browser


def told(city: City) -> list[str]:
    """Return the events about ended consents that the café is sent."""
    return [job.kind for job in World(city).jobs() if job.kind == client_notices.KIND]


def withdraw_the_last(browser: Browser) -> None:
    answered = browser.submit(browser.get(withdrawal(browser)))
    assert answered.status_code == 303, answered.text


def test_a_strangers_withdrawal_is_told_to_nobody(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("age_over_65",))

    withdraw_the_last(browser)

    assert told(city) == []


def test_a_strangers_one_time_yes_runs_out_unheard(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("age_over_65",), duration="once")
    city.wait(hours=2)

    assert consent_endings.expire(city.sessions, now=city.now) > 0
    assert told(city) == []


def test_who_was_a_stranger_again_at_the_end_is_one(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name", "age_over_65"), duration="once")
    city.wait(minutes=1)
    browser.tokens("cafe", scope=SENIOR, share=("age_over_65",))
    city.wait(minutes=1)

    withdraw_the_last(browser)

    assert told(city) == []


def test_who_is_known_for_this_purpose_is_told_of(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",))

    withdraw_the_last(browser)

    assert told(city) == [client_notices.KIND]


def test_a_name_given_once_runs_out_and_is_told(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",), duration="once")
    city.wait(hours=2)

    consent_endings.expire(city.sessions, now=city.now)

    assert told(city) == [client_notices.KIND]
