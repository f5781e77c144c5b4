"""A yes given as a stranger ends unheard: no event names whom the shop met by no name (10(4))."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from clients import registry
from consent.models import Consent
from idp import client_notices
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web.outbox import World
from tests.web.test_withdrawal import withdrawal
from web import consent_endings

pytestmark = pytest.mark.clause("10(4)")
CLAIMS = [*map(make.a_claim_form, ("age_over_65", "name", "marketing_allowed"))]
LOYALTY, SENIOR = (f"openid profile purpose:{code}" for code in ("loyalty", "senior"))
NAMELESS = "openid purpose:senior"
ADVERTISING = json.dumps({"userinfo": {"marketing_allowed": None}})


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend the browser of a member whom the café knows by name, for one purpose of two."""
    purposes = [
        make.a_purpose_form(code, kind="offer", claims=CLAIMS) for code in ("loyalty", "senior")
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


def test_a_name_that_runs_out_before_the_yes_to_marketing_is_told(
    city: City, browser: Browser
) -> None:
    share = ("name", "marketing_allowed")
    browser.tokens("cafe", scope=SENIOR, share=share, claims=ADVERTISING)
    tomorrow = city.now + timedelta(days=1)
    with city.database() as session:
        data = update(Consent).where(Consent.claim != "marketing_allowed")
        session.execute(data.values(expires_at=tomorrow))
    city.now = tomorrow + timedelta(minutes=1)

    consent_endings.expire(city.sessions, now=city.now)

    assert told(city) == [client_notices.KIND] * 2  # of either purpose


def tell_anew(city: City) -> None:
    with city.database() as session:
        for purpose in registry.get(session, "cafe").purposes:
            purpose.text_version = purpose.terms_version = 2
    city.wait(seconds=2)


def test_who_came_back_nameless_to_a_purpose_told_anew_is_a_stranger(
    city: City, browser: Browser
) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",))
    tell_anew(city)
    browser.tokens("cafe", scope=NAMELESS, share=())

    withdraw_the_last(browser)

    assert told(city) == []


def test_who_did_not_come_back_to_a_purpose_told_anew_is_told_of(
    city: City, browser: Browser
) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",))
    tell_anew(city)

    withdraw_the_last(browser)

    assert told(city) == [client_notices.KIND]


@pytest.mark.parametrize("change", [{"max_days": 90}, {"text_version": 2, "terms_version": 2}])
def test_whoever_did_not_come_back_is_known_by_the_words_of_before(
    city: City, browser: Browser, change: dict[str, int]
) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",))
    with city.database() as session:
        for purpose in registry.get(session, "cafe").purposes:
            for name, value in change.items():
                setattr(purpose, name, value)
            if "terms_version" in change:  # in one form with the claims' own words
                for claim in purpose.claims:
                    claim.since_version = 2
    city.now += timedelta(days=91)
    with city.database() as session:
        session.execute(update(Consent).values(expires_at=city.now))

    consent_endings.expire(city.sessions, now=city.now)

    assert told(city) == [client_notices.KIND] * 2  # of either purpose


def test_a_name_that_may_be_had_no_longer_makes_nobody_known(city: City, browser: Browser) -> None:
    browser.tokens("cafe", scope=SENIOR, share=("name",))
    city.wait(days=20)
    with city.database() as session:
        for purpose in registry.get(session, "cafe").purposes:
            purpose.max_days = 10
    city.wait(seconds=2)
    browser.tokens("cafe", scope=NAMELESS, share=(), duration="once")

    withdraw_the_last(browser)

    assert told(city) == []
