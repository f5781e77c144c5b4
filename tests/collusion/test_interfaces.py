"""Agencies, counters and merchants pool what their interfaces for programs told them in vain.

The same people are handed in by two agencies, noted by both, come to a counter of each, are sent
from one counter to the other, and show a code at a till of two shops. What is handed in is known
to who hands it in, so only what comes back counts. Everybody is alike but in who they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from clients import registry, resources
from counters import cases, register
from counters.case_models import Case, CaseMatter
from counters.cases import Clerk, Intake
from idp.models import Subject
from idp.subjects import Subjects
from kernel.ids import new_id
from kernel.wording import Bilingual
from members.numbers import check_digit
from services import activations
from tests import make, proofs
from tests.collusion.matcher import Record, hits
from tests.collusion.test_collusion import PLANTS, received
from tests.counters import town
from tests.flows.provider import ISSUER, City
from tests.web import tills
from tests.web.test_agency_api import ALL, KEY, call, filled, let_in, noted, token
from tests.web.test_merchant_api import ask as ask_merchant
from tests.web.test_merchant_api import bearer
from web.counter_document import CASES, DAYS, OF
from web.merchant_document import CONTRACTS, COUNTS, OFFERS

pytestmark = [pytest.mark.clause("10(3)"), pytest.mark.clause("10-I(4)")]
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CROWD, CHANCE = 36, 5  # one is found by a draw on average; five times that is far out
STRIDE = 7  # with no divisor in common with the crowd: each party meets it in another order
AGENCIES, COUNTERS, SHOPS = ("school", "museum"), ("daan", "xinyi"), ("cafe", "bakery")
PARTIES = (*AGENCIES, *COUNTERS, *SHOPS)
INTERFACES = ("agency", "counter", "merchant")
PROVEN: Mapping[str, Any] = {"auth_method": "private_key_jwt", "jwks": proofs.public_set(KEY)}


def settle(city: City) -> list[UUID]:
    """Let every party in, and everybody be known to both agencies; return who lives here."""
    city.register("bureau", sector="bureau.invalid")
    with city.database() as session:
        bureau = registry.get(session, "bureau")
        for name in INTERFACES:
            words = Bilingual(name, name)
            address = f"{ISSUER}/api/{name}"
            resources.add(session, bureau, address, name=words, now=city.now)
        for client_id, code in zip(("library", "archive"), COUNTERS, strict=True):
            counter = town.a_counter(session, registry.get(session, client_id), code)
            town.delegated(session, counter)
    for name in AGENCIES:
        let_in(city, name, scopes=ALL, **PROVEN)
    for code in COUNTERS:
        scopes = (CASES, DAYS, OF + code)
        let_in(city, code, address=f"{ISSUER}/api/counter", scopes=scopes, **PROVEN)
    with city.database() as session:
        for name in SHOPS:
            _open_shop(city, session, name)
    members = [city.enrol(f"member-{number}") for number in range(CROWD)]
    tills.decide_always(city, says=True)
    _make_known(city, members)
    return members


def _open_shop(city: City, session: Session, name: str) -> None:
    shop = make.a_shop(session, name, organisation=make.words(name, name), now=city.now)
    registry.set_grant_types(session, name, ["client_credentials"])
    scopes = (CONTRACTS, OFFERS, COUNTS)
    resources.approve(session, shop, f"{ISSUER}/api/merchant", scopes, now=city.now)


def _make_known(city: City, members: Sequence[UUID]) -> None:
    with city.database() as session:
        for name in AGENCIES:
            agency, words = registry.get(session, name), Bilingual(name, name)
            activations.open_service(
                session, agency.organisation_id, name, words, sensitive=False, now=city.now
            )
            for member_id in members:
                sub = sub_of(city, member_id, name)
                session.add(Subject(member_id=member_id, sector=agency.sector, sub=sub))


def sub_of(city: City, member_id: UUID, name: str) -> str:
    subjects: Subjects = city.app.extensions["taipei_id"].provider.subjects
    return subjects.of(member_id, f"{name}.invalid")


def in_turn(turn: int) -> Iterator[int]:
    return (step * STRIDE**turn % CROWD for step in range(CROWD))


def at_agency(city: City, members: Sequence[UUID], name: str, turn: int) -> list[Record]:
    """Hand everybody in, follow what was taken, and note that the service is theirs."""
    seen: dict[int, Record] = {}
    by = token(city, name)
    for number in in_turn(turn):
        city.wait(seconds=2)
        first = f"A1{number:07d}"
        form = filled(number=first + check_digit(first))
        handed = call(city, "/applications", form, bearer=by, key=f"{name}-{number:03d}")
        sent = noted(sub=sub_of(city, members[number], name))
        said = call(city, f"/services/{name}/notes", sent, bearer=by, key=f"note-{number:03d}")
        told = {"handed_in": received(handed), "noted": received(said)}
        if handed.status_code == HTTPStatus.CREATED:
            path = f"/applications/{handed.get_json()['number']}"
            told["progress"] = without_moments(received(call(city, path, bearer=by)))
        seen[number] = told
    return [seen[number] for number in range(CROWD)]


def without_moments(record: dict[str, Any]) -> dict[str, Any]:  # JSON
    """Leave out when it was handed in: the agency did that itself, and nobody else can."""
    body = {name: value for name, value in record["body"].items() if not name.endswith("_at")}
    return {**record, "body": body}


def at_counters(city: City, members: Sequence[UUID]) -> dict[str, list[Record]]:
    """Let everybody have a case at each counter, and one that is handed on to the second."""
    here, there = COUNTERS
    own = [take_in(city, members, code, turn) for turn, code in enumerate(COUNTERS, start=1)]
    both = take_in(city, members, here, 3, collected=True)
    before = listed(city, here, own[0] + both)
    forward(city, both)
    after = listed(city, there, own[1] + both)
    return {
        code: [
            {"cases": [found[each] for each in of_one]} for of_one in zip(mine, both, strict=True)
        ]
        for code, mine, found in ((here, own[0], before), (there, own[1], after))
    }


def take_in(
    city: City, members: Sequence[UUID], code: str, turn: int, *, collected: bool = False
) -> list[UUID]:
    made: dict[int, UUID] = {}
    with city.database() as session:
        counter, clerk_id = register.get(session, code), new_id()
        for number in in_turn(turn):
            intake = Intake(
                matter=CaseMatter.ACTIVATION,
                person_kind="national",
                counter_id=counter.id,
                clerk_id=clerk_id,
                language="en",
                member_id=members[number],
            )
            case = cases.take_in(session, intake, key=b"k" * 32, now=city.wait(seconds=1))
            if collected:
                as_clerk(city, session, case).collect(case)
            made[number] = case.id
    return [made[number] for number in range(CROWD)]


def as_clerk(city: City, session: Session, case: Case) -> Clerk:
    at, by = case.counter_id, case.clerk_id
    return Clerk(session=session, member_id=by, counter_id=at, now=city.now)


def forward(city: City, ids: Sequence[UUID]) -> None:
    with city.database() as session:
        there = register.get(session, COUNTERS[1]).id
        for case_id in ids:
            case = session.get_one(Case, case_id)
            as_clerk(city, session, case).forward(case, there)


def listed(city: City, code: str, ids: Sequence[UUID]) -> dict[UUID, Record]:
    """Read a counter's whole list; its order is that of the cases' ids."""
    by = {"Authorization": f"Bearer {token(city, code)}"}
    answer = city.call(f"/api/counter/{code}/cases?limit=100", headers=by).get_json()
    return dict(zip(sorted(ids), answer["cases"], strict=True))


def at_shop(city: City, name: str, turn: int) -> list[Record]:
    """Let everybody show a code, and the shop's office ask what it may."""
    by, seen = bearer(city, name), dict[int, Record]()
    for number in in_turn(turn):
        city.wait(seconds=1)
        code = tills.shown(city, f"member-{number}")
        counts = received(ask_merchant(city, "/counts", name, by=by))
        seen[number] = {"till": received(tills.ask(city, code, "second-cup", name)), "told": counts}
    return [seen[number] for number in range(CROWD)]


