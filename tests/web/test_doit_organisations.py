"""The Bureau keeps the register of agencies on pages; the calendar does the rest (2(1))."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import organisations, registry
from clients.models import Body, Client, Organisation
from clients.officer_models import OfficerPost, Role
from counters.models import Counter
from kernel.errors import Refused
from kernel.jobs import Job
from kernel.wording import Bilingual
from services import activations, sanctions, transfers
from services import consolidation_docket as docket
from services.consolidation_models import Batch
from services.models import ActivationNote, Service
from services.sanctions import Charge
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as services
from tests.services import consolidating
from tests.web import office, staff
from web import organisation_endings, service_closings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/doit/organisations"
SCHOOL = {"name_zh": "測試國民小學", "name_en": "Test Primary School", "body": "school"}


def send(browser: Browser, path: str, form: dict[str, str]) -> TestResponse:
    return browser.post(INDEX + path, {**hidden(browser.get(INDEX)), **form})


def entered(browser: Browser, **form: str) -> str:
    """Enter an agency; return the path of its page below the register."""
    response = send(browser, "/new", {**SCHOOL, **form})
    assert response.status_code == 303, response.text
    found = re.search(r"/[0-9a-f-]{36}", response.location)
    assert found is not None
    return found[0]


@pytest.mark.clause("2(1)")
def test_a_reviewer_enters_places_and_renames_a_school(city: City) -> None:
    reviewer = staff.an_officer(city)
    department = entered(reviewer, name_zh="測試教育局", body="department")
    school = entered(reviewer, parent=department[1:])

    moved = send(reviewer, f"{school}/move", {"parent": ""})
    name = {"name_zh": "測試實驗小學", "name_en": "Test Experimental School"}
    renamed = send(
        reviewer, f"{school}/rename", {**name, "from_on": "2026-11-24", "document_number": "1"}
    )
    before = reviewer.get(INDEX).text
    city.now += timedelta(days=1)
    organisation_endings.run(city.sessions, now=city.now)
    with city.database() as session:
        it = organisations.get(session, UUID(school[1:]))
        events = set(session.scalars(select(TrailEntry.event)))

    assert (moved.status_code, renamed.status_code) == (303, 303)
    assert "測試國民小學" in before
    assert "測試實驗小學" not in before
    assert (it.name_zh, it.parent_id, it.body) == ("測試實驗小學", None, Body.SCHOOL)
    assert events >= {
        "organisation.entered",
        "organisation.moved",
        "organisation.name_recorded",
        "organisation.renamed",
    }


@pytest.mark.refusal("organisation.not_found")
@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("/new", {"name_zh": ""}, "name_zh"),
        ("/new", {"parent": "nobody"}, "parent"),
        ("/rename", {"from_on": "2026-11-23", "document_number": "1"}, "from_on"),
        ("/rename", {"from_on": "never", "document_number": "1"}, "from_on"),
        ("/rename", {"from_on": "2026-11-30", "document_number": "\x00"}, "document_number"),
        ("/end", {"ends_on": "2026-11-23"}, "ends_on"),
        ("/end", {"ends_on": "2026-11-30", "successor": "nobody"}, "successor"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    city: City, path: str, form: dict[str, str], field: str
) -> None:
    reviewer = staff.an_officer(city)
    school = "" if path == "/new" else entered(reviewer)

    page = send(reviewer, school + path, {**SCHOOL, **form})

    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text
    nobody = f"{INDEX}/{UUID(int=0)}"
    assert reviewer.get(nobody).status_code == 404


def test_a_merchant_stands_in_another_register(city: City) -> None:
    with city.database() as session:
        shop = organisations.enter(session, Bilingual("店", "Shop"), Body.MERCHANT, now=city.now)

    assert staff.an_officer(city).get(f"{INDEX}/{shop.id}").status_code == 404


@pytest.mark.clause("2(1)", "10-II")
def test_a_merger_hands_the_services_on_and_ends_the_rest(city: City) -> None:
    desk = office.open_office(city)
    card, _ = office.two_services(city)
    office.note(city, card, desk.mei, "C-1")
    officer = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=_library(city))
    reviewer = staff.an_officer(city)
    heir = entered(reviewer, body="department")
    response = send(
        reviewer, f"/{_library(city)}/end", {"ends_on": "2026-11-24", "successor": heir[1:]}
    )
    with city.database() as session:
        charge = Charge(
            clause="6(1)",
            evidence="北市測字第 7 號",
            facts="把卡借給別人",
            services=[card],
            hear_by=make.NOON.date() + timedelta(days=9),
        )
        sanction = sanctions.report(
            session,
            desk.mei,
            charge,
            organisation_id=_library_of(session),
            by=officer,
            keyring=make.KEYRING,
            now=city.now,
        ).reference
    city.now += timedelta(days=1)

    organisation_endings.run(city.sessions, now=city.now)

    assert response.status_code == 303
    with city.database() as session:
        owners = set(session.scalars(select(Service.organisation_id)))
        note = session.scalars(select(ActivationNote)).one()
        post = session.scalars(select(OfficerPost).where(OfficerPost.member_id == officer)).one()
        counter = session.scalars(select(Counter)).one()
        disabled = session.scalars(
            select(Client.disabled_at).where(Client.client_id == "library")
        ).one()
        mine = sanctions.get(session, sanction, organisation_id=UUID(heir[1:]))
        handed = select(TrailEntry).where(TrailEntry.event == "sanction.handed_over")
        [line] = session.scalars(handed)
    assert owners == {UUID(heir[1:])}
    assert (line.subject, mine.reference) == (desk.mei, sanction)
    assert note.state is not None
    assert post.ended_at == counter.ended_at == disabled == city.now


@pytest.mark.clause("2(1)", "10-II")
def test_what_an_earlier_version_left_with_an_ended_agency_follows_once(city: City) -> None:
    with city.database() as session:
        agency_id = services.an_agency(session, "notes").organisation_id
        consolidating.a_stream(session, agency_id)
        people = [consolidating.a_member(session, 0)]
    agency = consolidating.Agency(city.sessions, agency_id, people, city.now)
    agency.apply(consolidating.a_file([consolidating.yes(0)]))
    agency.apply(consolidating.a_file([consolidating.no(0, "2026-11-21")]))
    with city.database() as session:
        words = make.words("測試局", "Successor")
        heir = make.a_client(session, "successor", organisation=words).organisation_id
        of_before = session.get_one(Organisation, agency_id)
        of_before.ends_on, of_before.ended_at = make.NOON.date(), city.now
        of_before.successor_id = heir
        session.execute(update(Service).values(organisation_id=heir))  # all that it handed over

    for _ in range(2):
        organisation_endings.run(city.sessions, now=city.now)

    with city.database() as session:
        [conflict] = docket.open_of(session, heir)
        owners = {*session.scalars(select(Batch.organisation_id))}
        handed = select(TrailEntry).where(TrailEntry.event == "conflict.handed_over")
        [line] = session.scalars(handed)
        left = transfers.left_behind(session, now=city.now)
    assert (line.subject, owners, left) == (conflict.member_id, {heir}, [])


def test_services_that_were_left_open_by_an_earlier_version_close_and_their_holders_are_told(
    city: City,
) -> None:
    office.two_services(city)
    with city.database() as session:
        library = registry.get(session, "library").organisation
        heir = make.a_client(session, "heir", organisation=make.words("後", "Heir")).organisation
        library.ends_on = heir.ends_on = make.NOON.date()
        library.ended_at = heir.ended_at = city.now
        library.successor_id = heir.id

    for _ in range(2):
        organisation_endings.run(city.sessions, now=city.now)

    with city.database() as session:
        closed = session.scalars(select(Service.closed_at)).all()
        told = session.scalars(select(Job.id).where(Job.kind == service_closings.KIND)).all()
        events = session.scalars(select(TrailEntry.event)).all()
    assert closed == [city.now] * 2
    assert len(told) == events.count("service.closed") == 2


def test_without_a_successor_the_services_close_and_no_more_open(city: City) -> None:
    office.two_services(city)
    with city.database() as session:
        library = registry.get(session, "library").organisation
        organisations.end(
            session,
            library,
            on=make.NOON.date() + timedelta(days=1),
            successor_id=None,
            now=city.now,
        )
    city.now += timedelta(days=1)

    organisation_endings.run(city.sessions, now=city.now)

    name, library_id = Bilingual("另一項", "Another"), _library(city)
    with city.database() as session:
        closed = session.scalars(select(Service.closed_at)).all()
        assert closed == [city.now, city.now]
        told = session.scalars(select(Job.payload).where(Job.kind == service_closings.KIND)).all()
        services = {str(each) for each in session.scalars(select(Service.id))}
        assert {each["service"] for each in told} == services
        events = session.scalars(select(TrailEntry.event)).all()
        assert events.count("service.closed") == len(services)
        with pytest.raises(Refused, match=r"service\.not_yours"):
            activations.open_service(
                session, library_id, "another", name, sensitive=False, now=city.now
            )


def _library(city: City) -> UUID:
    with city.database() as session:
        return _library_of(session)


def _library_of(session: Session) -> UUID:
    return registry.get(session, "library").organisation_id
