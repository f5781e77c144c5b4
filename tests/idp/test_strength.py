"""A service that wants more than a password gets it: at the sign-in, and at the data (RFC 9470)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import registry
from idp import acr, strength
from kernel.errors import NotFound
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City
from tests.web.test_phone import a_strong_phone

pytestmark = pytest.mark.clause("2(8)2")
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRONG, STRONGEST = acr.ACR[1], acr.ACR[2]
levels = st.sampled_from(acr.ACR)


def demand(city: City, **strength_of: Any) -> None:
    """Let the library's card demand more, from now on."""
    wanted = {"least_acr": None, "login_seconds": None, **strength_of}
    with city.database() as session:
        registry.set_strength(session, "library", "library-card", **wanted)
    city.wait(seconds=2)


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


@one_database
def test_a_password_alone_opens_no_card_service(city: City) -> None:
    demand(city, least_acr=STRONG)

    page = Browser(city).sign_in()

    assert page.request.path.endswith("/step-up")
    assert answer(a_strong_phone(city).sign_in())["code"]


@one_database
def test_a_client_cannot_ask_for_less(city: City) -> None:
    demand(city, least_acr=STRONG)

    page = Browser(city).sign_in(claims=essential(acr.ACR[0]), acr_values=acr.ACR[0])

    assert page.request.path.endswith("/step-up")


@one_database
def test_what_nobody_here_reaches_is_unmet(city: City) -> None:
    demand(city, least_acr=STRONGEST)

    told = answer(Browser(city).get("/authorize", authorization()))

    assert told["error"] == "unmet_authentication_requirements"


@one_database
def test_a_token_from_before_is_answered_with_a_challenge(city: City) -> None:
    token = Browser(city).tokens()["access_token"]
    assert city.is_alive(token)
    demand(city, least_acr=STRONG)

    response = city.userinfo(token)

    challenge = response.headers["WWW-Authenticate"]
    assert (response.status_code, response.get_json()["error"]) == (
        401,
        "insufficient_user_authentication",
    )
    assert challenge.startswith("Bearer realm=")
    assert 'error="insufficient_user_authentication"' in challenge
    assert f'acr_values="{STRONG}"' in challenge
    assert "max_age" not in challenge
    assert city.introspect(token).get_json()["acr"] == acr.ACR[0]


@one_database
def test_who_answers_the_challenge_gets_the_data(city: City) -> None:
    demand(city, least_acr=STRONG)

    tokens = a_strong_phone(city).tokens(acr_values=STRONG)

    assert city.opened(tokens["id_token"])["acr"] == STRONG
    assert city.is_alive(tokens["access_token"])


@one_database
def test_a_login_too_old_is_challenged_and_asked_for_again(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["access_token"]
    demand(city, login_seconds=300)
    assert city.is_alive(token)
    city.wait(minutes=6)

    response = city.userinfo(token)

    assert response.status_code == 401
    assert 'max_age="300"' in response.headers["WWW-Authenticate"]
    assert browser.authorize().request.path.endswith("/login")
    again = city.exchange(answer(browser.log_in(browser.authorize()))["code"]).get_json()
    assert "auth_time" in city.opened(again["id_token"])
    assert city.is_alive(again["access_token"])


@pytest.mark.refusal("client.purpose_not_found")
@one_database
def test_only_a_purpose_there_is_can_demand_anything(city: City) -> None:
    with city.database() as session, pytest.raises(NotFound, match=r"client\.purpose_not_found"):
        registry.set_strength(session, "library", "other", least_acr=None, login_seconds=None)


@given(least=levels, asked=st.lists(levels, max_size=3), known=levels)
def test_both_demands_hold_whatever_they_are(least: str, asked: list[str], known: str) -> None:
    acceptable = strength.acceptable(least, tuple(asked))

    if acr.reaches(known, acceptable):
        assert acr.reaches(known, (least,))
        assert acr.reaches(known, asked)


@given(st.none() | st.integers(0, 99), st.none() | st.integers(0, 99))
def test_the_shorter_of_two_ages_counts(one: int | None, other: int | None) -> None:
    newest = strength.newest(one, other)

    assert newest in {one, other}
    assert all(newest is not None and newest <= each for each in (one, other) if each is not None)


@one_database
def test_a_strength_that_nobody_knows_is_no_demand_that_is_met(city: City) -> None:
    demand(city, least_acr=STRONG)
    unknown, claims = Browser(city), essential("urn:other:4")

    told = answer(unknown.get("/authorize", authorization(claims=claims)))

    assert told["error"] == "unmet_authentication_requirements"


@given(least=st.none() | levels, unknown=st.lists(st.just("urn:other:4"), min_size=1))
def test_no_known_strength_is_put_in_the_place_of_unknown_ones(
    least: str | None, unknown: list[str]
) -> None:
    assert not acr.KNOWN & set(strength.acceptable(least, tuple(unknown)))


@given(
    reached=levels,
    demanded=st.lists(st.sampled_from([*acr.ACR, "urn:other:4"])),
    least=st.none() | levels,
)
def test_of_the_values_a_client_demands_it_is_told_one(
    reached: str, demanded: list[str], least: str | None
) -> None:
    told = strength.told(reached, tuple(demanded), least=least)

    good = {each for each in demanded if acr.reaches(each, (least,) if least else ())}
    met = {each for each in good & acr.KNOWN if acr.reaches(reached, (each,))}
    assert told in met if met else told == reached
    assert acr.reaches(reached, (told,))
    assert not met or acr.level(told) == max(map(acr.level, met))


@one_database
def test_a_stronger_login_is_told_by_the_value_the_client_demands(city: City) -> None:
    tokens = a_strong_phone(city).tokens(claims=essential(acr.ACR[0]))

    assert city.opened(tokens["id_token"])["acr"] == acr.ACR[0]


@one_database
def test_and_stays_as_strong_as_it_was_for_what_is_asked_of_it_later(city: City) -> None:
    token = a_strong_phone(city).tokens(claims=essential(acr.ACR[0]))["access_token"]
    demand(city, least_acr=STRONG)

    assert city.is_alive(token)
    assert city.introspect(token).get_json()["acr"] == STRONG