def with_plant(records: Sequence[Record], plant: Callable[[int], object]) -> list[Record]:
    return [{**record, "plant": plant(number)} for number, record in enumerate(records)]


@one_database
def test_what_the_interfaces_tell_joins_nobody_better_than_chance(city: City) -> None:
    members = settle(city)
    pool = at_counters(city, members)
    for turn, name in enumerate(AGENCIES, start=1):
        pool[name] = at_agency(city, members, name, turn)
    for turn, name in enumerate(SHOPS, start=3):
        pool[name] = at_shop(city, name, turn)

    first, second = ({each["handed_in"]["status"] for each in pool[name]} for name in AGENCIES)
    noted_ = {each["noted"]["status"] for name in AGENCIES for each in pool[name]}
    asked = {each["till"]["status"] for name in SHOPS for each in pool[name]}
    assert (first, second, noted_, asked) == ({201}, {409}, {200}, {200})
    pairs = list(combinations(PARTIES, 2))
    found = {pair: hits(pool[pair[0]], pool[pair[1]]) for pair in pairs}
    planted = {
        pair: hits(*(with_plant(pool[party], PLANTS["a member's id"]) for party in pair))
        for pair in pairs
    }

    assert max(found.values()) <= CHANCE, found
    assert min(planted.values()) > 0.9 * CROWD, planted  # or this proves little
