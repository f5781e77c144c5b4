"""Who comes into the consoles: a post, a proof of today, and nobody else."""

import re
from datetime import timedelta

import pytest
from flask import Blueprint, url_for
from sqlalchemy import select, update

from audit.models import TrailEntry
from clients import officers
from clients.models import Organisation
from clients.officer_models import Role
from kernel.errors import Refused
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City, statements, the_settings
from tests.web import staff
from web import closing, consoles, scope
from web.app import create_app
from web.models import BrowserSession

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HALF_A_DAY = timedelta(hours=12, seconds=1)


def seen(browser: Browser) -> tuple[int, str]:
    response = browser.get("/console")
    return response.status_code, response.location or ""


def test_a_reviewer_sees_the_house_and_the_role_they_act_in(city: City) -> None:
    page = staff.an_officer(city).get("/console")

    assert page.status_code == 200
    assert "資訊局 · 審核人員" in page.text


def test_a_stranger_signs_in_first(city: City) -> None:
    assert seen(Browser(city)) == (303, "/account/login?next=/console")


@pytest.mark.refusal("officer.proof_too_weak")
def test_who_has_only_a_password_is_told_what_is_missing(city: City) -> None:
    member_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    browser = staff.sign_in(city, "rui.reviews", member_id)
    staff.strengthen(city, member_id, level=1)

    page = browser.get("/console")

    assert page.status_code == 403
    assert "通行密鑰或卡片" in page.text


@pytest.mark.refusal("officer.not_for_you")
def test_a_member_without_a_post_gets_a_number_to_ask_about(city: City) -> None:
    page = staff.sign_in(city, "mei.chen", city.member_id()).get("/console")

    assert page.status_code == 403
    assert "這一頁不是給您的職務用的" in page.text
    assert "<code>" in page.text


@pytest.mark.clause("10-I(2)")
def test_a_dismissal_holds_from_the_next_request_on(city: City) -> None:
    member_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    browser = staff.sign_in(city, "rui.reviews", member_id)
    before = seen(browser)
    with city.database() as session:
        (post,) = officers.roles_of(session, member_id, now=city.now)
        officers.dismiss(session, post.id, by=None, now=city.now)

    assert (before[0], seen(browser)[0]) == (200, 403)


@pytest.mark.clause("10-I(2)")
def test_after_twelve_hours_one_proves_it_again(city: City) -> None:
    browser = staff.an_officer(city)
    with city.database() as session:
        session.execute(update(BrowserSession).values(authenticated_at=city.now - HALF_A_DAY))

    assert seen(browser) == (303, "/account/confirm?next=/console&need=passkey")


def test_who_holds_several_posts_chooses_and_acts_in_that_one(city: City) -> None:
    with city.database() as session:
        organisation_id = session.scalars(select(Organisation.id)).first()
    member_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        post = officers.appoint(
            session,
            member_id=member_id,
            organisation_id=organisation_id,
            role=Role.OFFICER,
            by=None,
            until=city.wait(minutes=1).replace(year=2027),
            now=city.now,
        )
    browser = staff.sign_in(city, "rui.reviews", member_id)
    page = browser.get("/console")

    browser.post("/console/post", {**hidden(page), "post": str(post.id)})

    assert "<strong>資訊局" in page.text
    assert "<strong>臺北市立圖書館 · 機關承辦人" in browser.get("/console").text


def test_nobody_chooses_a_post_that_is_not_theirs(city: City) -> None:
    browser = staff.an_officer(city)
    form = hidden(browser.get("/console"))

    for wrong in ("", "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert browser.post("/console/post", {**form, "post": wrong}).status_code == 404


@pytest.fixture
def desk(city: City) -> City:
    """Lend the city an application with one more page for each role."""
    city.app = create_app(the_settings(), database=city.sessions)
    bp = Blueprint("staff_test", __name__)
    for role in Role:
        view = consoles.staff_required(role)(lambda: scope.post().role.value)
        bp.add_url_rule(f"/staff-test/{role.value}", role.value, view)
    city.app.register_blueprint(bp)
    return city


@pytest.mark.clause("10-I(2)")
@pytest.mark.parametrize("role", Role)
def test_each_page_is_for_its_roles_only(desk: City, role: Role) -> None:
    with desk.database() as session:
        house = staff.house_for(session, role)
    member_id = staff.appoint(desk, "rui.reviews", role, organisation_id=house)
    browser = staff.sign_in(desk, "rui.reviews", member_id)

    answers = {each: browser.get(f"/staff-test/{each.value}") for each in Role}

    assert {each for each, page in answers.items() if page.status_code == 200} == {role}
    assert answers[role].text == role.value
    assert {page.status_code for page in answers.values()} == {200, 403}


@pytest.mark.clause("10-I(2)")
def test_who_was_away_for_a_quarter_of_an_hour_proves_it_again(desk: City) -> None:
    browser = staff.an_officer(desk)
    first = browser.get("/staff-test/doit_reviewer").status_code
    desk.wait(minutes=16)

    answers = [browser.get("/staff-test/doit_reviewer") for _ in range(2)]

    assert first == 200
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].location.startswith("/account/confirm?")


