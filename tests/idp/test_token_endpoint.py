"""The token endpoint: a code for tokens, once, for its own client only."""

import pytest
from joserfc.jws import extract_compact
from sqlalchemy import select

from idp.id_tokens import left_half_hash
from idp.models import Grant, GrantEnd
from idp.signing import ALGORITHMS
from members.models import Standing
from tests.flows.browser import Browser, Changes
from tests.flows.provider import CALLBACK, VERIFIER, City, basic

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def end_reasons(city: City) -> list[GrantEnd | None]:
    with city.database() as session:
        return list(session.scalars(select(Grant.end_reason).order_by(Grant.created_at)))


def test_a_code_gives_an_access_token_an_id_token_and_a_refresh_token(city: City) -> None:
    response = city.exchange(Browser(city).code())

    tokens = response.get_json()
    assert tokens.keys() == {
        "access_token", "id_token", "refresh_token", "token_type", "expires_in", "scope"
    }  # fmt: skip
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    assert tokens["scope"] == "openid profile"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_id_token_is_about_this_login_and_names_nobody(city: City) -> None:
    tokens = Browser(city).tokens()

    claims = city.opened(tokens["id_token"])
    assert (claims["aud"], claims["nonce"]) == ("library", "the-nonce")
    assert claims["iat"] == int(city.now.timestamp())
    assert "auth_time" not in claims
    assert claims["amr"] == ["pwd"]
    assert {"name", "birthdate", "email"}.isdisjoint(claims)


@one_database
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_client_chooses_how_its_id_tokens_are_signed(city: City, alg: str) -> None:
    city.register("museum", id_token_alg=alg)

    told = Browser(city).tokens("museum")

    claims = city.opened(told["id_token"])
    assert claims["aud"] == "museum"
    assert claims["at_hash"] == left_half_hash(told["access_token"], alg=alg)
    assert extract_compact(told["id_token"].encode()).headers()["alg"] == alg


@one_database
def test_a_client_that_may_not_refresh_gets_no_refresh_token(city: City) -> None:
    city.register("museum", grant_types=["authorization_code"])

    tokens = Browser(city).tokens("museum")

    assert "refresh_token" not in tokens
    assert city.refresh("x", "museum").get_json()["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "\u5e02"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"code": "\u5e02"}, "invalid_grant"),
        ({"code": "\0"}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"code_verifier": VERIFIER + "x"}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code": ["a", "b"]}, "invalid_request"),
        ({"grant_type": ["authorization_code", "authorization_code"]}, "invalid_request"),
    ],
)
@one_database
def test_a_bad_exchange_is_refused_and_leaves_the_code_usable(
    city: City, changes: Changes, error: str
) -> None:
    code = Browser(city).code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }

    sent = {name: value for name, value in form.items() if value is not None}
    response = city.call("/token", sent, headers=basic("library"))

    assert (response.status_code, response.get_json()["error"]) == (400, error)
    assert city.exchange(code).status_code == 200


def test_another_clients_code_is_nobodys_code_and_stays_good(city: City) -> None:
    city.register("museum", sector="museum.invalid")
    code = Browser(city).code()

    stolen = city.exchange(code, "museum")

    assert stolen.get_json()["error"] == "invalid_grant"
    assert city.exchange(code).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
def test_a_code_lives_for_one_minute(city: City, seconds: int, status: int) -> None:
    code = Browser(city).code()
    city.wait(seconds=seconds)

    assert city.exchange(code).status_code == status


@pytest.mark.pyop_row(3)
@pytest.mark.parametrize("seconds", [0, 30, 3600])
def test_a_replayed_code_ends_everything_it_gave(city: City, seconds: int) -> None:
    code = Browser(city).code()
    tokens = city.exchange(code).get_json()
    renewed = city.refresh(tokens["refresh_token"]).get_json()
    city.wait(seconds=seconds)

    replay = city.exchange(code)

    assert (replay.status_code, replay.get_json()["error"]) == (400, "invalid_grant")
    assert not city.is_alive(tokens["access_token"])
    assert not city.is_alive(renewed["access_token"])
    assert city.refresh(renewed["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert end_reasons(city) == [GrantEnd.CODE_REPLAYED]


@pytest.mark.clause("10(1)")
@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.CLOSED])
def test_a_member_no_longer_in_good_standing_gets_no_tokens(city: City, standing: Standing) -> None:
    browser = Browser(city)
    tokens, code = browser.tokens(), browser.code()

    city.set_standing(standing)

    assert city.exchange(code).get_json()["error"] == "invalid_grant"
    assert city.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert not city.is_alive(tokens["access_token"])


@one_database
def test_only_a_post_of_a_form_is_a_token_request(city: City) -> None:
    assert city.call("/token").status_code == 405
    assert "POST" in city.call("/token").headers["Allow"]
    in_json = city.call("/token", method="POST", json={"grant_type": "authorization_code"})
    assert (in_json.status_code, in_json.get_json()["error"]) == (400, "invalid_request")


@one_database
def test_parameters_in_the_address_do_not_count(city: City) -> None:
    response = city.call(
        "/token",
        {"grant_type": "authorization_code"},
        headers=basic("library"),
        query_string={"code": "x", "redirect_uri": CALLBACK, "code_verifier": VERIFIER},
    )

    assert response.get_json()["error_description"] == "code is missing"
