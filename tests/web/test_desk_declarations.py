"""At the desk a court's word and a guardian are noted, the paper in hand (Civil Code 14, 1091)."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from counters import seen
from members import capacities, guardians, proxies
from members.models import Capacity, Relation
from members.proxy_models import Letter, Matter
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import PROXY, Office
from tests.web.outbox import World

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DECREE = {
    "capacity": "guarded",
    "decree": "臺北地院 115 年監宣字第 1 號",
    "declared_on": "115/11/01",
    "seen": "yes",
}


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def press(office: Office, number: str, step: str, **fields: str) -> TestResponse:
    return office.press(number, f"/counter/cases/{number}/law/{step}", **fields)


def declared(office: Office) -> Capacity | None:
    with office.city.database() as session:
        return capacities.find(session, office.mei)


def guardians_of(office: Office) -> list[Relation]:
    with office.city.database() as session:
        found = guardians.guardians_of(session, office.mei, now=office.city.now)
        return [each.relation for each in found]


@pytest.mark.clause("2(8)5")
def test_a_declaration_is_noted_a_guardian_entered_and_both_end_when_it_is_lifted(
    office: Office,
) -> None:
    guardian = office.city.enrol("guardian")
    offices.enter_number(office.city, guardian, PROXY)
    number = office.opened(matter="change")

    assert press(office, number, "declare", **DECREE).status_code == 303
    assert declared(office) is Capacity.GUARDED
    named = {"guardian_idno": PROXY, "relation": "guardian", "seen": "yes"}
    assert press(office, number, "guardian", **named).status_code == 303
    assert guardians_of(office) == [Relation.GUARDIAN]
    assert press(office, number, "lift", seen="yes").status_code == 303

    assert (declared(office), guardians_of(office)) == (None, [])
    with office.city.database() as session:
        papers = [each.paper for each in seen.of_case(session, office.case(number).id)]
    assert papers.count("court_decision") == 3
    world = World(office.city)
    assert world.told().count("law.noted") == 5  # the guardian of both: entered, and over
    with office.city.database() as session:
        unlinked = select(TrailEntry.subject).where(TrailEntry.event == "guardian.unlinked")
        assert session.scalars(unlinked).all() == [office.mei]
    told = [each.payload["member"] for each in world.jobs() if "member" in each.payload]
    assert told.count(str(guardian)) == 2
    assert "臺北地院" not in office.browser.get(f"/counter/cases/{number}").text


@pytest.mark.clause("7(2)")
@pytest.mark.parametrize(("capacity", "left"), [("guarded", 0), ("assisted", 4)])
def test_who_is_put_under_guardianship_acts_for_nobody_and_nobody_by_their_power(
    office: Office, capacity: str, left: int
) -> None:
    city = office.city
    child, friend, other = (city.enrol(login) for login in ("child", "friend", "other"))
    offices.let_act_for(city, office.mei, child)
    for principal, proxy in ((office.mei, friend), (friend, office.mei)):
        give_power(office, principal, proxy)
    give_power(office, other, office.mei, in_days=1)

    number = office.opened(matter="change")
    assert press(office, number, "declare", **{**DECREE, "capacity": capacity}).status_code == 303

    with city.database() as session:
        acting = (
            *guardians.wards_of(session, office.mei, now=city.now),
            *proxies.not_over(session, office.mei, now=city.now),
        )
        unlinked = select(TrailEntry.subject).where(TrailEntry.event == "guardian.unlinked")
        subjects = list(session.scalars(unlinked))
    world = World(city)
    world.work_off()
    noted = [job for job in world.jobs() if job.payload.get("template") == "law.noted"]
    told = [each.payload["member"] for each in noted]
    assert told.count(str(child)) == (0 if left else 1)
    assert len(acting) == left
    assert subjects == ([] if left else [child])


def give_power(office: Office, principal_id: UUID, proxy_id: UUID, *, in_days: int = 0) -> None:
    with office.city.database() as session:
        proxies.enter(
            session,
            principal_id=principal_id,
            proxy_id=proxy_id,
            matters=[Matter.FOOTPRINT],
            letter=Letter.PAPER,
            reference="1",
            starts_at=office.city.now + timedelta(days=in_days),
            ends_at=office.city.now + timedelta(days=30),
            now=office.city.now,
        )


@pytest.mark.refusal("case.document_unseen")
@pytest.mark.refusal("capacity.source_missing")
@pytest.mark.refusal("capacity.not_noted")
@pytest.mark.refusal("guardian.not_the_relation")
@pytest.mark.refusal("guardian.is_ward")
@pytest.mark.parametrize(
    ("step", "change", "status"),
    [
        ("declare", {"seen": ""}, 422),
        ("declare", {"decree": " "}, 422),
        ("declare", {"capacity": "tired"}, 422),
        ("declare", {"declared_on": "soon"}, 422),
        ("declare", {"declared_on": "2027-01-01"}, 422),
        ("lift", {}, 404),
        ("guardian", {"guardian_idno": "A100000001", "relation": "parent"}, 422),
        ("guardian", {"guardian_idno": PROXY, "relation": "friend"}, 422),
        ("guardian", {"guardian_idno": PROXY, "relation": "assistant"}, 422),
        ("guardian", {"guardian_idno": "nonsense", "relation": "parent"}, 422),
    ],
)
def test_without_the_paper_or_with_something_odd_nothing_is_noted(
    office: Office, step: str, change: dict[str, str], status: int
) -> None:
    offices.enter_number(office.city, office.city.enrol("guardian"), PROXY)
    number = office.opened(matter="change")

    response = press(office, number, step, **{**DECREE, **change})

    assert response.status_code == status
    assert (declared(office), guardians_of(office)) == (None, [])


@pytest.mark.refusal("case.wrong_state")
def test_only_a_case_for_a_change_notes_it(office: Office) -> None:
    assert press(office, office.opened(), "declare", **DECREE).status_code == 409


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    step=st.sampled_from(["declare", "lift", "guardian"]),
    typed=st.dictionaries(
        st.sampled_from([*DECREE, "guardian_idno", "relation"]), st.text(max_size=80)
    ),
)
def test_no_form_is_a_mistake_of_ours(office: Office, step: str, typed: dict[str, str]) -> None:
    number = office.opened(matter="change")

    assert press(office, number, step, **typed).status_code < 500
