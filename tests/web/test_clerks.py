"""Who comes to a counter's pages: a clerk, proved today, for what is in force at this moment."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.password.passwords import set_password
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from counters import delegations, register, training
from counters import staff as places
from counters.models import Clerk, Matter, Reader
from kernel.wording import Bilingual
from members import register as register_of_people
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, the_settings
from tests.make import NOON
from tests.web import staff
from web import clerks, scope
from web.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def desk(city: City) -> City:
    """Lend a city with an open counter, and one more page for each matter."""
    city.app = create_app(the_settings(), database=city.sessions)
    bp = Blueprint("clerk_test", __name__)
    for matter in Matter:
        view = clerks.clerk_required(matter)(lambda: str(scope.duty().counter_id))
        bp.add_url_rule(f"/clerk-test/{matter.value}", matter.value, view)
    bp.add_url_rule("/clerk-test/look", "look", clerks.clerk_required(Matter.ACCEPT)(_look))
    city.app.register_blueprint(bp)
    with city.database() as session:
        agency = registry.get(session, "library")
        town.a_town(session, agency=agency, ends_on=date(2027, 12, 31))
    return city


def _look() -> str:
    clerks.look(scope.member_id(), case="C-1", claims=["name"])
    return "seen"


def member_of(session: Session) -> UUID:
    return session.scalars(select(Clerk.member_id).order_by(Clerk.id)).first() or UUID(int=0)


@pytest.fixture
def clerk(desk: City) -> Browser:
    """Return the clerk's browser, signed in by a card."""
    return enter(desk, "clerk")


def enter(desk: City, login: str) -> Browser:
    """Give a clerk a password, and sign them in as if by a card."""
    with desk.database() as session:
        member = register_of_people.find_by_login(session, login)
        assert member is not None
        set_password(
            session,
            member.id,
            make.PASSWORD,
            hasher=make.HASHER,
            breaches=make.NO_BREACHES,
            now=NOON,
        )
    return staff.sign_in(desk, login, member.id)


def answer(browser: Browser, matter: Matter = Matter.ACCEPT) -> tuple[int, str]:
    page = browser.get(f"/clerk-test/{matter.value}")
    return page.status_code, page.text


def test_a_clerk_is_let_in_for_what_is_delegated(desk: City, clerk: Browser) -> None:
    with desk.database() as session:
        counter_id = str(register.get(session, "daan").id)

    assert answer(clerk) == (200, counter_id)


@pytest.mark.refusal("counter.not_delegated")
def test_a_member_without_a_post_is_not(desk: City) -> None:
    browser = staff.sign_in(desk, "mei.chen", desk.member_id())

    assert answer(browser)[0] == 403
    assert browser.get("/clerk").status_code == 403


def test_a_stranger_signs_in_first(desk: City) -> None:
    page = Browser(desk).get("/clerk-test/accept")

    assert (page.status_code, page.location) == (303, "/account/login?next=/clerk-test/accept")
    assert Browser(desk).get("/clerk").status_code == 303


def test_a_password_alone_is_not_enough(desk: City, clerk: Browser) -> None:
    with desk.database() as session:
        member_id = member_of(session)
    staff.strengthen(desk, member_id, level=1)

    assert answer(clerk)[0] == 403


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.delegation_expired")
def test_at_midnight_the_delegation_ends_and_so_does_the_session_at_the_counter(
    desk: City, clerk: Browser
) -> None:
    with desk.database() as session:
        member_id = member_of(session)
        row = delegations.of_counter(session, register.get(session, "daan").id)[0]
        row.ends_on = town.TODAY
    desk.now = datetime(2026, 11, 23, 15, 59, 30, tzinfo=UTC)
    again = staff.sign_in(desk, "clerk", member_id)

    before = answer(again)[0]
    desk.wait(seconds=30)
    after = answer(again)

    assert before == 200
    assert after[0] == 403
    assert "已屆期" in after[1]


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.function_not_delegated")
def test_what_is_not_delegated_is_refused_in_words(desk: City, clerk: Browser) -> None:
    with desk.database() as session:
        row = delegations.of_counter(session, register.get(session, "daan").id)[0]
        row.matters = [Matter.CARDS.value]

    assert answer(clerk, Matter.CARDS)[0] == 200
    status, page = answer(clerk, Matter.CHANGES)
    assert status == 403
    assert "沒有獲授權" in page


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.staff_untrained")
def test_an_untrained_clerk_is_locked_out_and_sees_why(desk: City) -> None:
    with desk.database() as session:
        town.a_clerk(session, register.get(session, "daan"), "new.clerk")
    browser = enter(desk, "new.clerk")

    assert answer(browser)[0] == 403
    page = browser.get("/clerk").text
    assert "還沒有完成教育訓練" in page
    assert "您可以辦的事" not in page


