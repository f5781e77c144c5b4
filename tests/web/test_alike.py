"""Yes and no, and why, cost the same statements and bytes: only the word tells (10(4))."""

import json
import re

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from clients import registry
from members.models import Member, Standing
from services import activations
from services.models import Activation
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, statements
from tests.services import city as services
from tests.web import tills

pytestmark = pytest.mark.clause("10(4)")
OFFER = "senior"
ASKED = json.dumps({"userinfo": {"offer_eligible": None}})
RULE = {"any_of": [{"age_at_least": 65}, {"activated": "senior_card"}]}
YES = ("old", "holder", "old.holder")
NO = ("unknown", "refused", "stopped", "disputing", "suspended", "paused")
OLD, YOUNG = "1950-01-01", "1990-01-01"
NUMBERS = re.compile(rb'"(number|receipt)":\s*"[^"]*"')


@pytest.fixture
def shop(city: City) -> City:
    """Lend a shop with an offer in force, and members who get each answer for each reason."""
    claims = [make.a_claim_form("offer_eligible", required=True)]
    offer = make.a_purpose_form(OFFER, kind="offer", claims=claims)
    city.register("cafe", **make.a_shop_form(purposes=[offer], sector="cafe.invalid"))
    for login in (*YES, *NO):
        is_old = login in {"old", "old.holder", "suspended", "paused"}
        city.enrol(login, birthdate=OLD if is_old else YOUNG)
    ids = {login: city.member_id(login) for login in (*YES, *NO)}
    with city.database() as session:
        agency = services.an_agency(session, "notes")
        services.figures(session)
        services.approved(session, registry.get(session, "cafe"), OFFER, rule=RULE)
        for login, state in {
            "holder": Activation.ACTIVATED,
            "old.holder": Activation.ACTIVATED,
            "refused": Activation.NOT_ACTIVATED,
            "stopped": Activation.SUSPENDED,
            "disputing": Activation.NOT_ACTIVATED,
            "suspended": Activation.ACTIVATED,
        }.items():
            member = session.get_one(Member, ids[login])
            services.noted(session, agency, member, "senior_card", state)
        activations.dispute(session, "senior_card", member_id=ids["disputing"], now=city.now)
    city.set_standing(Standing.SUSPENDED, "suspended")
    city.set_standing(Standing.PAUSED, "paused")
    return city


def at_the_till(shop: City, database: Engine, login: str) -> tuple[TestResponse, list[str]]:
    code = tills.shown(shop, login)
    with statements(database) as seen:
        response = tills.ask(shop, code, OFFER)
    return response, list(seen)


def shape(response: TestResponse) -> tuple[object, ...]:
    """Return everything about an answer but its one word and its random numbers."""
    told = NUMBERS.sub(b"", response.data)
    told = told.replace(b"true ", b"false").replace(b"true", b"false")
    return response.status_code, [*response.headers], len(response.data), told.split()


def test_at_a_till_nothing_but_the_word_differs(shop: City, database: Engine) -> None:
    at_the_till(shop, database, "old")  # from now on the client is at hand
    answers = {login: at_the_till(shop, database, login) for login in (*YES, *NO)}

    told = {login: response.get_json()["eligible"] for login, (response, _) in answers.items()}
    assert told == {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
    assert len({json.dumps(shape(response)[:1]) for response, _ in answers.values()}) == 1
    assert len({len(response.data) for response, _ in answers.values()}) == 1
    assert len({str([*response.headers]) for response, _ in answers.values()}) == 1
    assert len({tuple(seen) for _, seen in answers.values()}) == 1


def test_once_the_contract_ended_every_member_is_the_same_refusal(
    shop: City, database: Engine
) -> None:
    shop.now = shop.now.replace(year=2027)
    at_the_till(shop, database, "old")

    answers = [at_the_till(shop, database, login) for login in (*YES, *NO)]

    bodies = [response.get_json(force=True) for response, _ in answers]
    for each in bodies:
        each.pop("reference")
    assert all(each == bodies[0] for each in bodies)
    assert bodies[0]["type"].endswith("flow.merchant_contract_inactive")
    assert len({tuple(seen) for _, seen in answers}) == 1


def test_a_shop_that_signs_members_in_is_told_in_as_many_bytes_and_statements(
    shop: City, database: Engine
) -> None:
    def told(login: str) -> tuple[bool, int, tuple[str, ...]]:
        asking = {"scope": "openid", "claims": ASKED, "purpose": OFFER}
        tokens = Browser(shop).tokens("cafe", login=login, share=(), **asking)
        shop.userinfo(tokens["access_token"])  # from now on everything is at hand
        with statements(database) as seen:
            response = shop.userinfo(tokens["access_token"])
        eligible: bool = response.get_json()["offer_eligible"]
        return eligible, len(response.data) + eligible, tuple(seen)

    answers = [told(login) for login in (*YES, *NO[:4])]  # the others do not sign in

    assert [each[0] for each in answers] == [True] * 3 + [False] * 4
    assert len({each[1] for each in answers}) == 1  # but for the letter that "false" has more
    assert len({each[2] for each in answers}) == 1
