"""A shop that signs a member in learns yes or no for its offer, and nothing that tells why."""

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from clients import registry
from members import register
from members.models import Member
from services.models import Activation
from tests import make
from tests.flows.browser import Browser, answer
from tests.flows.provider import City
from tests.services import city as services

ASKED = json.dumps({"userinfo": {"offer_eligible": None}})
RULE = {
    "any_of": [
        {"age_at_least": 65},
        {"activated": "disability_card"},
        {"activated": "library_card"},
    ]
}


@pytest.fixture
def shop(city: City) -> City:
    """Register a shop with an offer in force, and members who may use it for different reasons."""
    claims = [make.a_claim_form("offer_eligible", required=True), make.a_claim_form("name")]
    form = make.a_shop_form(
        purposes=[make.a_purpose_form("senior", kind="offer", claims=claims)],
        sector="cafe.invalid",
    )
    city.register("cafe", **form)
    for login, birthdate in (("old", "1950-01-01"), ("ill", "1990-01-01"), ("none", "1990-01-01")):
        city.enrol(login, birthdate=birthdate)
    with city.database() as session:
        agency = services.an_agency(session, "notes")
        services.figures(session, library_card=500)
        services.approved(session, registry.get(session, "cafe"), "senior", rule=RULE)
        services.noted(session, agency, _member(session, "ill"), "disability_card")
        services.noted(
            session, agency, _member(session, "none"), "library_card", Activation.NOT_ACTIVATED
        )
    return city


def _member(session: Session, login: str) -> Member:
    member = register.find_by_login(session, login)
    assert member is not None
    return member


def told(city: City, login: str) -> tuple[dict[str, Any], int]:
    """Sign in with the least there is; return what userinfo says, and how long that is."""
    tokens = Browser(city).tokens("cafe", login=login, share=(), scope="openid", claims=ASKED)
    response = city.userinfo(tokens["access_token"])
    claims: dict[str, Any] = response.get_json()
    return claims, len(response.data)


@pytest.mark.clause("10(4)")
def test_the_reason_for_a_yes_cannot_be_told(shop: City) -> None:
    (old, old_length), (ill, ill_length) = told(shop, "old"), told(shop, "ill")

    assert old.keys() == ill.keys() == {"sub", "offer_eligible"}
    assert old["offer_eligible"] is ill["offer_eligible"] is True
    assert old_length == ill_length


@pytest.mark.clause("10-II")
def test_no_note_a_no_and_a_dispute_are_the_same_false(shop: City) -> None:
    assert told(shop, "none")[0]["offer_eligible"] is False
    assert told(shop, "mei.chen")[0]["offer_eligible"] is False


@pytest.mark.clause("10(4)")
def test_two_visits_of_a_stranger_have_two_names(shop: City) -> None:
    assert told(shop, "old")[0]["sub"] != told(shop, "old")[0]["sub"]


def test_the_page_shows_the_answer_before_it_is_given(shop: City) -> None:
    browser = Browser(shop)
    page = browser.log_in(browser.authorize("cafe", scope="openid", claims=ASKED), "old")

    assert "符合這項優惠（只答是或否）" in page.text
    assert '<p class="datum">是</p>' in page.text
    assert "這家店不是機關" in page.text


@pytest.mark.clause("10(4)")
def test_who_refuses_gives_no_answer(shop: City) -> None:
    browser = Browser(shop)
    page = browser.log_in(browser.authorize("cafe", scope="openid", claims=ASKED), "old")
    refused = browser.follow(browser.consent(page, decision="deny"))
    back = browser.follow(browser.submit(refused))

    assert answer(back)["error"] == "access_denied"
