"""Cards over HTTP, read by a program beside a reader: sign in, step up, confirm, tie, lose."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters.smartcard.adapter import SmartcardAdapter
from adapters.smartcard.models import CardTalk
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from carriers.models import Binding
from demo.cards.card import Card
from demo.cards.storage import RandomNumberCard, StorageCard
from idp import acr
from kernel import throttle
from kernel.jobs import Job
from members import recovery
from members.models import Standing
from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import City
from tests.smartcard.cards import OTHER_UID, UID, draw
from tests.smartcard.reader import a_city_card, an_adapter
from web.models import BrowserSession

STRONG = "urn:taipei-id:acr:2"
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": [STRONG]}}})
SHORT = bytes.fromhex("a1b2c3d4")
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def cards(city: City) -> SmartcardAdapter:
    """Offer cards in this city."""
    adapter = an_adapter()
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, adapter.name: adapter}
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)
    return adapter


class Reader:
    """What the page's script does: carries what the server and the card say to each other."""

    def __init__(self, browser: Browser, card: Card) -> None:
        self.browser, self.card = browser, card

    def say(self, verb: str, **fields: str) -> TestResponse:
        token = hidden(self.browser.get("/nothing"))["csrf_token"]
        return self.browser.post(f"/card/{verb}", {"csrf_token": token, **fields})

    def read(self, place: str) -> dict[str, str]:
        """Return what the script puts into the form."""
        response = self.say("read", place=place, atr=self.card.atr.hex())
        step = response.get_json()
        nonce = step["challenge"]
        while "command" in step:
            told = self.card.transmit(bytes.fromhex(step["command"])).hex()
            step = self.say("answer", place=place, challenge=nonce, answer=told).get_json()
        return {"challenge": nonce, "card": step.get("card", "")}


