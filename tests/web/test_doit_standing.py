"""The Bureau suspends an account: everything ends in that moment, and the member is told."""

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients.officer_models import Role
from idp.models import Grant
from members.models import Member, Standing
from members.standing_models import OrderKind, StandingOrder
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import City
from tests.web import staff
from tests.web.outbox import World
from web.mails import Mail

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/doit/standing"


def propose(
    browser: Browser, which: OrderKind = OrderKind.PROTECTION, **changes: str
) -> TestResponse:
    form = {
        "kind": which.value,
        "login_id": "mei.chen",
        "clause": "6(1)",
        "evidence": "115-001",
        "heard_on": "2026-11-20",
        "reason": "帳號被別人使用",
    }
    return browser.post(INDEX, {**hidden(browser.get(INDEX)), **form, **changes})


def press(browser: Browser, order: str, verb: str, **form: str) -> TestResponse:
    page = browser.get(f"{INDEX}/{order}")
    return browser.post(f"{INDEX}/{order}/{verb}", {**hidden(page), **form})


def the_order(city: City) -> StandingOrder:
    with city.database() as session:
        return session.scalars(select(StandingOrder)).one()


def about_the_account(world: World) -> list[str]:
    return [each for each in world.told() if each.startswith("account.")]


def rows(city: City, model: type[Any]) -> list[Any]:
    with city.database() as session:
        return list(session.scalars(select(model).order_by(model.id)))


@pytest.mark.clause("6(1)")
def test_a_suspension_ends_every_session_and_grant_and_tells_the_member(city: City) -> None:
    member, officer, world = Browser(city), staff.an_officer(city), World(city)
    tokens = member.tokens()

    done = propose(officer)

    assert done.status_code == 303
    assert not city.is_alive(tokens["access_token"])
    assert member.get("/account").status_code == 303
    grant = rows(city, Grant)[0]
    assert (grant.end_reason, grant.ended_at) == ("standing", city.now)
    assert about_the_account(world) == [Mail.PROTECTED]
    lines = [each.kind for each in rows(city, LedgerLine) if each.member_id == city.member_id()]
    assert Kind.SUSPENDED in lines
    events = [each.event for each in rows(city, TrailEntry)]
    assert [each for each in events if each.startswith("standing")] == [
        "standing.proposed",
        "standing.in_force",
    ]


@pytest.mark.clause("6(1)")
@one_database
def test_a_sanction_waits_for_a_second_officer_who_then_enforces_it(city: City) -> None:
    one = staff.an_officer(city)
    other = staff.an_officer(city, login="another.reviewer")
    propose(one, OrderKind.SANCTION)
    reference = the_order(city).reference
    own = press(one, reference, "confirm")
    before = the_order(city).in_force_at

    done = press(other, reference, "confirm")

    assert (own.status_code, before) == (403, None)
    assert done.status_code == 303
    assert the_order(city).in_force_at == city.now
    assert press(other, reference, "confirm").status_code == 409


@pytest.mark.clause("6(1)")
@one_database
def test_a_death_closes_the_account_and_nobody_is_mailed(city: City) -> None:
    one = staff.an_officer(city)
    other = staff.an_officer(city, login="another.reviewer")
    propose(one, OrderKind.DEATH)
    press(other, the_order(city).reference, "confirm")

    with city.database() as session:
        stands = session.get_one(Member, city.member_id()).standing
    assert stands is Standing.CLOSED
    assert about_the_account(World(city)) == []


@one_database
def test_whoever_is_reinstated_signs_in_again(city: City) -> None:
    officer, world = staff.an_officer(city), World(city)
    propose(officer)
    reference = the_order(city).reference
    without = press(officer, reference, "end", reason=" ")

    done = press(officer, reference, "end", reason="本人到場確認")

    assert (without.status_code, done.status_code) == (422, 303)
    assert about_the_account(world) == [Mail.PROTECTED, Mail.REINSTATED]
    assert "code" in answer(Browser(city).sign_in())
    assert "已恢復" in officer.get(done.location).text


@pytest.mark.clause("9")
@one_database
def test_looking_at_an_order_is_a_line_with_its_number_and_no_officers_name(city: City) -> None:
    officer = staff.an_officer(city)
    propose(officer)
    reference = the_order(city).reference

    page = officer.get(f"{INDEX}/{reference}")

    assert "陳○玉" in page.text
    assert "帳號被別人使用" in page.text
    line = [each for each in rows(city, LedgerLine) if each.kind == Kind.VIEWED][-1]
    assert line.member_id == city.member_id()
    assert (line.detail["case"], line.detail["viewer"]) == (reference, "")
    assert line.detail["office"] == ["資訊局", "Department of Information Technology"]
    entry = [each for each in rows(city, TrailEntry) if each.event == "record.viewed"][-1]
    assert entry.actor is not None
    assert entry.detail["line"] == str(line.id)


@pytest.mark.refusal("standing.nobody")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"login_id": "nobody.at.all"}, 422),
        ({"kind": "nonsense"}, 422),
        ({"reason": ""}, 422),
        ({"clause": "\x006(1)"}, 303),
        ({"heard_on": "yesterday"}, 422),
        ({"kind": "sanction", "heard_on": ""}, 422),
        ({"kind": "sanction", "heard_on": "2027-01-01"}, 422),
        ({"login_id": "rui.reviews"}, 403),
    ],
)
@one_database
def test_what_is_missing_is_said_beside_what_was_typed(
    city: City, changes: dict[str, str], status: int
) -> None:
    page = propose(staff.an_officer(city), OrderKind.PROTECTION, **changes)

    assert page.status_code == status
    if status != 303:
        assert 'value="115-001"' in page.text
        assert 'role="alert"' in page.text


@pytest.mark.clause("9")
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
@one_database
def test_no_other_post_suspends_anybody(city: City, role: Role) -> None:
    assert staff.an_officer(city, role).get(INDEX).status_code == 403


@one_database
def test_the_front_page_counts_what_waits_for_a_second_officer(city: City) -> None:
    officer = staff.an_officer(city)
    before = officer.get("/console").text
    propose(officer, OrderKind.DEATH)

    assert "沒有等待處理的" in before
    assert "1 件等待處理" in officer.get("/console").text
