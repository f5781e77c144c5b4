"""Administrators and managers give and take posts on a page, and it is on the trail."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import officers
from clients.models import Organisation
from clients.officer_models import OfficerPost, Role
from kernel.refusals import refusal
from members import leaving
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/console/officers"


def agency(city: City) -> UUID:
    with city.database() as session:
        return session.scalars(select(Organisation.id)).all()[0]


def appoint(browser: Browser, which: Role, **form: str) -> TestResponse:
    usual = {"login_id": "mei.chen", "role": which.value, "until": "2027-06-30"}
    return browser.post(INDEX, {**hidden(browser.get(INDEX)), **usual, **form})


def roles(city: City) -> list[Role]:
    member_id = city.member_id()
    with city.database() as session:
        return [each.role for each in officers.roles_of(session, member_id, now=city.now)]


@ON_SQLITE
@pytest.mark.clause("10-I(2)")
def test_an_administrator_appoints_and_dismisses_a_reviewer(city: City) -> None:
    chief = staff.an_officer(city, Role.ADMINISTRATOR, "adam.runs")

    done = appoint(chief, Role.REVIEWER)
    held = roles(city)
    page = chief.get(done.location)
    with city.database() as session:
        post_id = session.scalars(
            select(OfficerPost.id).where(OfficerPost.role == Role.REVIEWER)
        ).one()
    ended = chief.post(f"{INDEX}/{post_id}/dismiss", hidden(page))

    assert (done.status_code, ended.status_code) == (303, 303)
    assert (held, roles(city)) == ([Role.REVIEWER], [])
    assert "mei.chen" in page.text
    with city.database() as session:
        events = list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))
    assert [each for each in events if each.startswith("officer")] == [
        "officer.appointed",
        "officer.dismissed",
    ]


@ON_SQLITE
def test_a_manager_appoints_for_their_own_agency(city: City) -> None:
    house = agency(city)
    member_id = staff.appoint(city, "max.manages", Role.MANAGER, organisation_id=house)
    manager = staff.sign_in(city, "max.manages", member_id)

    done = appoint(manager, Role.OFFICER)

    assert done.status_code == 303
    with city.database() as session:
        post = session.scalars(select(OfficerPost).where(OfficerPost.role == Role.OFFICER)).one()
    assert post.organisation_id == house


@ON_SQLITE
def test_an_administrator_names_the_agency_of_a_manager(city: City) -> None:
    chief = staff.an_officer(city, Role.ADMINISTRATOR, "adam.runs")

    without = appoint(chief, Role.MANAGER)
    done = appoint(chief, Role.MANAGER, organisation=str(agency(city)))

    assert (without.status_code, done.status_code) == (422, 303)
    assert roles(city) == [Role.MANAGER]


@ON_SQLITE
@pytest.mark.refusal("officer.nobody")
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"login_id": "nobody.at.all"}, 422),
        ({"role": "king"}, 403),
        ({"role": "agency_officer"}, 403),
        ({"until": "2020-01-01"}, 422),
        ({"until": "9999-12-31"}, 422),
        ({"until": "soon"}, 422),
        ({"login_id": "adam.runs", "role": "administrator"}, 403),
    ],
)
def test_what_is_wrong_is_said_on_the_page(city: City, form: dict[str, str], status: int) -> None:
    chief = staff.an_officer(city, Role.ADMINISTRATOR, "adam.runs")
    if form.get("role") == "agency_officer":
        form = {**form, "organisation": str(agency(city))}

    page = appoint(chief, Role.REVIEWER, **form)

    assert page.status_code == status
    assert 'role="alert"' in page.text


@pytest.mark.clause("9")
@pytest.mark.refusal("officer.roles_apart")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_appoint_one_member_at_once_the_second_sees_what_the_first_gave(
    city: City,
) -> None:
    chief = staff.an_officer(city, Role.ADMINISTRATOR, "adam.runs")
    member_id, form = city.member_id(), hidden(chief.get(INDEX))
    form |= {"login_id": "mei.chen", "role": Role.AUDITOR, "until": "2027-06-30"}

    with ThreadPoolExecutor(1) as beside:
        with city.database() as session:
            leaving.lock(session, member_id)
            officers.appoint(
                session,
                member_id=member_id,
                organisation_id=None,
                role=Role.REVIEWER,
                by=None,
                until=city.now + timedelta(days=30),
                now=city.now,
            )
            second = beside.submit(chief.post, INDEX, form)
            wait([second], timeout=1)
            assert not second.done()
        assert second.result().status_code == refusal("officer.roles_apart").status
    assert roles(city) == [Role.REVIEWER]


@ON_SQLITE
def test_whoever_reviews_appoints_nobody(city: City) -> None:
    assert staff.an_officer(city).get(INDEX).status_code == 403