def place_of(page: TestResponse) -> str:
    found = re.search(r'data-place="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def use(browser: Browser, page: TestResponse, card: Card, **fields: str) -> TestResponse:
    """Put the card on the reader and send this page's form."""
    read = Reader(browser, card).read(place_of(page))
    return browser.submit(page, **read, **fields)


def signed_in(city: City, login: str = "mei.chen", browser: Browser | None = None) -> Browser:
    browser = browser or Browser(city)
    page = browser.get("/account/login")
    browser.submit(page, login_id=login, password=make.PASSWORD)
    return browser


def tie(city: City, card: Card, login: str = "mei.chen", name: str = "My card") -> TestResponse:
    browser = signed_in(city, login)
    return use(browser, browser.get("/account/carriers/card"), card, name=name)


def log_in(city: City, card: Card, **fields: str) -> TestResponse:
    browser = Browser(city)
    return use(browser, browser.get("/account/login/card"), card, **fields)


def is_in(response: TestResponse) -> bool:
    return response.status_code == 303 and response.location == "/account"


def session_of(city: City) -> BrowserSession:
    with city.database() as session:
        return session.scalars(select(BrowserSession).order_by(BrowserSession.id.desc())).all()[0]


def trail(city: City) -> list[str]:
    with city.database() as session:
        lines = session.scalars(select(TrailEntry.detail)).all()
        return [str(each.get("reason", "")) for each in lines]


def lines(city: City, kind: Kind) -> list[dict[str, Any]]:  # JSON
    with city.database() as session:
        found = select(LedgerLine.detail).where(LedgerLine.kind == kind).order_by(LedgerLine.id)
        return [dict(detail) for detail in session.scalars(found)]


# Tie


@pytest.mark.clause("7(6)1")
def test_a_member_ties_a_card_and_is_told(city: City, cards: SmartcardAdapter) -> None:
    response = tie(city, a_city_card(cards))

    assert response.location == "/account/carriers?done=card"
    assert len(lines(city, Kind.CARRIER_BOUND)) == 1
    with city.database() as session:
        jobs = session.scalars(select(Job)).all()
    assert "carrier.added" in [job.payload.get("template") for job in jobs]
    page = signed_in(city).get("/account/carriers", {"done": "card"})
    assert "My card" in page.text
    assert "臺北市識別卡" in page.text
    assert "已新增卡片" in page.text


@one_database
@pytest.mark.refusal("carrier.number_is_random")
def test_a_card_with_a_random_number_cannot_be_tied(city: City, cards: SmartcardAdapter) -> None:
    browser = signed_in(city)
    place = place_of(browser.get("/account/carriers/card"))
    reader = Reader(browser, RandomNumberCard(draw()))
    begun = reader.say("read", place=place, atr=reader.card.atr.hex()).get_json()

    refused = reader.say(
        "answer",
        place=place,
        challenge=begun["challenge"],
        answer=reader.card.transmit(bytes.fromhex(begun["command"])).hex(),
    )

    assert refused.status_code == 422
    assert refused.get_json()["type"].endswith("carrier.number_is_random")
    assert "每次的卡號都不一樣" in refused.get_json()["title"]
    assert "carrier.number_is_random" in trail(city)


@one_database
@pytest.mark.refusal("carrier.already_bound")
def test_a_card_is_one_members(city: City, cards: SmartcardAdapter) -> None:
    city.enrol("ah.hua")
    tie(city, a_city_card(cards))

    response = tie(city, a_city_card(cards), "ah.hua")

    assert response.status_code == 409
    assert "已經綁定了" in response.text


@one_database
def test_a_card_read_in_one_session_is_not_tied_in_another(
    city: City, cards: SmartcardAdapter
) -> None:
    city.enrol("ah.hua")
    mei, hua = signed_in(city), signed_in(city, "ah.hua")
    place = place_of(mei.get("/account/carriers/card"))
    read = Reader(mei, a_city_card(cards)).read(place)

    response = hua.submit(hua.get("/account/carriers/card"), **read)

    assert response.status_code == 400


@one_database
def test_after_a_loss_without_another_a_counter_ties_the_next(
    city: City, cards: SmartcardAdapter
) -> None:
    tie(city, a_city_card(cards))
    report_lost(city)

    page = signed_in(city).get("/account/carriers/card")

    assert "請到申辦窗口" in page.text
    assert "data-card" not in page.text
    browser = signed_in(city)
    token = hidden(page)["csrf_token"]
    assert browser.post("/account/carriers/card", {"csrf_token": token}).status_code == 403


# Sign in


@pytest.mark.clause("2(3)")
def test_a_card_that_holds_its_key_signs_in_at_the_first_level(
    city: City, cards: SmartcardAdapter
) -> None:
    card = a_city_card(cards)
    tie(city, card)

    assert is_in(log_in(city, card))
    session = session_of(city)
    assert (session.acr, session.amr) == (acr.ACR[0], ["hwk", "sc"])
    assert session.carrier_id is not None
    assert lines(city, Kind.LOGGED_IN)[-1]["method"] == "smartcard"


def test_with_the_password_it_signs_in_at_the_second(city: City, cards: SmartcardAdapter) -> None:
    card = a_city_card(cards)
    tie(city, card)

    assert is_in(log_in(city, card, password=make.PASSWORD))
    session = session_of(city)
    assert (session.acr, session.amr) == (STRONG, ["hwk", "sc", "pwd", "mfa"])
    assert session.authenticated_at == city.now


def test_a_storage_card_stands_for_the_account_name_only(
    city: City, cards: SmartcardAdapter
) -> None:
    tie(city, StorageCard(UID))

    assert is_in(log_in(city, StorageCard(UID), password=make.PASSWORD))
    session = session_of(city)
    assert (session.acr, session.amr) == (acr.ACR[0], ["pwd"])
    assert session.carrier_id is not None


@pytest.mark.clause("7(6)1")
@pytest.mark.refusal("login.failed")
@one_database
def test_a_copied_storage_card_opens_nothing(city: City, cards: SmartcardAdapter) -> None:
    tie(city, StorageCard(UID))
    browser, copy = Browser(city), StorageCard(UID)

    for password in ("", "a guess at it 2026"):
        page = use(browser, browser.get("/account/login/card"), copy, password=password)
        assert page.status_code == 200
        assert "卡片或密碼不正確" in page.text
    assert browser.get("/account").location.startswith("/account/login")
    reasons = [line["reason"] for line in lines(city, Kind.LOGIN_FAILED)]
    assert reasons == ["card.number_alone", "password.wrong"]


@one_database
def test_a_card_never_says_whether_anybody_has_it(city: City, cards: SmartcardAdapter) -> None:
    tie(city, StorageCard(UID))

    def texts(uid: bytes) -> list[tuple[int, str]]:
        browser, seen = Browser(city), []
        for _ in range(6):
            page = use(
                browser, browser.get("/account/login/card"), StorageCard(uid), password="a guess"
            )
            city.wait(seconds=1)
            errors = re.search(r'id="errors".*?</div>', page.text, re.DOTALL)
            assert errors
            seen.append((page.status_code, re.sub(r"\d", "0", errors[0])))
        return seen

    known, unknown = texts(UID), texts(OTHER_UID)

    assert known == unknown
    assert [status for status, _ in known] == [200] * 5 + [429]


@one_database
def test_a_card_is_no_way_around_the_limit_of_its_account(
    city: City, cards: SmartcardAdapter
) -> None:
    tie(city, StorageCard(UID))
    browser = Browser(city)
    for _ in range(5):
        page = browser.get("/account/login")
        browser.submit(page, login_id="mei.chen", password="a guess at it 2026")

    response = log_in(city, StorageCard(UID), password=make.PASSWORD)

    assert response.status_code == 200
    assert "卡片或密碼不正確" in response.text
    assert lines(city, Kind.LOGIN_FAILED)[-1]["reason"] == "login.locked"
    city.wait(minutes=16)
    assert is_in(log_in(city, StorageCard(UID), password=make.PASSWORD))


@one_database
def test_two_with_one_number_are_asked_for_the_account_name(
    city: City, cards: SmartcardAdapter
) -> None:
    city.enrol("ah.hua")
    for login in ("mei.chen", "ah.hua"):
        tie(city, StorageCard(SHORT), login)
    browser = Browser(city)
    page = browser.get("/account/login/card")
    assert 'name="login_id"' not in page.text

    page = use(browser, page, StorageCard(SHORT), password=make.PASSWORD)
    assert 'name="login_id"' in page.text

    assert is_in(use(browser, page, StorageCard(SHORT), password=make.PASSWORD, login_id="ah.hua"))
    assert session_of(city).member_id == city.member_id("ah.hua")


@one_database
def test_a_suspended_member_is_not_let_in(city: City, cards: SmartcardAdapter) -> None:
    card = a_city_card(cards)
    tie(city, card)
    city.set_standing(Standing.SUSPENDED)

    assert not is_in(log_in(city, card, password=make.PASSWORD))


@one_database
def test_a_form_without_a_card_is_refused(city: City, cards: SmartcardAdapter) -> None:
    browser = Browser(city)
    page = browser.get("/account/login/card")
    place = place_of(page)
    begun = Reader(browser, StorageCard(UID))
    nonce = begun.say("read", place=place, atr=begun.card.atr.hex()).get_json()["challenge"]

    for card in ("", "\0", "A" * 600, "\N{SNOWMAN}"):
        response = browser.submit(page, challenge=nonce, card=card, password=make.PASSWORD)
        assert response.status_code == 200
    assert "challenge.expired" in trail(city)


@one_database
def test_an_answer_to_no_question_leaves_no_line(city: City, cards: SmartcardAdapter) -> None:
    reader = Reader(Browser(city), StorageCard(UID))

    refused = reader.say("answer", place="login", challenge="none", answer="9000")

    assert refused.get_json()["type"].endswith("challenge.expired")
    assert trail(city) == []


@one_database
def test_a_refused_card_leaves_one_line_however_often_its_answer_is_sent_again(
    city: City, cards: SmartcardAdapter
) -> None:
    reader = Reader(Browser(city), StorageCard(UID))
    place = place_of(reader.browser.get("/account/login/card"))
    nonce = reader.say("read", place=place, atr=reader.card.atr.hex()).get_json()["challenge"]

    answers = [
        reader.say("answer", place=place, challenge=nonce, answer="6a82").get_json()["type"]
        for _ in range(4)
    ]

    assert not answers[0].endswith("challenge.expired")
    assert all(each.endswith("challenge.expired") for each in answers[1:])
    assert len(trail(city)) == 1


@one_database
def test_forms_of_no_card_leave_no_more_lines_than_others_may(
    city: City, cards: SmartcardAdapter
) -> None:
    browser = Browser(city)
    page = browser.get("/account/login/card")

    answers = [browser.submit(page, challenge="none") for _ in range(throttle.ADDRESS.limit + 3)]

    assert [each.status_code for each in answers[-3:]] == [429] * 3
    assert trail(city) == ["challenge.expired"] * throttle.ADDRESS.limit


@one_database
def test_what_was_read_is_good_once(city: City, cards: SmartcardAdapter) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    page = browser.get("/account/login/card")
    read = Reader(browser, card).read(place_of(page))

    assert is_in(browser.submit(page, **read))
    again = Browser(city)
    again.http = browser.http
    assert "這一頁放太久了" in browser.submit(page, **read).text


@one_database
def test_what_one_browser_read_is_not_another_ones(city: City, cards: SmartcardAdapter) -> None:
    card, mine, other = a_city_card(cards), Browser(city), Browser(city)
    tie(city, card)
    read = Reader(mine, card).read("account-card")

    page = other.submit(other.get("/account/login/card"), **read)

    assert "這一頁放太久了" in page.text


@one_database
def test_another_browser_cannot_go_on_reading(city: City, cards: SmartcardAdapter) -> None:
    mine, other = (Reader(Browser(city), StorageCard(UID)) for _ in range(2))
    begun = mine.say("read", place="account-card", atr=mine.card.atr.hex()).get_json()
    sent = {"challenge": begun["challenge"], "answer": f"{UID.hex()}9000"}

    assert other.say("answer", place="account-card", **sent).status_code == 400
    assert mine.say("answer", place="elsewhere", **sent).status_code == 400
    assert "card" in mine.say("answer", place="account-card", **sent).get_json()


# Step up


@pytest.mark.clause("2(8)2")
def test_password_then_card_opens_a_card_service(city: City, cards: SmartcardAdapter) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    page = browser.log_in(browser.authorize(claims=DEMAND, max_age="3600"))
    assert page.request.path.endswith("/step-up")
    assert "卡片" in page.text

    city.wait(seconds=40)
    page = browser.get(page.request.path.replace("/step-up", "/card"))
    assert 'name="password"' not in page.text
    page = browser.follow(use(browser, page, card))
    tokens = city.exchange(answer(browser.consent(page))["code"]).get_json()

    claims = city.opened(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (STRONG, ["hwk", "sc", "pwd", "mfa"])
    assert claims["auth_time"] == int((city.now - timedelta(seconds=40)).timestamp())


def test_card_and_password_at_once_open_a_card_service(city: City, cards: SmartcardAdapter) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    page = browser.authorize(claims=DEMAND)
    page = browser.get(page.request.path.replace("/login", "/card"))

    page = browser.follow(use(browser, page, card, password=make.PASSWORD))
    tokens = city.exchange(answer(browser.consent(page))["code"]).get_json()

    claims = city.opened(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (STRONG, ["hwk", "sc", "pwd", "mfa"])


@one_database
def test_a_card_alone_is_asked_for_the_password_where_more_is_demanded(
    city: City, cards: SmartcardAdapter
) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    page = browser.authorize(claims=DEMAND)
    page = browser.get(page.request.path.replace("/login", "/card"))
    page = browser.follow(use(browser, page, card))
    assert page.request.path.endswith("/step-up")

    page = browser.get(page.request.path.replace("/step-up", "/card"))
    assert 'name="password"' in page.text
    page = browser.follow(use(browser, page, card, password=make.PASSWORD))

    assert page.request.path.endswith("/consent")


@one_database
@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "300"}])
def test_a_card_is_no_newer_password(
    city: City, cards: SmartcardAdapter, demand: dict[str, str]
) -> None:
    card = a_city_card(cards)
    tie(city, card)
    browser = signed_in(city)
    city.wait(hours=1)
    page = browser.authorize(claims=DEMAND, **demand)
    page = browser.get(page.request.path.replace("/login", "/card"))

    page = browser.follow(use(browser, page, card))

    assert page.request.path.endswith("/step-up")
    kept = session_of(city)
    assert (kept.acr, kept.amr, kept.authenticated_at) == (acr.ACR[0], ["hwk", "sc"], city.now)