@pytest.mark.clause("10-I(2)")
def test_who_works_in_one_browser_does_not_keep_another_open(desk: City) -> None:
    home = staff.an_officer(desk)
    office = staff.sign_in(desk, "rui.reviews", desk.member_id("rui.reviews"))
    for _ in range(2):
        desk.wait(minutes=9)
        assert office.get("/staff-test/doit_reviewer").status_code == 200

    left = home.get("/staff-test/doit_reviewer")

    assert left.status_code == 303
    assert left.location.startswith("/account/confirm?")
    assert office.get("/staff-test/doit_reviewer").status_code == 200


@pytest.mark.clause("10-I(2)")
def test_noting_that_somebody_works_costs_one_statement_a_minute(desk: City) -> None:
    browser = staff.an_officer(desk)
    browser.get("/staff-test/doit_reviewer")  # the post's first page of the day
    updates = []
    for seconds in (61, 1, 61):
        desk.wait(seconds=seconds)
        with statements(desk.sessions.kw["bind"]) as seen:
            browser.get("/staff-test/doit_reviewer")
        updates.append([each for each in seen if each.startswith("UPDATE officer_post")])
        updates.append([each for each in seen if "worked_at=" in each])

    assert [len(each) for each in updates] == [0, 1, 0, 0, 0, 1]


@pytest.mark.clause("10-I(1)")
@pytest.mark.refusal("account.deletion_blocked_office")
def test_an_account_with_a_post_is_not_deleted_before_the_post_ends(city: City) -> None:
    member_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        with pytest.raises(Refused, match=r"account\.deletion_blocked_office"):
            closing.require_free(session, member_id, now=city.now)
        (post,) = officers.roles_of(session, member_id, now=city.now)
        officers.dismiss(session, post.id, by=None, now=city.now)

        closing.require_free(session, member_id, now=city.now)


@pytest.mark.clause("9")
@pytest.mark.refusal("view.without_reason")
def test_nobody_looks_just_so_and_a_look_without_a_case_is_told_apart(desk: City) -> None:
    office, role = consoles.BUREAU, consoles.ROLES[Role.REVIEWER]
    member_id, actor = desk.member_id(), staff.appoint(desk, "rui.reviews", Role.REVIEWER)

    with desk.app.test_request_context():
        session = scope.db()
        with pytest.raises(Refused, match=r"view\.without_reason"):
            consoles.look(session, member_id, actor=actor, office=office, role=role)
        for reason, case in (("民眾來電", None), ("", "115-001")):
            consoles.look(
                session,
                member_id,
                actor=actor,
                reason=reason,
                case=case,
                office=office,
                role=role,
            )
        scope.keep()

    with desk.database() as session:
        events = session.scalars(select(TrailEntry.event).where(TrailEntry.subject == member_id))
        seen = sorted(each for each in events if each.startswith("record."))
    assert seen == ["record.viewed", "record.viewed_without_case"]


def test_a_long_menu_has_headings_and_loses_no_entry(city: City) -> None:
    page = staff.an_officer(city).get("/console").text

    side = page.split('<ul class="side">')[1].split("</ul>")[0]
    headings = re.findall(r'<li class="group">(.*?)</li>', side)
    assert headings == ["會員", "服務", "機關與商店", "公告", "監督"]
    entries = {
        each.endpoint for each in consoles._MENU if Role.REVIEWER in each.roles
    }  # the list itself
    with city.app.test_request_context(base_url=ISSUER):
        assert all(f'href="{url_for(each)}"' in side for each in entries)
