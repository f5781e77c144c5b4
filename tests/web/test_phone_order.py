"""Who uses a phone's word locks what its ending locks, in the same order: neither is thrown out."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from carriers.models import Binding, Suspension
from tests.flows.provider import City
from tests.postgres import WAITS
from tests.web.test_phone import Desk, a_phone, a_strong_phone, decide, demand
from web import losses, sessions
from web.models import BrowserSession

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def a_word_to_step_up(city: City) -> Desk:
    """Let a phone agree to step up a session that is older than its own."""
    desk = Desk.__new__(Desk)
    desk.city, desk.browser = city, a_phone(city)
    phone = a_strong_phone(city)
    page = desk.browser.authorize(claims=demand())
    desk.path = page.request.path.rpartition("/")[0]
    desk.show(page)
    decide(phone, desk)
    return desk


def of_desk_and_phone(city: City) -> list[UUID]:
    with city.database() as session:
        return list(session.scalars(select(BrowserSession.id).order_by(BrowserSession.id)))


def held(session_id: UUID) -> Select[UUID]:
    return select(BrowserSession.id).where(BrowserSession.id == session_id).with_for_update()


def ended_everywhere(city: City) -> set[UUID]:
    with city.database() as session:
        return set(sessions.end_all(session, member_id=city.member_id()))


def one_waits(session: Session, done: Future[Any]) -> None:  # of any result
    while not (session.scalar(WAITS) or done.done()):
        pass


def test_a_loss_reported_while_the_word_is_used_goes_first(city: City) -> None:
    phone, desk = a_strong_phone(city), Desk(city)
    decide(phone, desk)

    with ThreadPoolExecutor(1) as another, city.database() as session:
        binding = session.scalars(select(Binding).with_for_update()).one()
        used = another.submit(desk.go_on)
        one_waits(session, used)
        losses.suspend(session, binding.id, Suspension.LOST, language="en", now=city.now)

    assert used.result().request.path.endswith("/phone")
    assert desk.browser.get("/account").status_code == 303


def test_everything_may_end_while_a_phone_steps_a_session_up(city: City) -> None:
    desk = a_word_to_step_up(city)
    here, there = of_desk_and_phone(city)

    with ThreadPoolExecutor(1) as another, city.database() as session:
        session.scalars(held(here)).one()
        used = another.submit(desk.go_on)
        one_waits(session, used)
        ended = sessions.end_all(session, member_id=city.member_id())

    assert set(ended) == {here, there}
    assert used.result().status_code == 200
    assert desk.browser.get("/account").status_code == 303


def test_sessions_end_in_the_order_in_which_the_word_holds_them(city: City) -> None:
    a_word_to_step_up(city)
    first, second = of_desk_and_phone(city)
    with city.database() as session:  # what was written last is found last
        moved = update(BrowserSession).where(BrowserSession.id == first)
        session.execute(moved.values(expires_at=BrowserSession.expires_at))

    with ThreadPoolExecutor(1) as another, city.database() as session:
        session.scalars(held(first)).one()
        ended = another.submit(ended_everywhere, city)
        one_waits(session, ended)
        session.scalars(held(second)).one()

    assert ended.result() == {first, second}
