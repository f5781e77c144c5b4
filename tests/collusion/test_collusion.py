"""Two agencies and two merchants pool all they ever received, and learn nothing from it.

Members give the least: a name, an e-mail address or a telephone number joins by its nature, and
is a matter of consent. What is lawfully the same everywhere (of age or not) makes groups, and
within one a draw is all that is left: that is the level of chance.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pytest
from werkzeug.test import TestResponse

from consent.derived import Relay
from tests import make
from tests.collusion.matcher import Record, hits
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City

pytestmark = [pytest.mark.clause("10(3)"), pytest.mark.clause("10(4)")]
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CROWD, FEW = 200, 24
AGENCIES, MERCHANTS = ("library", "archive"), ("cafe", "bakery")
PARTIES = (*AGENCIES, *MERCHANTS)
STRIDE = 7  # with no divisor in common with the crowd: each party meets it in another order
MINOR_EVERY = 5  # of the crowd, one in five is not of age
SHARED = ("age_over_18", "relay_email")
MARKETING = "marketing_allowed"
# At merchants every third member is a stranger; the others are known, and say yes or no to
# marketing. Who said the same everywhere is one of many: that makes groups, and nothing else.
TOLD = (SHARED[:1], SHARED, (*SHARED, MARKETING))
ASK_OF_MARKETING = json.dumps({"userinfo": {MARKETING: None}})


def settle(city: City, crowd: int) -> list[Browser]:
    """Let the parties ask for what is not shared by nature, and a crowd live in the city."""
    asked = [*map(make.a_claim_form, SHARED)]
    for name in PARTIES:
        merchant = name in MERCHANTS
        changes = make.a_shop_form() if merchant else {}
        kind = "offer" if merchant else "service"
        claims = [*asked, make.a_claim_form(MARKETING)] if merchant else asked
        purposes = [make.a_purpose_form("purpose", kind=kind, claims=claims)]
        city.register(
            f"{name}-x", **{**changes, "sector": f"{name}-x.invalid", "purposes": purposes}
        )
    city.app.extensions["taipei_id"].provider.relay = Relay(b"r" * 32, "relay.invalid")
    for number in range(crowd):
        born = "2015-05-05" if number % MINOR_EVERY == 0 else "1980-05-05"
        city.enrol(f"member-{number}", birthdate=born, email=f"member{number}@mail.invalid")
    return [Browser(city) for _ in range(crowd)]


def received(response: TestResponse) -> dict[str, Any]:
    """Return all of a response but the time it says it was sent."""
    headers = {name: value for name, value in response.headers.items() if name != "Date"}
    return {"status": response.status_code, "headers": headers, "body": response.get_json()}


def visit(city: City, browser: Browser, number: int, client: str) -> Record:
    """Go to a party, and let it ask all it can; return everything that it was told."""
    asking = {"scope": "openid profile email", "state": "s", "nonce": "n"}
    share: tuple[str, ...] = SHARED
    if client.startswith(MERCHANTS):
        asking["claims"], share = (
            ASK_OF_MARKETING,
            TOLD[number % len(TOLD) if number % MINOR_EVERY else 0],
        )
    browser.sign_in(client, login=f"member-{number}", share=share, **asking)
    city.wait(seconds=1)
    sent = browser.get("/authorize", authorization(client, prompt="none", **asking))
    told = answer(sent)
    first = city.exchange(told["code"], client)
    tokens = first.get_json()
    renewed = city.refresh(tokens["refresh_token"], client)
    access = renewed.get_json()["access_token"]
    return {
        "authorize": told,
        "location_length": len(sent.location),
        "token": received(first),
        "refresh": received(renewed),
        "userinfo": received(city.userinfo(access)),
        "introspection": received(city.introspect(access, client)),
        "wrong": received(city.exchange("wrong", client)),
        "replayed": received(city.exchange(told["code"], client)),
        "dead": received(city.userinfo(access)),
    }


def pooled(city: City, crowd: int) -> dict[str, list[Record]]:
    """Let everybody visit every party, each party in an order of its own."""
    browsers, pool = settle(city, crowd), {}
    for turn, party in enumerate(PARTIES, start=1):
        seen: dict[int, Record] = {}
        for step in range(crowd):
            number = step * STRIDE**turn % crowd
            city.wait(seconds=1)
            seen[number] = visit(city, browsers[number], number, f"{party}-x")
        pool[party] = [seen[number] for number in range(crowd)]
    return pool


@one_database
def test_what_four_parties_pool_joins_nobody_better_than_chance(city: City) -> None:
    pool = pooled(city, CROWD)
    groups = 2 * len(TOLD)  # of age or not, known or not: lawfully the same, and all that is
    _require_all_told_apart(pool)

    found = {pair: hits(pool[pair[0]], pool[pair[1]]) for pair in combinations(PARTIES, 2)}

    # A draw within each group finds one in it on average; four times that is far out.
    assert all(count <= 4 * groups for count in found.values()), found


def _require_all_told_apart(pool: dict[str, list[Record]]) -> None:
    """See that the merchants really were told a yes, a no, and nothing: or this proves little."""
    for merchant in MERCHANTS:
        told = [record["userinfo"]["body"].get(MARKETING) for record in pool[merchant]]
        assert told[:3] == [None, False, True]


PLANTS: dict[str, Callable[[int], object]] = {
    "a member's id": lambda number: f"0193a5c1-0000-7000-8000-{number * 7919:012x}",
    "a card's number": lambda number: f"{1_000_000_007 * (number + 1):016d}",
    "an unsalted hash": lambda number: hashlib.sha256(f"member-{number}".encode()).hexdigest(),
    "a shared address": lambda number: f"{number * 104729:08x}@relay.invalid",
}


def with_plant(records: Sequence[Record], plant: Callable[[int], object]) -> list[Record]:
    return [{**record, "plant": plant(number)} for number, record in enumerate(records)]


@one_database
def test_whatever_names_a_member_to_two_parties_is_found(city: City) -> None:
    pool = pooled(city, FEW + 1)  # 25 and 7 have no divisor in common

    assert hits(pool["library"], pool["cafe"]) < 0.5 * FEW
    for name, plant in PLANTS.items():
        for here, there in combinations(PARTIES, 2):
            found = hits(with_plant(pool[here], plant), with_plant(pool[there], plant))

            assert found > 0.9 * FEW, (name, here, there, found)
