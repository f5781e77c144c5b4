"""What a merchant is told when its contract is over: nothing, at that very second (2(8)4)."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from audit.models import TrailEntry
from clients import contracts, registry
from idp.models import Grant, GrantEnd
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City, basic
from web import contract_endings

MIDNIGHT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
pytestmark = [pytest.mark.clause("2(8)4"), pytest.mark.refusal("flow.merchant_contract_inactive")]


def a_customer(city: City) -> tuple[Browser, dict[str, Any]]:
    """Sign in at the shop half a second before its contract ends."""
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid"))
    city.now = MIDNIGHT - timedelta(milliseconds=500)
    browser = Browser(city)
    return browser, browser.tokens("cafe", scope="openid")


def test_at_midnight_the_next_request_is_sent_back(city: City) -> None:
    browser, _ = a_customer(city)
    asking = authorization("cafe", scope="openid", prompt="none")
    assert "code" in answer(browser.get("/authorize", asking))

    city.now = MIDNIGHT
    told = answer(browser.get("/authorize", asking))

    assert told["error"] == "unauthorized_client"
    assert told["error_description"].startswith("flow.merchant_contract_inactive")
    assert told["state"] == "the-state"


def test_a_foreign_address_is_told_nothing_of_the_contract(city: City) -> None:
    browser, _ = a_customer(city)
    city.now = MIDNIGHT

    page = browser.get("/authorize", authorization("cafe", redirect_uri="https://evil.invalid"))

    assert page.status_code == 400
    assert "flow.merchant_contract_inactive" not in page.text


def test_at_midnight_everything_issued_is_dead(city: City) -> None:
    browser, tokens = a_customer(city)
    code = answer(browser.get("/authorize", authorization("cafe", scope="openid", prompt="none")))[
        "code"
    ]
    access = tokens["access_token"]
    assert city.is_alive(access)
    assert city.introspect(access, "cafe").get_json()["active"] is True

    city.now = MIDNIGHT

    for refused in (city.exchange(code, "cafe"), city.refresh(tokens["refresh_token"], "cafe")):
        assert (refused.status_code, refused.get_json()["error"]) == (400, "unauthorized_client")
    assert city.userinfo(access).status_code == 401
    assert city.introspect(access, "cafe").get_json() == {"active": False}
    till = city.call("/api/till/answers", {"code": "x", "offer": "y"}, headers=basic("cafe"))
    assert till.status_code == 403
    assert till.get_json()["type"].endswith("flow.merchant_contract_inactive")


def test_a_till_may_still_give_its_tokens_back(city: City) -> None:
    _, tokens = a_customer(city)
    city.now = MIDNIGHT

    assert city.revoke(tokens["access_token"], "cafe").status_code == 200


def test_the_sweep_ends_the_grants_for_good(city: City) -> None:
    _, tokens = a_customer(city)
    city.now = MIDNIGHT
    assert contract_endings.end(city.sessions, now=city.now) == 1
    assert contract_endings.end(city.sessions, now=city.now) == 0

    with city.database() as session:
        form = contracts.parse(
            make.a_contract_form("TP-2", starts_on="2027-01-01", ends_on="2027-12-31")
        )
        contracts.add(session, registry.get(session, "cafe").organisation, form, now=city.now)
    city.wait(seconds=1)

    assert not city.is_alive(tokens["access_token"])
    with city.database() as session:
        assert set(session.scalars(select(Grant.end_reason))) == {GrantEnd.CONTRACT_ENDED}


def test_the_sweep_spares_what_the_next_contract_continues(city: City) -> None:
    _, tokens = a_customer(city)
    with city.database() as session:
        form = contracts.parse(
            make.a_contract_form("TP-2", starts_on="2027-01-01", ends_on="2027-12-31")
        )
        contracts.add(session, registry.get(session, "cafe").organisation, form, now=city.now)
    city.wait(seconds=1)

    contract_endings.end(city.sessions, now=city.now)

    assert city.is_alive(tokens["access_token"])


def test_an_agency_does_not_notice_midnight(city: City) -> None:
    city.now = MIDNIGHT - timedelta(milliseconds=500)
    tokens = Browser(city).tokens()
    city.now = MIDNIGHT

    assert city.is_alive(tokens["access_token"])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_sweeps_at_once_one_ends_the_contract(city: City) -> None:
    _, tokens = a_customer(city)
    city.now = MIDNIGHT
    together, ended = Barrier(2), []

    def sweep() -> None:
        together.wait()
        ended.append(contract_endings.end(city.sessions, now=city.now))

    threads = [Thread(target=sweep) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(ended) == [0, 1]
    with city.database() as session:
        lines = session.scalars(select(TrailEntry).where(TrailEntry.event == "contract.ended"))
        assert len(lines.all()) == 1
    assert not city.is_alive(tokens["access_token"])
