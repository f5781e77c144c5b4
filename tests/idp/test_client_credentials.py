"""Clients that act for themselves: a token for one interface, and nothing about anybody."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import Engine, func, select, update
from werkzeug.test import TestResponse

from clients import registry, resources
from clients.models import Client
from clients.resource_models import TokenFormat
from idp.models import ClientToken
from kernel.wording import Bilingual
from tests import make, proofs
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, basic, statements

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CASES, OPEN = "https://api.cases.invalid/v1", "https://open.cases.invalid/"
INACTIVE = {"active": False}
Told = dict[str, Any]  # JSON


@pytest.fixture
def nightly(city: City) -> City:
    """Register a program of an agency, approved for one interface whose tokens are opaque."""
    city.register("cases", sector="cases.invalid")
    city.register("nightly", grant_types=["client_credentials"], redirect_uris=[])
    serve(city, CASES, scopes=["cases.read", "cases.write"])
    return city


def serve(city: City, identifier: str, *, scopes: list[str], **more: Any) -> None:
    with city.database() as session:
        name = Bilingual("案件", "Cases")
        cases, client = registry.get(session, "cases"), registry.get(session, "nightly")
        resources.add(session, cases, identifier, name=name, now=city.now, **more)
        resources.approve(session, client, identifier, scopes, now=city.now)


def ask(city: City, client_id: str = "nightly", **form: str) -> TestResponse:
    return city.token(client_id, grant_type="client_credentials", **form)


def given(city: City, **form: str) -> Told:
    response = ask(city, **form)
    assert response.status_code == 200, response.text
    told: Told = response.get_json()
    return told


def test_a_program_gets_a_token_for_its_interface_and_nothing_else(nightly: City) -> None:
    response = ask(nightly)

    told = response.get_json()
    assert told.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    assert told["scope"] == "cases.read cases.write"
    assert response.headers["Cache-Control"] == "no-store"
    with nightly.database() as session:
        kept = session.scalars(select(ClientToken)).one()
        assert told["access_token"] not in str(vars(kept))


def test_who_serves_the_interface_learns_what_the_token_is_worth(nightly: City) -> None:
    told = given(nightly, scope="cases.read", resource=CASES)

    stamp = int(make.NOON.timestamp())
    expected = {
        "active": True,
        "scope": "cases.read",
        "client_id": "nightly",
        "token_type": "Bearer",
        "iat": stamp,
        "exp": stamp + 900,
        "iss": ISSUER,
        "sub": "nightly",
        "aud": CASES,
    }
    assert nightly.introspect(told["access_token"], "cases").get_json() == expected
    assert nightly.introspect(told["access_token"], "nightly").get_json() == expected


@one_database
def test_nobody_else_learns_anything(nightly: City) -> None:
    nightly.register("gate", sector="gate.invalid", resource_server=True)
    token = given(nightly)["access_token"]

    assert nightly.introspect(token, "library").get_json() == INACTIVE
    assert nightly.introspect(token, "gate").get_json() == INACTIVE
    assert nightly.userinfo(token).status_code == 401


@one_database
def test_a_token_ends_with_its_time_and_by_its_own_client(nightly: City) -> None:
    token, other = given(nightly)["access_token"], given(nightly)["access_token"]

    nightly.revoke(token, "library")
    assert nightly.introspect(token, "cases").get_json()["active"]
    nightly.revoke(token, "nightly")
    nightly.revoke(token, "nightly")
    assert nightly.introspect(token, "cases").get_json() == INACTIVE
    nightly.wait(minutes=15)
    assert nightly.introspect(other, "cases").get_json() == INACTIVE


@one_database
def test_what_is_withdrawn_is_worth_nothing_at_once(nightly: City) -> None:
    token = given(nightly)["access_token"]

    with nightly.database() as session:
        resources.withdraw(session, registry.get(session, "nightly"), CASES, ["cases.write"])
    assert nightly.introspect(token, "cases").get_json()["scope"] == "cases.read"
    narrow = given(nightly)["access_token"]
    with nightly.database() as session:
        resources.approve(
            session, registry.get(session, "nightly"), CASES, ["cases.other"], now=nightly.now
        )
        resources.withdraw(session, registry.get(session, "nightly"), CASES, ["cases.read"])
    assert nightly.introspect(narrow, "cases").get_json() == INACTIVE
    with nightly.database() as session:
        resources.end(session, CASES, now=nightly.now)
    assert nightly.introspect(token, "cases").get_json() == INACTIVE


@one_database
def test_the_token_of_a_client_that_was_disabled_is_worth_nothing(nightly: City) -> None:
    token = given(nightly)["access_token"]

    with nightly.database() as session:
        session.execute(
            update(Client).where(Client.client_id == "nightly").values(disabled_at=nightly.now)
        )
    nightly.wait(seconds=2)

    assert nightly.introspect(token, "cases").get_json() == INACTIVE


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "cases.delete"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"resource": OPEN}, "invalid_target"),
        ({"resource": CASES + "/"}, "invalid_target"),
    ],
)
@one_database
def test_what_was_not_approved_is_refused(nightly: City, form: dict[str, str], error: str) -> None:
    response = ask(nightly, **form)

    assert (response.status_code, response.get_json()["error"]) == (400, error)
    with nightly.database() as session:
        assert session.scalar(select(func.count()).select_from(ClientToken)) == 0


@one_database
def test_of_two_interfaces_one_must_be_named(nightly: City) -> None:
    serve(nightly, OPEN, scopes=["open.read"])

    assert ask(nightly).get_json()["error"] == "invalid_target"
    assert given(nightly, resource=OPEN)["scope"] == "open.read"


@one_database
def test_a_client_that_was_approved_for_nothing_gets_nothing(nightly: City) -> None:
    nightly.register("idle", grant_types=["client_credentials"], redirect_uris=[])

    assert ask(nightly, "idle").get_json()["error"] == "invalid_target"


@one_database
def test_a_client_without_the_grant_type_is_told_so(nightly: City) -> None:
    assert ask(nightly, "library").get_json()["error"] == "unauthorized_client"


def test_a_signed_token_says_whom_it_is_for_and_lives_for_minutes(nightly: City) -> None:
    serve(nightly, OPEN, scopes=["open.read"], token_format=TokenFormat.JWT)

    told = given(nightly, resource=OPEN)

    keys = KeySet.import_key_set(nightly.call("/jwks.json").get_json())
    token = jwt.decode(told["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    stamp = int(make.NOON.timestamp())
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": ISSUER,
        "aud": OPEN,
        "sub": "nightly",
        "client_id": "nightly",
        "iat": stamp,
        "exp": stamp + 300,
        "scope": "open.read",
    }
    assert told["expires_in"] == 300
    assert nightly.introspect(told["access_token"], "cases").get_json()["aud"] == OPEN


@one_database
def test_a_signed_token_passes_for_nothing_else(nightly: City) -> None:
    serve(nightly, OPEN, scopes=["open.read"], token_format=TokenFormat.JWT)
    token = given(nightly, resource=OPEN)["access_token"]

    page = Browser(nightly).authorize(id_token_hint=token)

    assert "error=invalid_request" in page.location


def test_a_token_may_be_held_to_a_key(nightly: City) -> None:
    serve(nightly, OPEN, scopes=["open.read"], token_format=TokenFormat.JWT)
    key, told = proofs.new_key(), dict[str, Any]()

    for resource in (CASES, OPEN):
        proof = proofs.proof(key, "POST", f"{ISSUER}/token", now=nightly.now)
        form = {"grant_type": "client_credentials", "resource": resource}
        told = nightly.call("/token", form, headers={**basic("nightly"), "DPoP": proof}).get_json()

        seen = nightly.introspect(told["access_token"], "cases").get_json()
        assert told["token_type"] == seen["token_type"] == "DPoP"
        assert seen["cnf"] == {"jkt": key.thumbprint()}
    keys = KeySet.import_key_set(nightly.call("/jwks.json").get_json())
    claims = jwt.decode(told["access_token"], keys, algorithms=["ES256"]).claims
    assert claims["cnf"] == {"jkt": key.thumbprint()}


@one_database
def test_a_program_may_prove_itself_by_a_signature(nightly: City) -> None:
    key = proofs.new_key()
    nightly.register(
        "signing",
        profile="fapi2",
        auth_method="private_key_jwt",
        jwks=proofs.public_set(key),
        grant_types=["client_credentials"],
        redirect_uris=[],
    )
    with nightly.database() as session:
        client = registry.get(session, "signing")
        resources.approve(session, client, CASES, ["cases.read"], now=nightly.now)

    def call(**headers: str) -> TestResponse:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": proofs.ASSERTION,
            "client_assertion": proofs.assertion(key, "signing", ISSUER, now=nightly.now),
        }
        return nightly.call("/token", form, headers=headers)

    assert call().get_json()["error"] == "invalid_dpop_proof"
    proof = proofs.proof(key, "POST", f"{ISSUER}/token", now=nightly.now)
    assert call(DPoP=proof).get_json()["scope"] == "cases.read"


def test_it_costs_two_statements(nightly: City, database: Engine) -> None:
    given(nightly)

    with statements(database) as seen:
        given(nightly)

    words = [each.split()[0] for each in seen if not each.startswith("BEGIN")]
    assert words == ["SELECT", "INSERT"]  # what is approved; the token