@pytest.mark.clause("5(3)")
def test_the_last_days_of_training_are_counted_on_the_screen(desk: City, clerk: Browser) -> None:
    page = clerk.get("/clerk").text
    with desk.database() as session:
        training.release(
            session,
            2,
            Bilingual("新版", "New"),
            valid_days=365,
            grace_days=0,
            pass_score=70,
            refresh_by=date(2026, 11, 30),
            now=NOON,
        )

    assert "訓練效期還有" not in page
    assert "訓練效期還有 7 天" in clerk.get("/clerk").text


@pytest.mark.clause("5(1)")
@pytest.mark.refusal("counter.unregistered_reader")
def test_only_a_registered_reader_is_used(desk: City, clerk: Browser) -> None:
    form = hidden(clerk.get("/clerk"))

    refused = clerk.post("/clerk/reader", {**form, "serial": "R-2"})
    taken = clerk.post("/clerk/reader", {**form, "serial": " r-1 "})

    assert "沒有登記在這個窗口" in refused.text
    assert taken.status_code == 303
    assert "您正在用" in clerk.get("/clerk").text


@pytest.mark.clause("5(1)")
def test_a_clerk_says_that_a_reader_broke_and_that_it_works_again(
    desk: City, clerk: Browser
) -> None:
    page = clerk.get("/clerk")
    with desk.database() as session:
        [reader] = town_readers(session)

    clerk.post(f"/clerk/reader/{reader}/broken", hidden(page))
    broken = clerk.get("/clerk").text
    cards = answer(clerk, Matter.CARDS)[0]
    clerk.post(f"/clerk/reader/{reader}/works", hidden(page))

    assert "讀卡機故障，只收件" in broken
    assert (cards, answer(clerk, Matter.CARDS)[0]) == (409, 200)
    strange = clerk.post(f"/clerk/reader/{UUID(int=1)}/broken", hidden(page))
    assert strange.status_code == 404
    with desk.database() as session:
        events = set(session.scalars(select(TrailEntry.event)))
    assert {"counter.reader_broken", "counter.reader_works"} <= events


def town_readers(session: Session) -> list[UUID]:
    return list(session.scalars(select(Reader.id)))


def test_who_has_several_counters_chooses_where_to_sit(desk: City, clerk: Browser) -> None:
    with desk.database() as session:
        agency = registry.get(session, "library")
        more = town.a_counter(session, agency, "zhongshan")
        town.delegated(session, more)
        second = str(places.appoint(session, more, member_of(session), now=NOON))
    page = clerk.get("/clerk")

    chosen = clerk.post("/clerk/seat", {**hidden(page), "seat": second})
    strange = clerk.post("/clerk/seat", {**hidden(page), "seat": "nonsense"})

    assert answer(clerk)[0] == 409  # it has no desk and no reader
    assert chosen.status_code == 303
    assert strange.status_code == 404


def test_who_was_away_proves_it_again(desk: City, clerk: Browser) -> None:
    first = answer(clerk)[0]
    desk.wait(minutes=16)

    assert (first, answer(clerk)[0]) == (200, 303)
    assert clerk.post("/clerk/reader", hidden(clerk.get("/account"))).status_code in {303, 403}


@pytest.mark.clause("10-I(3)")
def test_a_look_is_a_line_of_the_members_footprint(desk: City, clerk: Browser) -> None:
    clerk.get("/clerk-test/look")

    with desk.database() as session:
        line = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.VIEWED.value)).one()
    assert line.detail["office"] == ["大安測試窗口", "Daan Test Counter"]
    assert line.detail["case"] == "C-1"


def test_a_clerk_finds_the_counter_in_the_menu_and_others_do_not(
    desk: City, clerk: Browser
) -> None:
    assert 'href="/clerk"' in clerk.get("/console").text
    assert 'href="/clerk"' not in staff.an_officer(desk).get("/console").text


@pytest.mark.clause("5(1)")
def test_the_program_tells_that_it_sees_the_reader(desk: City, clerk: Browser) -> None:
    form = hidden(clerk.get("/clerk"))
    before = clerk.post("/clerk/reader/heard", form).status_code
    clerk.post("/clerk/reader", {**form, "serial": "R-1"})

    silent = clerk.get("/clerk").text
    heard = clerk.post("/clerk/reader/heard", form).status_code

    assert (before, heard) == (404, 204)
    assert "卡片程式還沒有回報過" in silent
    assert "讀卡機好了" in clerk.get("/clerk").text
    desk.wait(minutes=6)
    assert "卡片程式沒有回報" in clerk.get("/clerk").text
