"""Reporting a loss asks for nothing, so it opens nothing to whoever knows a password (7(7))."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from audit import footprint
from audit.lines import Kind
from audit.models import TrailEntry
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place, Suspension
from idp.acr import ACR
from members.models import Member
from members.recovery import RESTRICTED_FOR
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.test_lost import by_password, report
from tests.web.test_passkeys import a_passkey, add, enrolled, sign_in
from web import account_confirm, losses

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLOSED_TO_IT = (
    "/account/personal/contact",
    "/account/download",
    "/account/delete/confirm",
    "/account/carriers/new",
    "/account/password",
)


def carriers(city: City) -> list[UUID]:
    with city.database() as session:
        return list(session.scalars(select(Binding.id).order_by(Binding.bound_at, Binding.id)))


def lose(browser: Browser, carrier_id: UUID) -> int:
    page = browser.get("/account/carriers")
    return browser.post(f"/account/carriers/{carrier_id}/lost", hidden(page)).status_code


def answers(browser: Browser) -> set[int]:
    return {browser.get(path).status_code for path in CLOSED_TO_IT}


def is_asked_for_more(browser: Browser) -> bool:
    """Say whether the password is not enough, and something stronger is asked for instead."""
    answer = browser.get("/account/personal/contact")
    return (answer.status_code, "need=passkey" in (answer.location or "")) == (303, True)


def restricted_for(city: City) -> timedelta | None:
    with city.database() as session:
        until = session.scalars(select(Member.restricted_until)).one()
    return None if until is None else until - city.now


def another_passkey(city: City) -> None:
    """Let the member have two passkeys."""
    browser = Browser(city)
    sign_in(browser, enrolled(city))
    add(browser, a_passkey(city, credential_id=b"another"), name="Another")


@pytest.mark.clause("7(7)")
@pytest.mark.clause("8(3)")
@pytest.mark.refusal("recovery.restricted")
@one_database
def test_who_loses_all_that_is_stronger_has_a_password_worth_little_for_three_days(
    city: City,
) -> None:
    enrolled(city)
    thief = by_password(city)
    assert is_asked_for_more(thief)

    assert lose(thief, *carriers(city)) == 303

    assert answers(thief) == {403}
    assert "72 小時" in thief.get("/account/personal/contact").text
    assert "都掛失了" in thief.get("/account").text
    assert answers(by_password(city)) == {403}  # signing in again changes nothing
    mei, of_it = city.member_id(), TrailEntry.event == "password.restricted"
    with city.database() as session:
        assert session.scalars(select(TrailEntry.actor).where(of_it)).all() == [mei]
    city.wait(hours=73)
    assert by_password(city).get("/account/personal/contact").status_code == 200


@pytest.mark.clause("7(7)")
@one_database
def test_a_loss_reported_without_signing_in_opens_nothing_either(city: City) -> None:
    enrolled(city)

    report(city)

    assert answers(by_password(city)) == {403}


@one_database
def test_what_is_disowned_in_the_footprint_opens_nothing_either(city: City) -> None:
    enrolled(city)
    thief, (carrier,) = by_password(city), carriers(city)
    with city.database() as session:
        line = footprint.record(
            session,
            Kind.CARRIER_BOUND,
            member_id=city.member_id(),
            now=city.now,
            carrier=str(carrier),
        )

    done = thief.submit(thief.get(f"/account/footprint/{line}/not-me"))

    assert done.status_code == 303
    assert answers(by_password(city)) == {403}


@one_database
def test_while_something_stronger_is_left_the_password_is_what_it_was(city: City) -> None:
    another_passkey(city)
    browser = by_password(city)

    lose(browser, carriers(city)[0])

    assert is_asked_for_more(browser)
    assert restricted_for(city) is None
    lose(browser, carriers(city)[1])
    assert restricted_for(city) == RESTRICTED_FOR


@one_database
def test_a_card_that_was_worth_no_more_than_a_password_takes_nothing_along(city: City) -> None:
    with city.database() as session:
        bindings.bind(
            session,
            member_id=city.member_id(),
            kind=CarrierKind.CARD,
            fingerprint="a card",
            name="",
            where=Place.COUNTER,
            acr=ACR[0],
            now=city.now,
        )

    report(city)

    assert by_password(city).get("/account/personal/contact").status_code == 200


@one_database
def test_what_a_counter_suspends_leaves_the_password_alone(city: City) -> None:
    enrolled(city)
    (carrier,) = carriers(city)
    with city.database() as session:
        losses.suspend(session, carrier, Suspension.LOST, language="en", now=city.now)

    assert by_password(city).get("/account/personal/contact").status_code == 200


@one_database
def test_who_still_has_the_passkey_takes_the_report_back_and_is_not_restricted(city: City) -> None:
    passkey = enrolled(city)
    report(city)
    browser, (carrier,) = by_password(city), carriers(city)

    back = sign_in(browser, passkey, f"/account/carriers/{carrier}/found", place=f"found/{carrier}")

    assert back.location == "/account/carriers?done=found"
    again = Browser(city)
    assert sign_in(again, passkey).status_code == 303
    assert again.get("/account/personal/contact").status_code == 200
    assert browser.get("/account/personal/contact").status_code == 403
    assert "登出後只用它登入，就都能辦" in browser.get(back.location).text
    assert "登出後只用它登入" not in again.get(back.location).text


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_losses_at_once_the_second_sees_that_nothing_is_left(city: City) -> None:
    another_passkey(city)
    browsers = [by_password(city), by_password(city)]

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lose, browsers, carriers(city)))

    assert set(done) == {303}
    assert restricted_for(city) == RESTRICTED_FOR


@pytest.mark.clause("7(7)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_was_asked_for_before_all_was_lost_and_looked_at_after_is_not_open_either(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(city)
    thief, another = by_password(city), by_password(city)
    has_stronger = account_confirm.has_stronger

    def has_stronger_after_the_loss(member_id: UUID) -> bool:
        monkeypatch.setattr(account_confirm, "has_stronger", has_stronger)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lose, another, *carriers(city)).result() == 303
        return has_stronger(member_id)

    monkeypatch.setattr(account_confirm, "has_stronger", has_stronger_after_the_loss)

    assert thief.get("/account/personal/contact").status_code == 303
    assert answers(thief) == {403}