@one_database
def test_a_step_up_takes_the_card_of_who_is_here(city: City, cards: SmartcardAdapter) -> None:
    city.enrol("ah.hua")
    mine, hers = a_city_card(cards), a_city_card(cards, OTHER_UID)
    tie(city, mine)
    tie(city, hers, "ah.hua")
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))
    page = browser.get(page.request.path.replace("/step-up", "/card"))

    page = use(browser, page, hers)

    assert "卡片或密碼不正確" in page.text
    assert session_of(city).amr == ["pwd"]


@one_database
def test_a_storage_card_is_not_offered_where_more_is_demanded(
    city: City, cards: SmartcardAdapter
) -> None:
    tie(city, StorageCard(UID))
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    assert '/card"' not in page.text
    page = browser.follow(browser.get(page.request.path.replace("/step-up", "/card")))
    assert page.request.path.endswith("/step-up")
    form = {"csrf_token": hidden(page)["csrf_token"]}
    path = page.request.path.replace("/step-up", "/card")
    assert browser.post(path, form).status_code == 303


# Confirm, lose


@one_database
def test_who_has_a_card_adds_a_passkey_only_with_it(city: City, cards: SmartcardAdapter) -> None:
    card = a_city_card(cards)
    tie(city, card)
    browser = signed_in(city)
    page = browser.follow(browser.get("/account/carriers/new"))
    assert page.request.path == "/account/confirm"
    assert "只有密碼不夠" in page.text

    path = "/account/confirm/card"
    page = browser.get(path, {"next": "/account/carriers/new", "need": "passkey"})
    wrong = use(browser, page, card, password="a guess at it 2026")
    assert "卡片或密碼不正確" in wrong.text
    right = use(browser, page, card, password=make.PASSWORD, next="/account/carriers/new")

    assert right.location == "/account/carriers/new"
    assert browser.get("/account/carriers/new").status_code == 200


