"""A card that shares a key with us proves too little to set a password alone (7(8), 0044)."""

import pytest

from adapters.smartcard.adapter import SmartcardAdapter
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.smartcard.reader import a_city_card
from tests.web.outbox import World
from tests.web.recovering import codes, forget_password, prove
from tests.web.test_cards import cards as cards  # noqa: PLC0414  # a fixture
from tests.web.test_cards import log_in, session_of, signed_in, tie, use
from tests.web.test_passkeys import a_passkey, ask, send

AT_ONCE = "/account/login?next=/account/password/new"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def world(city: City) -> World:
    return World(city)


@pytest.mark.refusal("recovery.carrier_required")
@pytest.mark.clause("7(8)")
@one_database
def test_who_came_by_such_a_card_alone_is_told_what_sets_a_password(
    city: City, cards: SmartcardAdapter
) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    use(browser, browser.get("/account/login/card"), card)

    page = browser.get("/account/password/new")

    assert page.status_code == 403
    assert "通行密鑰、晶片卡或憑證" in page.text
    assert "代碼不對" not in page.text


@one_database
def test_who_has_nothing_but_a_password_is_not_told_of_a_wrong_code(city: City) -> None:
    browser = signed_in(city)

    page = browser.get("/account/password/new")
    posted = browser.post("/account/password/new", hidden(browser.get("/account")))

    assert (page.status_code, posted.status_code) == (403, 403)
    assert "代碼不對" not in page.text
    assert "/account/password/new" not in browser.get("/account/password").text


@one_database
def test_the_way_without_a_code_is_offered_to_nobody_whose_card_cannot_go_it(
    city: City, world: World, cards: SmartcardAdapter
) -> None:
    tie(city, a_city_card(cards))
    browser = Browser(city)
    page = forget_password(browser)

    shown = prove(browser, page, codes(world)[0])

    assert AT_ONCE not in shown.text


@one_database
def test_who_can_go_it_finds_it_beside_the_current_password(city: City) -> None:
    browser, passkey = signed_in(city), a_passkey(city)
    nonce = ask(browser, "", "/account/carriers/options")
    send(browser, "/account/carriers/new", nonce, passkey.create(nonce))
    nonce = ask(browser, "confirm", "/passkey/options")
    send(browser, "/account/confirm/passkey", nonce, passkey.get(nonce))

    assert "/account/password/new" in browser.get("/account/password").text


@one_database
def test_a_card_that_is_not_enough_alone_is_asked_for_the_password_beside_it(
    city: City, cards: SmartcardAdapter
) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    use(browser, browser.get("/account/login/card"), card)
    page = browser.get("/account/confirm/card", {"next": "/account/pause", "need": "passkey"})

    alone = use(browser, page, card, next="/account/pause")
    both = use(browser, alone, card, password=make.PASSWORD, next="/account/pause")

    assert alone.status_code == 422
    assert "同時輸入密碼" in alone.text
    assert both.location == "/account/pause"
    assert session_of(city).acr == "urn:taipei-id:acr:2"
    assert browser.get("/account/pause").status_code == 200


@one_database
def test_where_the_card_is_enough_no_password_is_asked_for(
    city: City, cards: SmartcardAdapter
) -> None:
    tie(city, a_city_card(cards))

    assert log_in(city, a_city_card(cards)).location == "/account"
