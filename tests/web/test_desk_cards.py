"""New cards at the desk: ordered in a case, made, waiting, handed over (7(6)2, 8(2)3, 7(3))."""

from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.smartcard.adapter import SmartcardAdapter
from audit.lines import Kind
from audit.models import LedgerLine
from carriers.models import Binding
from clients import registry
from counters.card_order_models import CardOrder, Stage
from counters.models import Counter
from demo.cards.card import Card
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.smartcard.cards import CITY_CARD
from tests.smartcard.reader import a_city_card
from tests.web import office as offices
from tests.web.office import Office
from tests.web.outbox import World
from tests.web.test_account_card_orders import activate, code_in, signed_in
from tests.web.test_cards import Reader, place_of
from tests.web.test_desk_cases import cards

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
__all__ = ["cards"]


@pytest.fixture
def world(city: City) -> World:
    return World(city)


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def ordered(office: Office, *, idno: str = offices.MEI, **fields: str) -> TestResponse:
    """Order a card in a new case, and return where that leads."""
    number = office.opened(idno=idno)
    sent = {"kind": CITY_CARD.name, **fields}
    return office.press(number, f"/counter/cases/{number}/new-card", **sent)


def an_order(office: Office, **fields: str) -> str:
    """Order a card and return the address of its page."""
    response = ordered(office, **fields)
    assert response.status_code == 303, response.text
    return str(response.location)


def made(
    office: Office, cards: SmartcardAdapter, page: str, printed: str, card: Card | None = None
) -> TestResponse:
    """Put the printed card on the reader, and type what stands on its face."""
    shown = office.browser.get(page)
    read = Reader(office.browser, card or a_city_card(cards)).read(place_of(shown))
    return office.browser.post(f"{page}/produce", {**hidden(shown), **read, "printed": printed})


def pressed(office: Office, page: str, step: str, **fields: str) -> TestResponse:
    shown = office.browser.get(page)
    return office.browser.post(f"{page}/{step}", {**hidden(shown), **fields})


def the_order(office: Office) -> CardOrder:
    with office.city.database() as session:
        return session.scalars(select(CardOrder)).one()


@pytest.mark.clause("7(6)2")
@pytest.mark.clause("8(2)3")
def test_a_new_card_goes_from_the_case_to_its_members_own_hand(
    city: City, office: Office, cards: SmartcardAdapter, world: World
) -> None:
    page = an_order(office)
    assert made(office, cards, page, "陳美玉").status_code == 303
    assert pressed(office, page, "ready").status_code == 303
    assert pressed(office, page, "hand-over", document="identity_card").status_code == 303

    with city.database() as session:
        assert session.scalars(select(Binding)).all() == []  # inert until its holder activates it
    world.work_off()
    assert activate(signed_in(city), code_in(world)).status_code == 303
    with city.database() as session:
        assert session.scalars(select(Binding)).one().member_id == office.mei
    assert the_order(office).stage is Stage.ACTIVATED


@one_database
@pytest.mark.clause("7(3)")
@pytest.mark.refusal("carrier.visible_info_mismatch")
def test_a_face_that_names_somebody_else_makes_no_card(
    office: Office, cards: SmartcardAdapter
) -> None:
    page = an_order(office)

    refused = made(office, cards, page, "王大明")

    assert refused.status_code == 422
    assert "卡面資訊和申請人的資料不符" in refused.text
    assert the_order(office).stage is Stage.ORDERED


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_a_card_that_was_made_for_somebody_else_is_not_made_again(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    offices.enter_number(city, city.enrol("other", name="王大明"), offices.PROXY)
    card = a_city_card(cards)
    made(office, cards, an_order(office), "陳美玉", card=card)
    second = an_order(office, idno=offices.PROXY)

    refused = made(office, cards, second, "王大明", card=card)

    assert refused.status_code == 409
    assert "已經" in refused.text
    assert office.browser.get(second).status_code == 200
    with city.database() as session:
        stages = sorted(session.scalars(select(CardOrder.stage)))
    assert stages == [Stage.ORDERED, Stage.PRODUCED]


@one_database
@pytest.mark.refusal("card.pickup_id_required")
def test_nobody_collects_a_card_without_a_document(office: Office, cards: SmartcardAdapter) -> None:
    page = an_order(office)
    made(office, cards, page, "陳美玉")
    pressed(office, page, "ready")

    assert pressed(office, page, "hand-over").status_code == 422
    assert the_order(office).stage is Stage.AT_COUNTER


@one_database
@pytest.mark.refusal("card.mail_not_offered")
def test_a_counter_that_mails_nothing_offers_it_to_nobody(
    office: Office, cards: SmartcardAdapter
) -> None:
    number = office.opened()

    assert 'name="delivery"' not in office.browser.get(f"/counter/cases/{number}").text
    refused = office.press(
        number, f"/counter/cases/{number}/new-card", kind=CITY_CARD.name, delivery="mail"
    )
    assert refused.status_code == 422


@one_database
def test_where_cards_are_mailed_it_can_be_chosen(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    with city.database() as session:
        session.get_one(Counter, office.counter_id).mails_cards = True

    an_order(office, delivery="mail")

    assert "郵寄" in office.browser.get("/counter/cards").text


@one_database
def test_a_destroyed_card_is_gone_from_the_list(office: Office, cards: SmartcardAdapter) -> None:
    page = an_order(office)
    number = page.rsplit("/", 1)[1].replace("-", "")[-8:].upper()
    assert number in office.browser.get("/counter/cards").text

    assert pressed(office, page, "destroy").location == "/counter/cards"

    assert number not in office.browser.get("/counter/cards").text
    assert office.browser.get(page).status_code == 404


@one_database
@pytest.mark.clause("7(6)2")
def test_a_member_is_told_that_the_counter_destroyed_their_card(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    world, page = World(city), an_order(office)

    pressed(office, page, "destroy")

    assert "card.destroyed" in world.told()
    with city.database() as session:
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert Kind.CARD_DESTROYED in kinds


@one_database
@pytest.mark.clause("9")
def test_each_look_at_a_cards_page_is_in_its_members_footprint(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    page = an_order(office)
    text = office.browser.get(page).text

    assert "陳美玉" not in text
    assert "陳○玉" in text
    with city.database() as session:
        seen = select(LedgerLine).where(
            LedgerLine.member_id == office.mei, LedgerLine.kind == Kind.VIEWED
        )
        assert session.scalars(seen).first() is not None


@one_database
def test_another_counters_card_is_not_found(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    page = an_order(office)
    with city.database() as session:
        order = session.scalars(select(CardOrder)).one()
        other = town.a_counter(session, registry.get(session, "library"), "other")
        order.counter_id = other.id

    assert office.browser.get(page).status_code == 404
    assert office.browser.get(f"/counter/cards/{UUID(int=0)}").status_code == 404
    assert Browser(city).get(page).status_code == 303


@one_database
@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_no_clerk_hands_the_card_of_their_own_child_over(
    city: City, office: Office, cards: SmartcardAdapter
) -> None:
    page = an_order(office)
    made(office, cards, page, "陳美玉")
    pressed(office, page, "ready")
    shown = office.browser.get(page)
    offices.let_act_for(city, office.clerk_id, office.mei)

    sent = {**hidden(shown), "document": "identity_card"}
    refused = office.browser.post(f"{page}/hand-over", sent)

    assert refused.status_code == 403
    assert office.browser.get(page).status_code == 403
    assert the_order(office).stage is Stage.AT_COUNTER
