"""Where specifications differ, the client's profile decides (docs/decisions/0050)."""

import pytest

from clients.models import Profile
from clients.profiles import RULES
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import VERIFIER, City, challenge

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}


def core(city: City) -> Browser:
    city.register("old-library", profile="core", sector="old.invalid")
    return Browser(city)


def exchange(city: City, code: str, verifier: str | None = None) -> dict[str, str]:
    sent = {} if verifier is None else {"code_verifier": verifier}
    form = {"grant_type": "authorization_code", "code": code}
    told: dict[str, str] = city.token(
        "old-library", **form, redirect_uri="https://library.invalid/callback", **sent
    ).get_json()
    return told


def test_every_profile_has_its_rules() -> None:
    assert set(RULES) == set(Profile)


@one_database
def test_a_core_client_may_leave_the_challenge_out(city: City) -> None:
    code = core(city).code("old-library", **NO_CHALLENGE)

    assert exchange(city, code)["access_token"]


@one_database
def test_a_verifier_for_a_code_without_challenge_is_refused(city: City) -> None:
    code = core(city).code("old-library", **NO_CHALLENGE)

    assert exchange(city, code, VERIFIER)["error"] == "invalid_grant"
    assert exchange(city, code)["access_token"]


@one_database
def test_a_core_client_that_sends_a_challenge_is_held_to_it(city: City) -> None:
    code = core(city).code("old-library", code_challenge=challenge())

    assert exchange(city, code)["error"] == "invalid_request"
    assert exchange(city, code, "b" * 43)["error"] == "invalid_grant"
    assert exchange(city, code, VERIFIER)["access_token"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
@one_database
def test_half_a_challenge_is_refused_whatever_the_profile(
    city: City, changes: dict[str, str | None]
) -> None:
    browser = core(city)

    told = answer(browser.get("/authorize", authorization("old-library", **changes)))

    assert told["error"] == "invalid_request"


@one_database
def test_other_clients_may_not(city: City) -> None:
    told = answer(Browser(city).get("/authorize", authorization(**NO_CHALLENGE)))

    assert told["error"] == "invalid_request"
