"""A token of one service becomes one of another of the same agency, if the member agreed there."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from audit.models import LedgerLine
from clients import registry, resources
from clients.grant_types import CODE, EXCHANGE, REFRESH
from clients.models import Client
from clients.resource_models import TokenFormat
from idp import acr, subjects
from idp.exchanging import ACCESS_TOKEN
from idp.models import Subject
from kernel.wording import Bilingual
from members.models import Standing
from tests import make, proofs
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, basic

pytestmark = pytest.mark.clause("10(3)")
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LOANS, PAST = "https://loans.library.invalid/", "https://past.library.invalid/"
SUBJECT = {"subject_token_type": ACCESS_TOKEN}
INACTIVE = {"active": False}
Told = dict[str, Any]  # JSON


@pytest.fixture
def agency(city: City) -> City:
    """Let the library have another service, whose interface its front may ask."""
    register(city, "loans")
    join(city, "loans", "library")
    serve(city, LOANS, "loans")
    with city.database() as session:
        registry.set_grant_types(session, "library", [CODE, REFRESH, EXCHANGE])
    city.wait(seconds=2)
    return city


def register(city: City, client_id: str, **form: Any) -> None:
    purposes = [
        make.a_purpose_form("renewing", claims=[]),
        make.a_purpose_form("paying", claims=[]),
    ]
    city.register(client_id, **{"sector": f"{client_id}.invalid", "purposes": purposes, **form})


def join(city: City, client_id: str, other: str) -> None:
    """Let a client be of the same organisation as another."""
    with city.database() as session:
        organisation = registry.get(session, other).organisation_id
        session.execute(
            update(Client).where(Client.client_id == client_id).values(organisation_id=organisation)
        )


def serve(city: City, identifier: str, client_id: str, **more: Any) -> None:
    with city.database() as session:
        server, front = registry.get(session, client_id), registry.get(session, "library")
        name = Bilingual("續借", "Loans")
        resources.add(session, server, identifier, name=name, now=city.now, **more)
        resources.approve(session, front, identifier, ["loans.read", "loans.renew"], now=city.now)


def both(city: City) -> Told:
    """Let a member agree to both services; return the tokens of the front."""
    browser = Browser(city)
    browser.tokens("loans", scope="openid")
    return browser.tokens()


def ask(city: City, token: str, **form: str) -> TestResponse:
    return city.token(**{"grant_type": EXCHANGE, "subject_token": token, **SUBJECT, **form})


def error(response: TestResponse) -> str:
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def test_another_service_of_the_agency_takes_the_new_token(agency: City) -> None:
    tokens = both(agency)

    told = ask(agency, tokens["access_token"], scope="loans.renew").get_json()

    assert told.keys() == {
        "access_token", "issued_token_type", "token_type", "expires_in", "scope"
    }  # fmt: skip
    assert (told["scope"], told["expires_in"]) == ("loans.renew", 300)
    assert told["issued_token_type"] == ACCESS_TOKEN
    seen = agency.introspect(told["access_token"], "loans").get_json()
    own = Browser(agency).tokens("loans", scope="openid")["access_token"]
    assert seen["sub"] == agency.userinfo(own).get_json()["sub"]
    assert (seen["client_id"], seen["act"]) == ("library", {"sub": "library"})
    assert (seen["aud"], seen["acr"]) == (LOANS, acr.ACR[0])
    with agency.database() as session:
        line = session.scalars(select(LedgerLine).order_by(LedgerLine.id.desc())).all()
    exchanged = [each for each in line if each.detail.get("channel") == "exchange"]
    assert len(exchanged) == 1
    assert exchanged[0].basis


def test_a_name_told_by_an_exchange_leads_back(agency: City) -> None:
    tokens = both(agency)
    with agency.database() as session:  # as where the other service's own sign-in noted nothing
        session.execute(delete(Subject).where(Subject.sector == "loans.invalid"))

    token = ask(agency, tokens["access_token"]).get_json()["access_token"]

    name = agency.introspect(token, "loans").get_json()["sub"]
    with agency.database() as session:
        found = subjects.find_member(session, name, sector="loans.invalid")
    assert found == agency.member_id()


def test_the_front_does_not_learn_the_other_name(agency: City) -> None:
    tokens = both(agency)
    token = ask(agency, tokens["access_token"]).get_json()["access_token"]

    here = agency.introspect(token).get_json()
    there = agency.introspect(token, "loans").get_json()

    assert here["sub"] == agency.userinfo(tokens["access_token"]).get_json()["sub"]
    assert here["sub"] != there["sub"]
    assert agency.userinfo(token).status_code == 401
    assert agency.introspect(token, "archive").get_json() == INACTIVE


@one_database
def test_consent_to_one_service_never_serves_another(agency: City) -> None:
    token = Browser(agency).tokens()["access_token"]

    assert error(ask(agency, token)) == "invalid_target"


@one_database
def test_consent_to_one_purpose_never_serves_another(agency: City) -> None:
    token = both(agency)["access_token"]

    assert ask(agency, token, scope="purpose:renewing").status_code == 200
    assert error(ask(agency, token, scope="purpose:paying")) == "invalid_target"
    assert error(ask(agency, token, scope="purpose:other")) == "invalid_scope"
    assert error(ask(agency, token, scope="purpose:paying purpose:renewing")) == "invalid_scope"


def withdraw(city: City, client_id: str) -> None:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    with city.database() as session:
        purpose = registry.get(session, client_id).purposes
        default = next(each.id for each in purpose if each.is_default)
    path = f"/account/consents/{default}/withdraw"
    browser.submit(browser.get(path))


@pytest.mark.parametrize("client_id", ["library", "loans"])
@one_database
def test_either_consent_that_ends_ends_the_token(agency: City, client_id: str) -> None:
    token = ask(agency, both(agency)["access_token"]).get_json()["access_token"]
    assert agency.introspect(token, "loans").get_json()["active"]

    withdraw(agency, client_id)

    assert agency.introspect(token, "loans").get_json() == INACTIVE


@one_database
def test_a_member_who_is_suspended_is_nobody(agency: City) -> None:
    token = ask(agency, both(agency)["access_token"]).get_json()["access_token"]

    agency.set_standing(Standing.SUSPENDED)

    assert agency.introspect(token, "loans").get_json() == INACTIVE


@one_database
def test_it_is_never_longer_than_what_it_was_made_of(agency: City) -> None:
    token = both(agency)["access_token"]
    agency.wait(minutes=13)

    assert ask(agency, token).get_json()["expires_in"] == 120


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"subject_token": "x"}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"audience": "loans"}, "invalid_target"),
        ({"resource": PAST}, "invalid_target"),
        ({"scope": "loans.delete"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
)
@one_database
def test_anything_else_is_refused(agency: City, form: dict[str, str], expected: str) -> None:
    assert error(ask(agency, both(agency)["access_token"], **form)) == expected


@one_database
def test_only_a_live_token_of_its_own_will_do(agency: City) -> None:
    tokens = both(agency)
    exchanged = ask(agency, tokens["access_token"]).get_json()["access_token"]
    other = Browser(agency).tokens("archive")["access_token"]

    assert error(ask(agency, exchanged)) == "invalid_request"
    assert error(ask(agency, tokens["refresh_token"])) == "invalid_request"
    assert error(ask(agency, other)) == "invalid_request"
    agency.revoke(tokens["access_token"])
    assert error(ask(agency, tokens["access_token"])) == "invalid_request"


@one_database
def test_a_consent_that_has_ended_is_exchanged_for_nothing(agency: City) -> None:
    browser = Browser(agency)
    browser.tokens("loans", scope="openid")
    token = browser.tokens(duration="once")["access_token"]
    agency.wait(minutes=14)
    assert ask(agency, token).status_code == 200

    with agency.database() as session:
        library = registry.get(session, "library")
        next(each for each in library.purposes if each.is_default).text_version += 1
        next(each for each in library.purposes if each.is_default).terms_version += 1
    agency.wait(seconds=2)

    assert error(ask(agency, token)) == "invalid_request"


@one_database
def test_another_agencys_interface_is_out_of_reach(agency: City) -> None:
    register(agency, "museum")
    serve(agency, PAST, "museum")
    token = both(agency)["access_token"]

    assert error(ask(agency, token, resource=PAST)) == "invalid_target"
    assert ask(agency, token, resource=LOANS).status_code == 200


@one_database
def test_a_service_may_want_a_stronger_login(agency: City) -> None:
    token = both(agency)["access_token"]
    demand(agency, least_acr=acr.ACR[1])

    assert error(ask(agency, token)) == "invalid_target"


@one_database
def test_a_service_may_want_a_newer_login(agency: City) -> None:
    token = both(agency)["access_token"]
    demand(agency, login_seconds=60)

    assert ask(agency, token).status_code == 200
    agency.wait(seconds=60)
    assert error(ask(agency, token)) == "invalid_target"


@pytest.mark.parametrize("wanted", [{"least_acr": acr.ACR[1]}, {"login_seconds": 1}])
@one_database
def test_what_a_service_demands_later_holds_for_the_token_it_was_given(
    agency: City, wanted: dict[str, Any]
) -> None:
    token = ask(agency, both(agency)["access_token"]).get_json()["access_token"]
    assert agency.introspect(token, "loans").get_json()["active"]

    demand(agency, **wanted)

    assert agency.introspect(token, "loans").get_json() == INACTIVE


def demand(agency: City, *, least_acr: str | None = None, login_seconds: int | None = None) -> None:
    with agency.database() as session:
        registry.set_strength(
            session, "loans", "renewing", least_acr=least_acr, login_seconds=login_seconds
        )
    agency.wait(seconds=2)


@one_database
def test_a_signed_token_is_exchanged_only_within_one_sector(agency: City) -> None:
    register(agency, "desk", sector="library.invalid")
    join(agency, "desk", "library")
    serve(agency, PAST, "desk", token_format=TokenFormat.JWT)
    serve(agency, "https://other.invalid/", "loans", token_format=TokenFormat.JWT)
    browser = Browser(agency)
    browser.tokens("desk", scope="openid")
    token = browser.tokens()["access_token"]

    told = ask(agency, token, resource=PAST).get_json()

    keys = KeySet.import_key_set(agency.call("/jwks.json").get_json())
    claims = jwt.decode(told["access_token"], keys, algorithms=["ES256"]).claims
    assert claims["sub"] == agency.userinfo(token).get_json()["sub"]
    assert (claims["act"], claims["aud"]) == ({"sub": "library"}, PAST)
    assert {"name", "birthdate", "email"}.isdisjoint(claims)
    assert error(ask(agency, token, resource="https://other.invalid/")) == "invalid_target"


@one_database
def test_a_token_held_to_a_key_is_exchanged_with_that_key(agency: City) -> None:
    key, browser = proofs.new_key(), Browser(agency)
    browser.tokens("loans", scope="openid")
    code = browser.code(dpop_jkt=key.thumbprint())

    def shown(k: Any) -> dict[str, str]:
        proof = proofs.proof(k, "POST", f"{ISSUER}/token", now=agency.now)
        return {**basic("library"), "DPoP": proof}

    form = {
        "grant_type": CODE,
        "code": code,
        "redirect_uri": "https://library.invalid/callback",
        "code_verifier": "a-code-verifier-of-forty-three-characters-ok",
    }
    token = agency.call("/token", form, headers=shown(key)).get_json()["access_token"]
    exchange = {"grant_type": EXCHANGE, "subject_token": token, **SUBJECT}

    assert error(ask(agency, token)) == "invalid_request"
    other = agency.call("/token", exchange, headers=shown(proofs.new_key()))
    assert error(other) == "invalid_request"
    told = agency.call("/token", exchange, headers=shown(key)).get_json()
    assert told["token_type"] == "DPoP"
    seen = agency.introspect(told["access_token"], "loans").get_json()
    assert seen["cnf"] == {"jkt": key.thumbprint()}


@one_database
def test_a_token_whose_service_is_gone_is_worth_nothing(agency: City) -> None:
    token = ask(agency, both(agency)["access_token"]).get_json()["access_token"]
    with agency.database() as session:
        session.execute(
            update(Client).where(Client.client_id == "loans").values(disabled_at=agency.now)
        )
    agency.wait(seconds=2)

    assert agency.introspect(token).get_json() == INACTIVE
    assert error(ask(agency, Browser(agency).tokens()["access_token"])) == "invalid_target"


@one_database
def test_a_client_without_the_grant_type_is_told_so(city: City) -> None:
    assert error(ask(city, "x")) == "unauthorized_client"
