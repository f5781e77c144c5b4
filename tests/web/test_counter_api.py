"""Counters' own systems: what waits and until when, at their own counter, and nobody's name."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from clients import registry, resources
from counters import cases, register
from counters.case_models import Case, CaseMatter
from counters.cases import Clerk, Intake
from counters.models import Counter
from kernel.wording import Bilingual
from tests import make, proofs
from tests.counters import town
from tests.flows.provider import ISSUER, City, statements
from tests.web.test_agency_api import KEY, let_in, problem, token
from web.counter_document import CASES, DAYS, OF

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ADDRESS = f"{ISSUER}/api/counter"
PATH = "/api/counter/daan"


@pytest.fixture
def desk(city: City) -> City:
    """Open a counter of the library; its queue's program is approved for it."""
    city.register("bureau", sector="bureau.invalid")
    with city.database() as session:
        bureau = registry.get(session, "bureau")
        name = Bilingual("窗口介接", "Interface for counters")
        resources.add(session, bureau, ADDRESS, name=name, now=city.now)
        town.a_town(session, agency=registry.get(session, "library"), now=city.now)
    approve(city, "queue", "daan")
    return city


def approve(city: City, client_id: str, code: str) -> None:
    scopes = (CASES, DAYS, OF + code)
    proven = {"auth_method": "private_key_jwt", "jwks": proofs.public_set(KEY)}
    let_in(city, client_id, address=ADDRESS, scopes=scopes, **proven)


def the_counter(city: City, code: str = "daan") -> Counter:
    with city.database() as session:
        return register.get(session, code)


def take_in(city: City, number: int = 1, *, counter: Counter | None = None) -> None:
    counter = counter or the_counter(city)
    clerk_id, member_id = city.member_id("clerk"), city.member_id()
    with city.database() as session:
        for _ in range(number):
            intake = Intake(
                matter=CaseMatter.ACTIVATION,
                person_kind="national",
                counter_id=counter.id,
                clerk_id=clerk_id,
                language="en",
                member_id=member_id,
            )
            cases.take_in(session, intake, key=b"k" * 32, now=city.now)


def ask(city: City, path: str = "/cases", *, bearer: str | None = None) -> TestResponse:
    header = f"Bearer {bearer or token(city, 'queue')}"
    return city.call(PATH + path, headers={"Authorization": header})


def told(response: TestResponse) -> dict[str, Any]:  # JSON
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


@pytest.mark.clause("8(4)")
def test_a_counter_reads_how_many_working_days_are_left_and_nothing_of_the_person(
    desk: City,
) -> None:
    take_in(desk)
    with desk.database() as session:
        [case] = session.scalars(select(Case))
        by = Clerk(
            session=session, member_id=case.clerk_id, counter_id=case.counter_id, now=desk.now
        )
        by.accept(case)
        number = case.number

    [listed] = told(ask(desk))["cases"]
    alone = told(ask(desk, f"/cases/{listed['id']}"))

    assert alone == listed
    assert listed.keys() == {"id", "matter", "state", "due_on", "days_left"}
    assert (listed["state"], listed["due_on"], listed["days_left"]) == ("accepted", "2026-12-02", 7)
    assert number not in ask(desk).text
    desk.wait(days=11)
    assert told(ask(desk))["cases"][0]["days_left"] == -2


def test_a_list_is_read_part_by_part_in_an_order_that_stays(desk: City) -> None:
    take_in(desk, 5)
    bearer = token(desk, "queue")
    whole = [each["id"] for each in told(ask(desk, bearer=bearer))["cases"]]

    first = ask(desk, "/cases?limit=2", bearer=bearer)
    take_in(desk)  # what comes later stands behind
    read, path = [*told(first)["cases"]], first.headers["Link"]
    while path:
        following = path.partition(">")[0].removeprefix(f"<{ISSUER}{PATH}")
        part = ask(desk, following, bearer=bearer)
        read += told(part)["cases"]
        path = part.headers.get("Link", "")

    assert len(whole) == 5
    assert [each["id"] for each in read][:5] == whole
    assert len({each["id"] for each in read}) == 6
    assert told(first)["next"] in first.headers["Link"]


