"""Merchants' own systems: their contracts, offers and counts, part by part, and nobody else's."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clients import contracts, registry, resources
from clients.models import PurposeKind
from kernel.wording import Bilingual
from services import merchant_offers, offers
from services.models import OfferMonth
from tests import make
from tests.flows.provider import ISSUER, City, statements
from tests.services import city as services
from tests.web.test_agency_api import problem
from web.merchant_document import CONTRACTS, COUNTS, OFFERS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ADDRESS = f"{ISSUER}/api/merchant"
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def shop(city: City) -> City:
    """Let a shop's office, which has a secret, ask about the shop's own."""
    city.register("bureau", sector="bureau.invalid")
    with city.database() as session:
        services.an_agency(session, "notes")
        services.figures(session)
        bureau = registry.get(session, "bureau")
        name = Bilingual("商店介接", "Interface for merchants")
        resources.add(session, bureau, ADDRESS, name=name, now=city.now)
    for name_ in ("cafe", "bakery"):
        open_shop(city, name_)
    return city


def open_shop(city: City, client_id: str) -> None:
    with city.database() as session:
        words = make.words(client_id, client_id)
        client = make.a_shop(session, client_id, organisation=words, now=city.now)
        registry.set_grant_types(session, client_id, ["client_credentials"])
        resources.approve(session, client, ADDRESS, (CONTRACTS, OFFERS, COUNTS), now=city.now)
        for purpose_id in purposes(session, client_id):
            offers.submit(session, purpose_id, services.TERMS, now=city.now)


def purposes(session: Session, client_id: str) -> list[UUID]:
    found = registry.get(session, client_id).purposes
    return [each.id for each in found if each.kind is PurposeKind.OFFER]


def bearer(city: City, client_id: str = "cafe") -> str:
    given = city.token(client_id, grant_type="client_credentials")
    assert given.status_code == 200, given.text
    return str(given.get_json()["access_token"])


def ask(city: City, path: str, client_id: str = "cafe", *, by: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {by or bearer(city, client_id)}"}
    return city.call(f"/api/merchant{path}", headers=headers)


def told(response: TestResponse) -> dict[str, Any]:  # JSON
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def whole(city: City, path: str, name: str) -> list[Any]:  # JSON
    """Read a list one row at a time."""
    read, by, query = [], bearer(city), "?limit=1"
    while query:
        part = ask(city, path + query, by=by)
        read += told(part)[name]
        following = part.headers.get("Link", "").partition(">")[0]
        query = following.removeprefix(f"<{ADDRESS}{path}")
    return read


@pytest.mark.clause("2(8)4")
def test_a_merchant_reads_its_own_contracts_and_offers_and_nobody_elses(shop: City) -> None:
    with shop.database() as session:
        cafe = registry.get(session, "cafe").organisation
        number = cafe.contracts[0].number
        offers.withdraw(session, cafe_offer(session), now=shop.now)
        form = contracts.parse(
            {
                "number": "TP-2027-009",
                "business_number": "04595252",
                "starts_on": date(2027, 1, 1),
                "ends_on": date(2027, 12, 31),
            }
        )
        contracts.add(session, cafe, form, now=shop.now)

    mine, offered = whole(shop, "/contracts", "contracts"), whole(shop, "/offers", "offers")

    assert [(each["number"], each["in_force"]) for each in mine] == [
        (number, True),
        ("TP-2027-009", False),
    ]
    assert sorted((each["offer"], each["state"]) for each in offered) == [
        ("second-cup", "waiting"),
        ("senior-10-percent", "ended"),
    ]
    assert offered[0]["title"] == {"zh": "敬老九折", "en": "Ten per cent off"}


def cafe_offer(session: Session) -> UUID:
    found = merchant_offers.of_merchant(session, registry.get(session, "cafe").organisation_id)
    codes = {each.id: each.code for each in registry.get(session, "cafe").purposes}
    return next(each.id for each in found if codes[each.purpose_id] == "senior-10-percent")


@pytest.mark.clause("10-I(4)")
def test_counts_hide_what_is_small_on_every_part(shop: City) -> None:
    with shop.database() as session:
        for purpose_id, members in zip(purposes(session, "cafe"), (3, 80), strict=True):
            row = OfferMonth(purpose_id=purpose_id, month=date(2026, 10, 1), members=members)
            session.add(row)

    parts = whole(shop, "/counts", "counts")
    at_once = told(ask(shop, "/counts"))

    assert parts == at_once["counts"]
    assert [each["members"] for each in parts] == [None, None]  # one would tell the other
    assert (at_once["month"], at_once["total"], at_once["next"]) == ("2026-10-01", 83, None)


@pytest.mark.clause("2(8)4")
def test_without_a_contract_nothing_is_answered(shop: City) -> None:
    by = bearer(shop)
    with shop.database() as session:
        number = registry.get(session, "cafe").organisation.contracts[0].number
        contracts.shorten(session, number, ends_on=shop.now.date())
    shop.wait(hours=13)  # past midnight; the token would live on

    refused = {problem(ask(shop, path, by=by)) for path in ("/contracts", "/offers", "/counts")}

    assert refused <= {(403, "flow.merchant_contract_inactive"), (401, "program.token_invalid")}


def test_a_part_costs_the_same_statements_whatever_there_is(shop: City) -> None:
    by = bearer(shop)

    def cost(path: str) -> int:
        with statements(shop.sessions.kw["bind"]) as seen:
            told(ask(shop, path, by=by))
        return len(seen)

    for path in ("/contracts", "/offers", "/counts"):
        cost(path)
        assert cost(f"{path}?limit=1") == cost(f"{path}?limit=100")
