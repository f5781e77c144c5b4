"""Introspection and revocation: each client its own tokens, a resource server every one."""

import pytest
from sqlalchemy import update

from clients.models import Client
from members.models import Standing
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, basic

pytestmark = pytest.mark.pyop_row(14)
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INACTIVE = {"active": False}


def test_a_client_learns_what_its_own_token_is_worth(city: City) -> None:
    token = Browser(city).tokens()["access_token"]
    city.wait(minutes=1)

    response = city.introspect(token)

    stamp = int(make.NOON.timestamp())
    assert response.headers["Cache-Control"] == "no-store"
    assert response.get_json() == {
        "active": True,
        "scope": "openid profile",
        "client_id": "library",
        "token_type": "Bearer",
        "iat": stamp,
        "exp": stamp + 900,
        "iss": ISSUER,
        "sub": city.userinfo(token).get_json()["sub"],
        "acr": "urn:taipei-id:acr:1",
    }


@pytest.mark.clause("10(3)")
def test_a_resource_server_learns_it_under_its_own_name_for_the_member(city: City) -> None:
    city.register("gate", sector="gate.invalid", resource_server=True)
    token = Browser(city).tokens()["access_token"]

    seen = city.introspect(token, "gate").get_json()

    assert (seen["active"], seen["client_id"]) == (True, "library")
    assert seen["sub"] != city.userinfo(token).get_json()["sub"]
    own = Browser(city).tokens("gate")["access_token"]
    assert seen["sub"] == city.userinfo(own).get_json()["sub"]


def test_any_other_client_learns_nothing(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    assert city.introspect(token, "archive").get_json() == INACTIVE


@pytest.mark.parametrize("token", ["x", "\u5e02", "a" * 9_000])
@one_database
def test_what_was_never_issued_is_inactive(city: City, token: str) -> None:
    assert city.introspect(token).get_json() == INACTIVE


@one_database
def test_a_token_past_its_time_and_a_refresh_token_are_inactive(city: City) -> None:
    tokens = Browser(city).tokens()

    assert city.introspect(tokens["refresh_token"]).get_json() == INACTIVE
    city.wait(minutes=15)
    assert city.introspect(tokens["access_token"]).get_json() == INACTIVE


@one_database
def test_the_token_of_a_suspended_member_is_inactive(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    city.set_standing(Standing.SUSPENDED)

    assert city.introspect(token).get_json() == INACTIVE


@pytest.mark.clause("10(3)")
@one_database
def test_the_token_of_a_consent_that_ran_out_is_inactive(city: City) -> None:
    first = Browser(city).tokens(duration="once")["refresh_token"]
    city.wait(minutes=59)
    token = city.refresh(first).get_json()["access_token"]

    city.wait(minutes=1)

    assert city.introspect(token).get_json() == INACTIVE


@one_database
def test_the_token_of_a_closed_client_is_inactive_to_a_resource_server(city: City) -> None:
    city.register("gate", sector="gate.invalid", resource_server=True)
    token = Browser(city).tokens()["access_token"]
    with city.database() as session:
        closed = update(Client).where(Client.client_id == "library")
        session.execute(closed.values(disabled_at=city.now))
    city.wait(seconds=1)

    assert city.introspect(token, "gate").get_json() == INACTIVE


@one_database
def test_a_public_client_cannot_introspect(city: City) -> None:
    city.register("app", auth_method="none", redirect_uris=["tw.taipei.app:/callback"])

    response = city.call("/introspect", {"token": "x", "client_id": "app"})

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": ["a", "b"]}, {"token": "\0"}])
@one_database
def test_one_token_must_be_named(city: City, path: str, form: dict[str, str]) -> None:
    response = city.call(path, form, headers=basic("library"))

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
@one_database
def test_who_cannot_prove_itself_is_refused(city: City, path: str) -> None:
    response = city.call(path, {"token": "x"}, headers=basic("library", "wrong"))

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_revoking_an_access_token_ends_it_alone(city: City) -> None:
    tokens = Browser(city).tokens()

    response = city.revoke(tokens["access_token"])

    assert (response.status_code, response.text) == (200, "")
    assert not city.is_alive(tokens["access_token"])
    assert city.refresh(tokens["refresh_token"]).status_code == 200


def test_revoking_a_refresh_token_ends_the_whole_grant(city: City) -> None:
    tokens = Browser(city).tokens()
    renewed = city.refresh(tokens["refresh_token"]).get_json()

    assert city.revoke(tokens["refresh_token"]).status_code == 200

    assert not city.is_alive(tokens["access_token"])
    assert not city.is_alive(renewed["access_token"])
    assert city.refresh(renewed["refresh_token"]).status_code == 400


def test_another_clients_token_cannot_be_revoked_but_nobody_is_told(city: City) -> None:
    tokens = Browser(city).tokens()

    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert city.revoke(token, "archive").status_code == 200

    assert city.is_alive(tokens["access_token"])
    assert city.refresh(tokens["refresh_token"]).status_code == 200


@one_database
def test_revoking_the_unknown_or_twice_is_as_good_as_once(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    assert [city.revoke(each).status_code for each in (token, token, "x")] == [200] * 3


@one_database
def test_a_public_client_may_revoke_its_own(city: City) -> None:
    city.register("app", auth_method="none")
    code = Browser(city).code("app")
    form = {"grant_type": "authorization_code", "code": code, "client_id": "app"}
    more = {"redirect_uri": "https://library.invalid/callback"}
    verifier = {"code_verifier": "a-code-verifier-of-forty-three-characters-ok"}
    token = city.call("/token", {**form, **more, **verifier}).get_json()["access_token"]

    city.call("/revoke", {"token": token, "client_id": "app"})

    assert not city.is_alive(token)
