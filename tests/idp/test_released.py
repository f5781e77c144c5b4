from typing import Any

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine
from kernel.settings import Settings
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, the_settings
from web.app import build_rooms

ASKED = "openid profile email address"


@pytest.fixture
def settings() -> Settings:
    return the_settings(relay_domain="relay.example.org")


@pytest.fixture
def city(city: City, settings: Settings) -> City:
    """Lend the city with a mail relay, and two shops that may ask for everything that says less."""
    city.app.extensions["taipei_id"] = build_rooms(settings, city.sessions)
    names = "birthdate age_over_7 age_over_65 email relay_email address resident_of_taipei district"
    claims = [make.a_claim_form(name) for name in names.split()]
    for shop in ("shop", "stall"):
        city.register(shop, sector=f"{shop}.invalid", purposes=[make.a_purpose_form(claims=claims)])
    return city


def received(city: City, client_id: str = "shop", **choices: str) -> dict[str, Any]:
    """Return what the client learns after the member made these choices."""
    browser = Browser(city)
    page = browser.log_in(browser.authorize(client_id, scope=ASKED, prompt="consent"))
    fields = {f"claim.{name}": choice for name, choice in choices.items()}
    back = browser.follow(browser.submit(page, decision="allow", duration="90d", **fields))
    code = back.location.split("code=")[1].split("&")[0]
    tokens = city.exchange(code, client_id).get_json()
    claims: dict[str, Any] = city.userinfo(tokens["access_token"]).get_json()
    return claims


def test_what_was_derived_leaves_and_what_it_was_derived_from_stays(city: City) -> None:
    claims = received(city, birthdate="derived", address="derived")

    assert claims.keys() == {"sub", "age_over_7", "age_over_65", "resident_of_taipei"}
    assert (claims["age_over_7"], claims["age_over_65"]) == (True, False)
    assert claims["resident_of_taipei"] is True


@pytest.mark.clause("10-II")
def test_what_the_city_does_not_know_is_absent_and_never_no(city: City) -> None:
    with city.database() as session:
        make.a_member(session, "zhen.li", password=make.PASSWORD, birthdate=None, address=None)
    browser = Browser(city)
    page = browser.log_in(browser.authorize("shop", scope=ASKED), "zhen.li")
    choices = {"claim.birthdate": "derived", "claim.address": "derived"}

    back = browser.follow(browser.submit(page, decision="allow", duration="90d", **choices))

    code = back.location.split("code=")[1].split("&")[0]
    tokens = city.exchange(code, "shop").get_json()
    assert set(city.userinfo(tokens["access_token"]).get_json()) == {"sub"}


@pytest.mark.clause("10(3)")
def test_two_clients_cannot_join_a_member_by_the_forwarding_address(city: City) -> None:
    at_shop = received(city, email="derived")
    at_stall = received(city, "stall", email="derived")

    assert "email" not in at_shop
    assert at_shop["relay_email"].endswith("@relay.example.org")
    assert at_shop["relay_email"] == received(city, email="derived")["relay_email"]
    assert not set(at_shop.values()) & set(at_stall.values())


def test_without_a_relay_nobody_gets_an_address_that_leads_nowhere(city: City) -> None:
    city.app.extensions["taipei_id"] = build_rooms(the_settings(), city.sessions)

    assert received(city, email="derived").keys() == {"sub"}


def test_an_age_is_counted_on_the_day_it_is_asked_in_taipei(city: City) -> None:
    with city.database() as session:  # 65 tomorrow; the city's clock shows noon
        make.a_member(session, "fu.wu", password=make.PASSWORD, birthdate="1961-11-24")
    browser = Browser(city)
    page = browser.log_in(browser.authorize("shop", scope=ASKED), "fu.wu")
    choices = {"claim.birthdate": "derived"}
    back = browser.follow(browser.submit(page, decision="allow", duration="90d", **choices))
    code = back.location.split("code=")[1].split("&")[0]
    tokens = city.exchange(code, "shop").get_json()

    today = city.userinfo(tokens["access_token"]).get_json()["age_over_65"]
    city.wait(hours=12, minutes=1)
    renewed = city.refresh(tokens["refresh_token"], "shop").get_json()
    tomorrow = city.userinfo(renewed["access_token"]).get_json()["age_over_65"]

    assert (today, tomorrow) == (False, True)


def test_the_ledger_names_what_left_and_on_which_receipt(city: City) -> None:
    received(city, birthdate="derived")

    with city.database() as session:
        (line,) = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.RELEASED.value)
        ).all()
    assert line.claims == ["age_over_65", "age_over_7"]
    assert len(line.basis) == 1
    assert "True" not in str(line.detail)
