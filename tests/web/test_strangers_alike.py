"""Where one may ask about anybody, a stranger costs as many statements and bytes as a member.

Milliseconds prove little in a test that shares its machine: what takes them is counted here, and
`python -m bench --alike` tells by statistics whether the clock tells more.
"""

import re
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from members.models import Standing
from tests.flows.browser import Browser
from tests.flows.provider import City, statements
from tests.idp.test_ciba import COUNTER, ask, register
from tests.web.applicants import apply

Ask = Callable[[], TestResponse]
VARYING = re.compile(rb'value="[^"]*"|nonce="[^"]+"|"(auth_req_id|binding_number)":"[^"]+"')
# Who failed is a line of the member's own ledger, or of the trail: both are one INSERT.
LEDGERS = re.compile(r"^INSERT INTO (trail|ledger) .*", re.DOTALL)


def cost(database: Engine, ask: Ask) -> tuple[object, ...]:
    with statements(database) as seen:
        answer = ask()
    told = VARYING.sub(b"", answer.data)
    return answer.status_code, told, [LEDGERS.sub("a line", each) for each in seen]


def log_in(city: City, login: str) -> Ask:
    browser = Browser(city)
    page = browser.get("/account/login")
    return lambda: browser.submit(page, login_id=login, password="wrong password")


def look_after(city: City, number: str) -> Ask:
    browser = Browser(city)
    page = browser.get("/track")
    return lambda: browser.submit(page, number=number, secret="AAAA-BBBB-CCCC-DDDD")


@pytest.mark.clause("7(8)")
def test_at_each_door_a_stranger_costs_what_a_member_costs(city: City, database: Engine) -> None:
    register(city, COUNTER)
    city.enrol("suspended.one", standing=Standing.SUSPENDED)
    _, number, _ = apply(city)
    doors: dict[str, list[Ask]] = {
        "login": [log_in(city, each) for each in ("mei.chen", "no.body.", "suspended.one")],
        "receipt": [look_after(city, each) for each in (number, "23456789")],
        "counter": [
            partial(ask, city, login_hint=each)
            for each in ("mei.chen", "nobody.here", "suspended.one")
        ],
    }

    for door, asked in doors.items():
        asked[-1]()  # from now on everything is at hand
        costs = [cost(database, each) for each in asked]

        assert costs[1:] == costs[:1] * (len(costs) - 1), door