def test_a_part_costs_the_same_statements_however_much_waits(desk: City) -> None:
    bearer = token(desk, "queue")

    def cost(query: str) -> int:
        with statements(desk.sessions.kw["bind"]) as seen:
            told(ask(desk, f"/cases?{query}", bearer=bearer))
        return len(seen)

    cost("limit=1")
    take_in(desk)
    one = cost("limit=100")
    take_in(desk, 7)

    assert cost("limit=100") == cost("limit=2") == one


@pytest.mark.refusal("program.limit_invalid")
@pytest.mark.refusal("program.cursor_invalid")
def test_a_cursor_is_good_for_one_list_of_one_client(desk: City) -> None:
    take_in(desk, 2)
    with desk.database() as session:
        library = registry.get(session, "library")
        town.a_counter(session, library, "xinyi")
    approve(desk, "board", "daan")
    cursor = told(ask(desk, "/cases?limit=1"))["next"]

    stolen = ask(desk, f"/cases?cursor={cursor}", bearer=token(desk, "board"))

    assert problem(stolen) == (400, "program.cursor_invalid")
    for wrong in ("", "x", cursor[:-2] + "AA", cursor + "A", "%00", "%ED%A0%80"):
        answer = ask(desk, f"/cases?cursor={wrong}")
        assert problem(answer) == (400, "program.cursor_invalid")
    for limit in ("0", "101", "-1", "1e1", "٣", ""):
        assert problem(ask(desk, f"/cases?limit={limit}")) == (400, "program.limit_invalid")


@pytest.mark.clause("10(3)")
def test_another_counter_and_its_cases_are_not_there(desk: City) -> None:
    with desk.database() as session:
        archive = registry.get(session, "archive")
        other = town.a_counter(session, archive, "xinyi")
        town.delegated(session, other)
    take_in(desk)
    take_in(desk, counter=the_counter(desk, "xinyi"))
    approve(desk, "board", "xinyi")
    board = {"Authorization": f"Bearer {token(desk, 'board')}"}
    [theirs] = told(desk.call("/api/counter/xinyi/cases", headers=board))["cases"]

    assert problem(ask(desk, bearer=token(desk, "board"))) == (404, "counter.not_found")
    assert problem(ask(desk, f"/cases/{theirs['id']}")) == (404, "case.not_found")
    assert problem(ask(desk, "/cases/nothing")) == (404, "case.not_found")
    assert len(told(ask(desk))["cases"]) == 1


@pytest.mark.clause("4")
def test_without_a_delegation_a_counter_reads_no_case(desk: City) -> None:
    desk.wait(days=60)

    assert problem(ask(desk)) == (403, "counter.delegation_expired")
    assert ask(desk, "/days").status_code == 200


@pytest.mark.clause("8(4)")
def test_the_days_are_the_counters_own(desk: City) -> None:
    monday = make.NOON.date()
    with desk.database() as session:
        counter = register.get(session, "daan")
        off = monday + timedelta(days=1)
        register.close_on(session, counter, off, "盤點", now=desk.now)

    today, tuesday, *_, last = told(ask(desk, "/days"))["days"]

    assert today == {
        "day": "2026-11-23",
        "hours": ["09:00-12:00", "13:30-17:30"],
        "counts": True,
    }
    assert tuesday == {"day": "2026-11-24", "hours": [], "counts": False}
    assert last["day"] == "2026-12-23"


def test_what_ended_is_not_there_any_more(desk: City) -> None:
    with desk.database() as session:
        register.end(session, register.get(session, "daan"), now=desk.now)

    assert problem(ask(desk, "/days")) == (404, "counter.not_found")
