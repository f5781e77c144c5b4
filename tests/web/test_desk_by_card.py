"""Who stands at the desk is found by the card they show, for a case or a typed reason (9)."""

from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from adapters.keycard.adapter import KeyCardAdapter
from adapters.smartcard.adapter import SmartcardAdapter
from counters import models
from demo.cards.card import Card
from idp import acr
from tests.chips import Chip
from tests.flows.browser import hidden
from tests.flows.provider import ISSUER, City
from tests.smartcard.reader import a_city_card, an_adapter
from tests.web import office as offices
from tests.web.office import Office
from tests.web.test_cards import Reader, place_of, use
from tests.web.test_chip_cards import sign

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NAME = "陳美玉"


@pytest.fixture
def cards(city: City) -> SmartcardAdapter:
    """Take cards and chip cards in this city."""
    adapter = an_adapter()
    rooms = city.app.extensions["taipei_id"]
    adapters = {
        **rooms.adapters,
        adapter.name: adapter,
        "key-card": KeyCardAdapter(b"k" * 32),
    }
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)
    return adapter


@pytest.fixture
def office(city: City, cards: SmartcardAdapter) -> Office:  # the city takes cards
    opened = offices.open_office(city)
    form = {**hidden(opened.browser.get("/clerk")), "serial": "R-1"}
    assert opened.browser.post("/clerk/reader", form).status_code == 303
    return opened


@pytest.fixture
def card(office: Office, cards: SmartcardAdapter) -> Card:
    """Let Mei have a card, bound in a case that is done by now."""
    card, number = a_city_card(cards), office.opened()
    page = office.browser.get(f"/counter/cases/{number}/bind/card")
    assert use(office.browser, page, card, name="My card").status_code == 303
    office.step(number, "finish")
    office.step(number, "close")
    return card


def show(
    office: Office, card: Card, page: TestResponse | None = None, **fields: str
) -> TestResponse:
    page = page or office.browser.get("/counter/person")
    read = Reader(office.browser, card).read(place_of(page))
    return office.browser.post("/counter/person/card", {**hidden(page), **read, **fields})


@pytest.mark.clause("9")
def test_a_card_and_an_open_case_show_whose_it_is(office: Office, card: Card) -> None:
    number = office.opened()
    before = len(offices.views_of(office.city, office.mei))

    page = show(office, card, number=number.lower())

    assert page.status_code == 200
    assert NAME in page.text
    assert "A12345****" in page.text
    assert f"/counter/cases/{number}" in page.text
    seen = offices.views_of(office.city, office.mei)[before:]
    assert [line.detail["case"] for line in seen] == [number]
    assert "本人出示了卡片" in office.browser.get(f"/counter/cases/{number}").text


@pytest.mark.clause("9")
def test_a_typed_reason_does_as_well_and_the_person_reads_it(office: Office, card: Card) -> None:
    page = show(office, card, reason="民眾說卡片刷不過")

    assert NAME in page.text
    last = offices.views_of(office.city, office.mei)[-1]
    assert (last.detail["case"], last.detail["reason"]) == ("", "民眾說卡片刷不過")


@pytest.mark.clause("9")
@pytest.mark.refusal("view.without_reason")
def test_without_either_nothing_shows_and_nobody_was_looked_at(office: Office, card: Card) -> None:
    before = len(offices.views_of(office.city, office.mei))

    page = show(office, card, reason="  ")

    assert page.status_code == 403
    assert NAME not in page.text
    assert len(offices.views_of(office.city, office.mei)) == before


@pytest.mark.refusal("case.not_about_them")
def test_a_case_of_somebody_else_shows_nothing(office: Office, card: Card) -> None:
    offices.enter_number(office.city, office.city.enrol("other"), offices.PROXY)
    theirs = office.opened(idno=offices.PROXY)
    before = len(offices.views_of(office.city, office.mei))

    for number in (theirs, "NOTHING2", "％" * 300):
        page = show(office, card, number=number)
        assert page.status_code == 422
        assert NAME not in page.text
    assert len(offices.views_of(office.city, office.mei)) == before


@pytest.mark.refusal("carrier.not_bound")
@pytest.mark.refusal("carrier.reported_lost")
def test_a_strangers_card_is_nobodys_and_a_lost_one_says_so(
    office: Office, cards: SmartcardAdapter, card: Card
) -> None:
    stranger = show(office, a_city_card(cards, uid=b"\x04\x99\x88\x77\x66\x55\x44"), reason="迷路")
    number = office.opened(matter="loss")
    (carrier,) = office.carriers(number)
    office.press(number, f"/counter/cases/{number}/carriers/{carrier}/lost")
    lost = show(office, card, reason="迷路")

    assert stranger.status_code == 403
    assert NAME not in stranger.text + lost.text
    assert "掛失" in lost.text


@pytest.mark.clause("5(1)")
@pytest.mark.refusal("counter.unregistered_reader")
def test_no_card_is_read_at_a_place_without_its_reader(office: Office, card: Card) -> None:
    page = office.browser.get("/counter/person")
    with office.city.database() as session:
        session.query(models.Clerk).update({models.Clerk.reader_id: None})

    assert show(office, card, page, reason="迷路").status_code == 403
    assert 'id="find_person"' not in office.browser.get("/counter/person").text


@pytest.mark.clause("5(1)")
def test_a_broken_reader_leaves_paper(office: Office) -> None:
    with office.city.database() as session:
        session.query(models.Reader).update({models.Reader.broken_at: office.city.now})

    page = office.browser.get("/counter/person")

    assert page.status_code == 200
    assert "讀卡機故障：先收紙本" in page.text
    assert 'id="find_person"' not in page.text


@pytest.mark.refusal("case.self_dealing")
def test_a_clerk_looks_at_nobody_they_are(office: Office, cards: SmartcardAdapter) -> None:
    offices.enter_number(office.city, office.clerk_id, offices.PROXY)
    second, _ = offices.a_clerk(office.city, office.counter_id, "clerk.two")
    colleague = replace(office, browser=second)
    number, own = colleague.opened(idno=offices.PROXY), a_city_card(cards)
    use(second, second.get(f"/counter/cases/{number}/bind/card"), own, name="")

    page = show(office, own, reason="只是看看")

    assert page.status_code == 403
    assert "本人或關係人" in page.text


def test_a_chip_card_is_shown_with_its_pin(office: Office) -> None:
    number, chip = office.opened(), Chip(origin=ISSUER)
    sign(office.browser, office.browser.get(f"/counter/cases/{number}/bind/chip-card"), chip)

    page = sign(
        office.browser, office.browser.get("/counter/person/chip-card"), chip, reason="迷路"
    )

    assert NAME in page.text


def test_where_no_such_card_is_taken_there_is_no_such_page(office: Office) -> None:
    assert office.browser.get("/counter/person/certificate").status_code == 404