def report_lost(city: City, browser: Browser | None = None) -> TestResponse:
    browser = browser or signed_in(city)
    page = browser.get("/account/carriers")
    found = re.search(r'action="(/account/carriers/[^"]+/lost)"', page.text)
    assert found, page.text
    return browser.post(found[1], {"csrf_token": hidden(page)["csrf_token"]})


@pytest.mark.clause("7(7)")
def test_a_lost_card_is_refused_and_what_it_opened_ends(
    city: City, cards: SmartcardAdapter
) -> None:
    card, browser = a_city_card(cards), Browser(city)
    tie(city, card)
    use(browser, browser.get("/account/login/card"), card)
    assert browser.get("/account").status_code == 200

    report_lost(city)

    assert browser.get("/account").status_code == 303
    assert not is_in(log_in(city, card, password=make.PASSWORD))
    assert "carrier.reported_lost" in [line["reason"] for line in lines(city, Kind.LOGIN_FAILED)]
    with city.database() as session:
        assert not session.scalars(select(Binding)).one().is_usable


# Where there are no cards


@one_database
def test_without_the_adapter_there_are_no_card_pages(city: City) -> None:
    browser = signed_in(city)
    token = hidden(browser.get("/account/carriers"))["csrf_token"]

    for path in ("/account/login/card", "/account/carriers/card", "/account/confirm/card"):
        assert Browser(city).get("/account/login/card").status_code == 404
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"csrf_token": token}).status_code == 404
    assert browser.post("/card/read", {"csrf_token": token}).status_code == 404
    assert "add_card" not in browser.get("/account/carriers").text
    assert "/account/login/card" not in Browser(city).get("/account/login").text


