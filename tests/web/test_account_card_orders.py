"""A member activates a new card with the code that came by mail (regulation 7(6)2, 8(2)3)."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import LedgerLine
from carriers.models import Binding, Place
from clients.models import Client
from counters import card_orders, duty, staff
from counters import register as opening
from counters.card_order_models import CardOrder, Delivery, Document, Stage
from counters.card_orders import Made
from counters.duty import Duty
from counters.models import Matter
from members import register
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.outbox import World
from web import card_orders as telling

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MADE = Made(fingerprint="1" * 64, number_hash=bytes(32))


@pytest.fixture
def counter(city: City) -> tuple[Duty, UUID]:
    """Return a clerk at work and the member whose card it is about."""
    with city.database() as session:
        agency = session.scalars(select(Client).order_by(Client.id)).first()
        assert agency is not None
        at = town.a_counter(session, agency, mails_cards=True)
        town.delegated(session, at)
        staff.add_desk(session, at, "1", now=city.now)
        person = town.a_clerk(session, at)
        town.trained(session, person)
        town.a_reader(session, at)
        opening.open_(session, at, now=city.now)
        clerk = duty.require(session, person, at.id, Matter.CARDS, now=city.now)
        member = register.find_by_login(session, "mei.chen")
        assert member is not None
        return clerk, member.id


def waiting(city: City, counter: tuple[Duty, UUID], how: Delivery = Delivery.COUNTER) -> UUID:
    clerk, member_id = counter
    with city.database() as session:
        order_id = telling.order(
            session, duty=clerk, member_id=member_id, kind="taipei-card", delivery=how, now=city.now
        ).id
        card_orders.produce(
            session, order_id, MADE, duty=clerk, printed_name="一", member_name="一", now=city.now
        )
        telling.make_ready(session, order_id, duty=clerk, now=city.now)
    return order_id


def collected(city: City, counter: tuple[Duty, UUID]) -> UUID:
    order_id, seen = waiting(city, counter), Document.IDENTITY_CARD
    with city.database() as session:
        telling.hand_over(session, order_id, duty=counter[0], document=seen, now=city.now)
    return order_id


def signed_in(city: City) -> Browser:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    return browser


def activate(browser: Browser, code: str) -> TestResponse:
    page = browser.get("/account/card-orders")
    form = re.search(r'action="(/account/card-orders/[^"]+)"', page.text)
    assert form
    return browser.post(form[1], {"csrf_token": hidden(page)["csrf_token"], "code": code})


def code_in(world: World) -> str:
    """Return the code in the one letter that has one."""
    bodies = [letter.get_body(("plain",)) for letter in world.letters]
    lines = [
        line.strip() for each in bodies if each for line in str(each.get_content()).split("\n")
    ]
    (code,) = {line for line in lines if re.fullmatch("[0-9A-Z]{4} [0-9A-Z]{4}", line)}
    return code


@pytest.mark.clause("8(2)3")
@one_database
def test_a_member_is_told_that_the_card_waits_and_where(
    city: City, counter: tuple[Duty, UUID]
) -> None:
    world = World(city)
    waiting(city, counter)
    world.work_off()

    page = signed_in(city).get("/account/card-orders").text

    assert "可以領取" in page
    assert "大安測試窗口" in page
    assert 'name="code"' not in page
    assert any("卡片可以領取" in str(each["Subject"]) for each in world.letters)


@pytest.mark.clause("7(6)2")
@one_database
def test_a_collected_card_is_bound_by_its_code_alone(
    city: City, counter: tuple[Duty, UUID]
) -> None:
    world, browser = World(city), signed_in(city)
    collected(city, counter)
    world.work_off()
    with city.database() as session:
        assert not session.scalars(select(Binding)).all()

    response = activate(browser, code_in(world))

    assert response.location == "/account/carriers?done=card"
    with city.database() as session:
        (binding,) = session.scalars(select(Binding))
        kinds = session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)).all()
    assert (binding.fingerprint, binding.bound_where) == (MADE.fingerprint, Place.COUNTER)
    assert {"card.ordered", "card.ready", "card.handed", "carrier.bound"} <= set(kinds)


@pytest.mark.clause("7(6)2")
@one_database
def test_a_mailed_card_is_activated_the_same_way(city: City, counter: tuple[Duty, UUID]) -> None:
    world, browser = World(city), signed_in(city)
    waiting(city, counter, Delivery.MAIL)
    world.work_off()

    response = activate(browser, code_in(world))

    assert response.location == "/account/carriers?done=card"


@one_database
def test_wrong_codes_are_counted_whatever_else_the_request_does(
    city: City, counter: tuple[Duty, UUID]
) -> None:
    browser = signed_in(city)
    order_id = collected(city, counter)

    page = activate(browser, "1234")

    assert page.status_code == 422
    assert "啟用碼不對" in page.text
    with city.database() as session:
        assert session.get_one(CardOrder, order_id).tries_left == card_orders.TRIES - 1


@pytest.mark.parametrize("code", ["", "\x00", "9" * 10_000, "測試", "' OR 1=1"])
@one_database
def test_whatever_is_typed_is_a_wrong_code(
    city: City, counter: tuple[Duty, UUID], code: str
) -> None:
    browser = signed_in(city)
    collected(city, counter)

    page = activate(browser, code)

    assert page.status_code == 422


@pytest.mark.clause("7(6)2")
@one_database
def test_a_card_nobody_came_for_is_destroyed_and_its_member_told(
    city: City, counter: tuple[Duty, UUID]
) -> None:
    world = World(city)
    order_id = waiting(city, counter)

    late = city.now + card_orders.KEPT + timedelta(days=1)
    telling.destroy_overdue(world.rooms, now=late)

    with city.database() as session:
        assert session.get_one(CardOrder, order_id).stage is Stage.DESTROYED
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert "card.destroyed" in kinds
