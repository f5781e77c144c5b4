"""What a request costs the database: a fixed number of statements, however large the city."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City, statements

pytestmark = pytest.mark.pyop_row(6)
CROWD = 200


def grow(city: City) -> None:
    with city.database() as session:
        for number in range(CROWD):
            make.a_member(session, f"member-{number}")


def silent(city: City, browser: Browser) -> str:
    return answer(browser.get("/authorize", authorization(prompt="none")))["code"]


def count(city: City, engine: Engine, work: Callable[[], object]) -> list[str]:
    """Return the first words of the statements of a request, keys and clients already at hand."""
    with statements(engine) as seen:
        work()
    return [each.split()[0] for each in seen if not each.startswith("BEGIN")]


def cost(city: City, engine: Engine, browser: Browser) -> dict[str, list[str]]:
    code = silent(city, browser)
    tokens = city.exchange(code).get_json()
    fresh = silent(city, browser)
    return {
        "authorize": count(city, engine, lambda: silent(city, browser)),
        "token": count(city, engine, lambda: city.exchange(fresh)),
        "userinfo": count(city, engine, lambda: city.userinfo(tokens["access_token"])),
        "refresh": count(city, engine, lambda: city.refresh(tokens["refresh_token"])),
        "introspect": count(city, engine, lambda: city.introspect(tokens["access_token"])),
    }


def test_a_city_of_two_hundred_costs_what_a_city_of_one_costs(city: City, database: Engine) -> None:
    browser = Browser(city)
    browser.sign_in()
    alone = cost(city, database, browser)

    grow(city)

    assert cost(city, database, browser) == alone


def test_each_request_runs_just_these_statements(city: City, database: Engine) -> None:
    browser = Browser(city)
    browser.sign_in()

    assert cost(city, database, browser) == {
        # session with consent and whether the name is noted; grant, footprint
        "authorize": ["SELECT", "INSERT", "INSERT"],
        "token": ["UPDATE", "INSERT"],  # the code taken; the tokens
        "userinfo": ["SELECT", "INSERT"],  # token with consent; disclosure
        "refresh": ["UPDATE", "SELECT", "INSERT"],  # token; grant with consent; tokens
        "introspect": ["SELECT"],  # token with consent
    }
