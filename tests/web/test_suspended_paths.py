"""Whatever way leads to a member's data, it is closed the moment the account is suspended (6(1)).

/api/verify has its own test (tests/web/test_verify.py): a reader learns "inactive" and no more.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clients import registry
from clients.grant_types import CODE, DEVICE, EXCHANGE, REFRESH
from members.standing_models import OrderKind
from members.standings import Proposal
from tests import make
from tests.flows.browser import Browser, answer
from tests.flows.provider import City
from tests.idp import test_ciba as ciba
from tests.idp import test_device_grant as device
from tests.idp import test_exchanging as exchanging
from tests.web import tills
from web import standing_acts

pytestmark = [
    pytest.mark.clause("6(1)"),
    pytest.mark.refusal("member.suspended"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
Way: TypeAlias = Iterator[None]  # up to the suspension, then from there on
GRANTS = [CODE, REFRESH, EXCHANGE]


def suspend(session: Session, city: City) -> None:
    proposal = Proposal(kind=OrderKind.PROTECTION, clause="6(1)", evidence="115-001", reason="冒用")
    standing_acts.propose(
        session,
        proposal,
        member_id=city.member_id(),
        by=None,
        keyring=make.KEYRING,
        now=city.now,
    )


def refused(response: TestResponse, error: str = "invalid_grant") -> None:
    assert (response.status_code, response.get_json()["error"]) == (400, error)


def a_silent_request(city: City) -> Way:
    browser = Browser(city)
    browser.sign_in()
    yield
    assert answer(browser.authorize(prompt="none"))["error"] == "login_required"


def an_open_interaction(city: City) -> Way:
    browser = Browser(city)
    page = browser.log_in(browser.authorize())
    assert page.request.path.endswith("/consent")
    yield
    assert browser.consent(page, "birthdate").request.path.endswith("/login")


def a_new_sign_in(city: City) -> Way:
    browser = Browser(city)
    page = browser.authorize()
    yield
    assert "帳號或密碼不正確" in browser.log_in(page).text


def a_code(city: City) -> Way:
    code = Browser(city).code()
    yield
    refused(city.exchange(code))


def a_refresh_token(city: City) -> Way:
    token = Browser(city).tokens()["refresh_token"]
    yield
    refused(city.refresh(token))


def an_access_token(city: City) -> Way:
    token = Browser(city).tokens()["access_token"]
    yield
    assert city.userinfo(token).status_code == 401


def an_introspection(city: City) -> Way:
    token = Browser(city).tokens()["access_token"]
    yield
    assert city.introspect(token).get_json() == {"active": False}


def a_device_that_waits(city: City) -> Way:
    city.register(device.KIOSK, sector="k.invalid", grant_types=[DEVICE, REFRESH], redirect_uris=[])
    told = device.waiting(city)
    device.agree(device.a_phone(city), told)
    yield
    city.wait(seconds=5)
    assert device.poll(city, told).status_code == 400


def a_counter_that_waits(city: City) -> Way:
    ciba.register(city, ciba.COUNTER)
    told = ciba.waiting(city)
    ciba.agree(device.a_phone(city), told)
    yield
    city.wait(seconds=5)
    assert ciba.poll(city, told).status_code == 400


def a_token_to_exchange(city: City) -> Way:
    exchanging.register(city, "loans")
    exchanging.join(city, "loans", "library")
    exchanging.serve(city, exchanging.LOANS, "loans")
    with city.database() as session:
        registry.set_grant_types(session, "library", GRANTS)
    city.wait(seconds=2)
    token = exchanging.both(city)["access_token"]
    yield
    assert exchanging.ask(city, token, scope="loans.renew").status_code == 400


def a_code_for_the_till(city: City) -> Way:
    with city.database() as session:
        make.a_shop(session, now=city.now)
    tills.decide_always(city, says=True)
    code = tills.shown(city)
    yield
    assert tills.ask(city, code).get_json().get("answer") != "yes"


def a_browser_session(city: City) -> Way:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    assert browser.get("/account").status_code == 200
    yield
    assert browser.get("/account").status_code == 303


WAYS: list[Callable[[City], Way]] = [
    a_silent_request,
    an_open_interaction,
    a_new_sign_in,
    a_code,
    a_refresh_token,
    an_access_token,
    an_introspection,
    a_device_that_waits,
    a_counter_that_waits,
    a_token_to_exchange,
    a_code_for_the_till,
    a_browser_session,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_suspension_closes(city: City, way: Callable[[City], Way]) -> None:
    walk = way(city)
    next(walk)

    with city.database() as session:
        suspend(session, city)

    assert list(walk) == []