@one_database
def test_the_page_may_speak_to_this_computers_program_and_no_other_page_may(
    city: City, cards: SmartcardAdapter
) -> None:
    browser = Browser(city)

    def policy(path: str) -> str:
        return browser.get(path).headers["Content-Security-Policy"]

    assert "connect-src 'self' http://127.0.0.1:8603 " in policy("/account/login/card")
    assert policy("/account/login").endswith("connect-src 'self'")
    assert "/account/login/card" in browser.get("/account/login").text
    assert signed_in(city, browser=browser).get("/account/login/card").status_code == 303


texts = st.text(st.characters(), max_size=80) | st.binary(max_size=60).map(bytes.hex)


@one_database
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_a_body_contains_breaks_the_server(
    city: City, cards: SmartcardAdapter, data: st.DataObject
) -> None:
    reader = Reader(Browser(city), StorageCard(UID))
    place = data.draw(texts)
    first = reader.say("read", place=place, atr=data.draw(texts | st.just(reader.card.atr.hex())))
    nonce = (first.get_json() or {}).get("challenge", data.draw(texts))
    second = reader.say("answer", place=place, challenge=nonce, answer=data.draw(texts))
    city.wait(minutes=10)

    assert first.status_code < 500
    assert second.status_code < 500


@one_database
def test_what_is_left_of_a_reading_is_swept_away(city: City, cards: SmartcardAdapter) -> None:
    reader = Reader(Browser(city), StorageCard(UID))
    reader.read("account-card")

    with city.database() as session:
        assert session.scalars(select(CardTalk)).one().expires_at == city.now + timedelta(minutes=2)


def restrict(city: City) -> None:
    """Let the password count for little, as a reset by mail alone does."""
    member_id = city.member_id()
    with city.database() as session:
        recovery.restrict(session, member_id, now=city.now)


@pytest.mark.clause("7(8)")
@one_database
def test_beside_a_restricted_password_no_card_is_asked_for_in_vain(
    city: City, cards: SmartcardAdapter
) -> None:
    card, browser, alone = a_city_card(cards), Browser(city), Browser(city)
    tie(city, card)
    restrict(city)

    wished = browser.log_in(browser.authorize(acr_values=STRONG))
    assert wished.request.path.endswith("/consent")
    demanded = browser.authorize(claims=DEMAND)
    assert demanded.request.path.endswith("/step-up")
    assert '/card"' not in demanded.text
    page = alone.authorize(claims=DEMAND)
    page = alone.get(page.request.path.replace("/login", "/card"))
    page = alone.follow(use(alone, page, card))  # by the card alone: the password is still to come
    assert page.request.path.endswith("/step-up")
    assert '/card"' not in page.text
