"""Refreshing: every token once, its predecessor a little longer, all of them in one family."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from idp.models import Grant, GrantEnd
from tests.flows.browser import Browser
from tests.flows.provider import City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GRACE = 30


def error(city: City, token: str, client_id: str = "library", **more: str) -> str:
    response = city.refresh(token, client_id, **more)
    assert response.status_code == 400, response.text
    return str(response.get_json()["error"])


def test_a_refresh_gives_new_tokens_and_no_new_id_token(city: City) -> None:
    first = Browser(city).tokens()

    second = city.refresh(first["refresh_token"])

    tokens = second.get_json()
    assert tokens.keys() == {
        "access_token", "refresh_token", "token_type", "expires_in", "scope"
    }  # fmt: skip
    assert tokens["refresh_token"] != first["refresh_token"]
    assert tokens["scope"] == "openid profile"
    assert city.is_alive(tokens["access_token"])
    assert second.headers["Cache-Control"] == "no-store"


def test_a_lost_response_costs_nothing_within_the_grace(city: City) -> None:
    first = Browser(city).tokens()["refresh_token"]
    lost = city.refresh(first).get_json()
    city.wait(seconds=GRACE)

    again = city.refresh(first).get_json()

    assert city.is_alive(again["access_token"])
    assert city.is_alive(lost["access_token"])
    city.wait(seconds=GRACE + 1)
    for token in (again, lost):
        assert city.refresh(token["refresh_token"]).status_code == 200


@pytest.mark.pyop_row(2)
def test_reuse_after_the_grace_ends_the_family(city: City) -> None:
    first = Browser(city).tokens()
    second = city.refresh(first["refresh_token"]).get_json()
    city.wait(seconds=GRACE + 1)

    assert error(city, first["refresh_token"]) == "invalid_grant"

    assert error(city, second["refresh_token"]) == "invalid_grant"
    assert not city.is_alive(second["access_token"])
    with city.database() as session:
        assert session.scalars(select(Grant.end_reason)).all() == [GrantEnd.REFRESH_REUSED]


def test_the_grace_counts_from_the_first_use_not_the_last(city: City) -> None:
    first = Browser(city).tokens()["refresh_token"]
    for _ in range(3):
        city.refresh(first)
        city.wait(seconds=GRACE / 3)

    city.wait(seconds=1)

    assert error(city, first) == "invalid_grant"


def test_the_end_of_one_family_leaves_the_others_alone(city: City) -> None:
    browser = Browser(city)
    first, other = browser.tokens()["refresh_token"], browser.tokens()
    city.refresh(first)
    city.wait(seconds=GRACE + 1)

    error(city, first)

    assert city.is_alive(other["access_token"])


@pytest.mark.pyop_row(2)
def test_another_client_cannot_use_it_nor_spoil_it(city: City) -> None:
    city.register("museum", sector="museum.invalid")
    token = Browser(city).tokens()["refresh_token"]

    assert error(city, token, "museum") == "invalid_grant"
    city.wait(seconds=GRACE + 1)

    assert city.refresh(token).status_code == 200


def test_another_client_replaying_a_spent_token_does_not_end_the_family(city: City) -> None:
    city.register("museum", sector="museum.invalid")
    first = Browser(city).tokens()["refresh_token"]
    second = city.refresh(first).get_json()
    city.wait(seconds=GRACE + 1)

    assert error(city, first, "museum") == "invalid_grant"

    assert city.is_alive(second["access_token"])


def test_the_scope_may_narrow_never_widen_and_the_next_token_is_as_good_as_before(
    city: City,
) -> None:
    first = Browser(city).tokens()["refresh_token"]

    narrow = city.refresh(first, scope="openid openid").get_json()
    wide = city.refresh(narrow["refresh_token"]).get_json()

    assert narrow["scope"] == "openid"
    assert city.userinfo(narrow["access_token"]).get_json().keys() == {"sub"}
    assert wide["scope"] == "openid profile"
    assert error(city, wide["refresh_token"], scope="openid profile email") == "invalid_scope"
    assert error(city, wide["refresh_token"], scope="offline_access") == "invalid_scope"
    assert (
        city.refresh(wide["refresh_token"], scope=" ".join(["openid"] * 2_000)).status_code == 200
    )


def test_a_refused_refresh_spends_nothing(city: City) -> None:
    token = Browser(city).tokens()["refresh_token"]
    error(city, token, scope="email")
    city.wait(seconds=GRACE + 1)

    assert city.refresh(token).status_code == 200


def test_a_refresh_token_lives_for_thirty_days(city: City) -> None:
    first, second = (Browser(city).tokens()["refresh_token"] for _ in range(2))
    city.wait(days=30, seconds=-1)
    assert city.refresh(first).status_code == 200

    city.wait(seconds=1)

    assert error(city, second) == "invalid_grant"


@pytest.mark.parametrize("token", ["x", "\u5e02", "a" * 5_000])
@one_database
def test_what_was_never_issued_is_refused(city: City, token: str) -> None:
    assert error(city, token) == "invalid_grant"


@one_database
def test_the_other_kinds_of_tokens_do_not_refresh(city: City) -> None:
    tokens = Browser(city).tokens()

    assert error(city, tokens["access_token"]) == "invalid_grant"
    assert error(city, tokens["id_token"]) == "invalid_grant"
    assert not city.is_alive(tokens["refresh_token"])


def withdraw(browser: Browser) -> None:
    page = browser.get("/account/consents")
    address = page.text.split('href="/account/consents/', 1)[1].split('"', 1)[0]
    browser.submit(browser.get(f"/account/consents/{address}"))


def log_out(browser: Browser) -> None:
    browser.submit(browser.get("/logout"), decision="yes")


def end_everywhere(browser: Browser) -> None:
    page = browser.get("/account/sessions")
    browser.post("/account/sessions/end", {"csrf_token": _token(page.text)})


def _token(text: str) -> str:
    return text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


@pytest.mark.pyop_row(5)
@pytest.mark.clause("10(3)")
@pytest.mark.parametrize("ending", [withdraw, log_out, end_everywhere])
def test_what_the_member_ends_ends_everything_issued(
    city: City, ending: Callable[[Browser], None]
) -> None:
    browser = Browser(city)
    tokens, code = browser.tokens(), browser.code()

    ending(browser)

    assert not city.is_alive(tokens["access_token"])
    assert error(city, tokens["refresh_token"]) == "invalid_grant"
    assert city.exchange(code).get_json()["error"] == "invalid_grant"
    assert city.introspect(tokens["access_token"]).get_json() == {"active": False}


@pytest.mark.clause("10(3)")
def test_a_consent_that_ran_out_refreshes_no_more(city: City) -> None:
    tokens = Browser(city).tokens(duration="once")
    city.wait(hours=1)

    assert error(city, tokens["refresh_token"]) == "invalid_grant"


def test_an_access_token_lives_for_a_quarter_of_an_hour(city: City) -> None:
    token = Browser(city).tokens()["access_token"]
    city.wait(minutes=15, seconds=-1)
    assert city.is_alive(token)

    city.wait(seconds=1)

    assert not city.is_alive(token)
