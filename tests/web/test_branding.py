"""The service changes its name at midnight, by two officers (2(7))."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients.officer_models import Role
from kernel.clock import TAIPEI
from kernel.ids import new_id
from kernel.wording import Bilingual
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff
from web import branding
from web.brand_models import Brand
from web.doit_branding import LARGEST_LOGO

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/doit/branding"
NEW = {
    "name_zh": "臺北通行證",
    "name_en": "Taipei Pass",
    "contact_zh": "市民熱線 1999",
    "contact_en": "Call 1999",
    "from_on": "2026-11-24",
    "document_number": "府資字第 1 號",
}
MIDNIGHT = datetime(2026, 11, 24, tzinfo=TAIPEI)


def propose(reviewer: Browser, **form: Any) -> TestResponse:  # words, and files
    return reviewer.post(INDEX, {**hidden(reviewer.get(INDEX)), **NEW, **form})


def decide(city: City, reviewer: Browser, decision: str = "approve") -> TestResponse:
    with city.database() as session:
        brand_id: UUID = session.scalars(select(Brand.id).order_by(Brand.id.desc())).all()[0]
    return reviewer.post(f"{INDEX}/{brand_id}/{decision}", hidden(reviewer.get(INDEX)))


def name_on(city: City, path: str = "/") -> str:
    return city.call(path, headers={"Accept-Language": "en"}).text.split("<title>")[1].split("<")[0]


@pytest.mark.clause("9")
def test_who_would_approve_their_own_proposal_stands_in_the_auditors_report(city: City) -> None:
    first, who = staff.an_officer(city), city.member_id("rui.reviews")
    propose(first)

    own = decide(city, first)

    assert own.status_code == 200  # the page again, with why not
    with city.database() as session:
        noted = select(TrailEntry).where(TrailEntry.event == "staff.refused")
        assert [(each.actor, each.detail) for each in session.scalars(noted)] == [
            (who, {"code": "case.self_dealing"})
        ]


@pytest.mark.clause("2(7)")
def test_the_name_changes_at_midnight_and_an_old_receipt_keeps_the_old_one(city: City) -> None:
    first, second = staff.an_officer(city), staff.an_officer(city, login="rui.two")
    citizen = Browser(city)
    citizen.log_in(citizen.authorize())
    proposed = propose(first)
    own = decide(city, first)
    approved = decide(city, second)
    city.now = MIDNIGHT - timedelta(seconds=1)
    evening = name_on(city)
    city.now = MIDNIGHT
    morning, page = name_on(city), city.call("/").text
    with city.database() as session:
        old = Bilingual("以前", "Before")
        names = [
            branding.named(session, old, at=at).en for at in (city.now, MIDNIGHT - timedelta(1))
        ]
        events = list(session.scalars(select(TrailEntry.event)))

    assert [each.status_code for each in (proposed, own, approved)] == [303, 200, 303]
    assert 'role="alert"' in own.text
    assert "Taipei Pass" not in evening
    assert "Taipei Pass" in morning
    assert "臺北通行證" in page
    assert "市民熱線 1999" in page
    assert names == ["Taipei Pass", "Before"]
    assert {"brand.proposed", "brand.approved"} <= set(events)


@pytest.mark.clause("2(7)")
@pytest.mark.refusal("brand.logo_unreadable")
def test_the_picture_changes_with_the_name_and_stays_when_the_next_has_none(city: City) -> None:
    first, second = staff.an_officer(city), staff.an_officer(city, login="rui.two")
    png = b"\x89PNG\r\n\x1a\n" + bytes(9)
    for content in (b"<svg onload=alert(1)>", png + bytes(LARGEST_LOGO)):
        refused = propose(first, logo=(io.BytesIO(content), "logo.png"))
        assert 'id="logo-error"' in refused.text
    propose(first, logo=(io.BytesIO(png), "logo.png"))
    decide(city, second)
    city.now = MIDNIGHT
    shown = f"/logos/{hashlib.sha256(png).hexdigest()}"

    propose(staff.an_officer(city, login="rui.three"), from_on="2026-11-25")
    decide(city, staff.an_officer(city, login="rui.four"))

    assert shown in city.call("/").text
    assert city.call(shown).data == png
    city.now = MIDNIGHT + timedelta(days=1)
    assert shown in city.call("/").text


@pytest.mark.refusal("brand.incomplete")
@pytest.mark.refusal("brand.day_begun")
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name_en": ""}, "name_zh"),
        ({"name_zh": "名" * 101}, "name_zh"),
        ({"contact_en": ""}, "name_zh"),
        ({"document_number": "\x00"}, "name_zh"),
        ({"from_on": "2026-11-23"}, "from_on"),
        ({"from_on": "tomorrow"}, "from_on"),
    ],
)
def test_a_proposal_is_complete_and_for_a_day_to_come(
    city: City, form: dict[str, str], field: str
) -> None:
    page = propose(staff.an_officer(city), **form)

    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text


@pytest.mark.refusal("brand.day_taken")
@pytest.mark.refusal("brand.not_found")
def test_a_day_has_one_name_and_a_proposal_one_decision(city: City) -> None:
    first, second = staff.an_officer(city), staff.an_officer(city, login="rui.two")
    propose(first)
    decide(city, second)
    again = decide(city, second)
    propose(first, name_en="Another")
    taken = decide(city, second)
    refused = decide(city, second, "refuse")
    assert 'role="alert"' in again.text
    assert 'id="from_on-error"' in taken.text
    assert refused.status_code == 303
    with city.database() as session:
        states = [each.state.value for each in branding.listed(session)]
    assert sorted(states) == ["approved", "refused"]
    nobody = f"{INDEX}/{new_id()}/approve"
    assert first.post(nobody, hidden(first.get(INDEX))).status_code == 404


def test_a_form_that_is_sent_twice_is_one_proposal(city: City) -> None:
    first = staff.an_officer(city)
    answers = [propose(first), propose(first), propose(first, name_en="Another")]

    assert {each.status_code for each in answers} == {303}
    with city.database() as session:
        assert sorted(each.name_en for each in branding.listed(session)) == [
            "Another",
            NEW["name_en"],
        ]
        events = session.scalars(select(TrailEntry.event)).all()
    assert events.count("brand.proposed") == 2


def test_the_database_knows_that_two_decide(city: City) -> None:
    propose(staff.an_officer(city))

    with city.sessions() as session, pytest.raises(IntegrityError):
        session.execute(update(Brand).values(decided_by=Brand.proposed_by))


def test_others_do_not_name_the_service(city: City) -> None:
    chief = staff.an_officer(city, Role.ADMINISTRATOR, "adam.runs")

    assert chief.get(INDEX).status_code == 403
