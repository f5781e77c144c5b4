"""What clients hand to one another is worth nothing, and a default token names nobody."""

import pytest

from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City

PROTOCOL = frozenset("iss sub aud iat exp acr amr nonce at_hash".split())


@pytest.mark.clause("10(3)")
def test_consent_for_one_service_serves_no_other_of_the_same_agency(city: City) -> None:
    browser = Browser(city)
    assert "name" in city.userinfo(browser.tokens()["access_token"]).get_json()

    asking = authorization(scope="openid purpose:reading-room", prompt="none")

    assert answer(browser.get("/authorize", asking))["error"] == "consent_required"


@pytest.mark.clause("10(3)")
def test_a_code_handed_to_another_client_is_refused_there(city: City) -> None:
    code = Browser(city).code()

    assert city.exchange(code, "archive").get_json()["error"] == "invalid_grant"


@pytest.mark.clause("10(3)")
def test_tokens_handed_to_another_client_are_worth_nothing_there(city: City) -> None:
    tokens = Browser(city).tokens()

    renewed = city.refresh(tokens["refresh_token"], "archive")

    assert renewed.get_json()["error"] == "invalid_grant"
    assert city.introspect(tokens["access_token"], "archive").get_json() == {"active": False}


@pytest.mark.clause("10(3)")
def test_an_id_token_handed_to_another_client_is_no_hint_there(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["id_token"]
    browser.tokens("archive")

    asking = authorization("archive", prompt="none", id_token_hint=token)

    assert answer(browser.get("/authorize", asking))["error"] == "invalid_request"


@pytest.mark.clause("10(4)")
def test_a_default_merchant_token_holds_no_datum_about_the_member(city: City) -> None:
    claims = [*map(make.a_claim_form, ("name", "email", "phone_number", "age_over_65"))]
    offer = make.a_purpose_form("senior", kind="offer", claims=claims)
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid", purposes=[offer]))

    tokens = Browser(city).tokens("cafe", scope="openid profile email phone", share=())

    assert city.opened(tokens["id_token"]).keys() <= PROTOCOL
    assert city.userinfo(tokens["access_token"]).get_json().keys() == {"sub"}
