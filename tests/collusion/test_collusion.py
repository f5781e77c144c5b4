"""Two agencies and two merchants pool all they ever received, and learn nothing from it.

Members give the least: a name, an e-mail address or a telephone number joins by its nature, and
is a matter of consent. What is lawfully the same everywhere (of age or not) makes groups, and
within one a draw is all that is left: that is the level of chance.

They pool what every endpoint says, pushed requests, tills and readers too, the events and
sign-outs they are told of, and the receipts members hand them. All sign out in one second: who
signs out alone is joined by that moment, which is the price of it (docs/decisions/0063). A phone's
code, a guardian's or a proxy's pages reach no client: they are members' own.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from carriers import bindings
from carriers.models import CarrierKind, Place
from clients import registry, terminals
from clients.models import Terminal
from consent import ledger
from consent.derived import Relay
from consent.models import Receipt
from idp.acr import ACR
from idp.client_notices import SPREAD
from kernel.jobs import Job
from kernel.outgoing import Answer
from kernel.wording import Bilingual
from members import register
from members.models import RequestKind
from members.requests import Wish
from services import activations
from tests import make
from tests.collusion.matcher import Features, Record, features, joined
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City, basic
from tests.web import tills
from tests.web.outbox import World
from tests.web.test_verify import DeskAdapter
from web import consent_endings, notices, request_making, verify

pytestmark = [pytest.mark.clause("10(3)"), pytest.mark.clause("10(4)")]
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CROWD, FEW = 120, 24
AGENCIES, MERCHANTS = ("library", "archive"), ("cafe", "bakery")
PARTIES = (*AGENCIES, *MERCHANTS)
STRIDE = 7  # with no divisor in common with the crowd: each party meets it in another order
MINOR_EVERY = 5  # of the crowd, one in five is not of age
SHARED = ("age_over_18", "relay_email")
MARKETING = "marketing_allowed"
# At merchants every third member is a stranger; the others are known, and say yes or no to
# marketing. Who said the same everywhere is one of many: that makes groups, and nothing else.
TOLD = (SHARED[:1], SHARED, (*SHARED, MARKETING))
ASK_OF_MARKETING = json.dumps({"userinfo": {MARKETING: None}})


def settle(city: City, crowd: int) -> list[Browser]:
    """Let the parties ask for what is not shared by nature, and a crowd live in the city."""
    asked = [*map(make.a_claim_form, SHARED)]
    for name in PARTIES:
        merchant = name in MERCHANTS
        changes = make.a_shop_form() if merchant else {}
        kind = "offer" if merchant else "service"
        claims = [*asked, make.a_claim_form(MARKETING)] if merchant else asked
        purposes = [make.a_purpose_form("purpose", kind=kind, claims=claims)]
        changes |= {
            "sector": f"{name}-x.invalid",
            "purposes": purposes,
            "notice_uri": _address(name),
            "backchannel_logout_uri": _logout_address(name),
        }
        city.register(f"{name}-x", **changes)
    city.app.extensions["taipei_id"].provider.relay = Relay(b"r" * 32, "relay.invalid")
    for number in range(crowd):
        born = "2015-05-05" if number % MINOR_EVERY == 0 else "1980-05-05"
        city.enrol(f"member-{number}", birthdate=born, email=f"member{number}@mail.invalid")
    tills.decide_always(city, says=True)
    _open_desks(city, crowd)
    return [Browser(city) for _ in range(crowd)]


def _address(party: str) -> str:
    return f"https://{party}-x.invalid/notices"


def _logout_address(party: str) -> str:
    return f"https://{party}-x.invalid/logout"


def _open_desks(city: City, crowd: int) -> None:
    """Give each agency a reader and a service, and each member a card."""
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, "desk": DeskAdapter()}
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters)
    with city.database() as session:
        for name in AGENCIES:
            agency = registry.get(session, f"{name}-x")
            terminals.add(session, agency, "desk", now=city.now)
            words = Bilingual(name, name)
            activations.open_service(
                session, agency.organisation_id, name, words, sensitive=False, now=city.now
            )
        for number in range(crowd):
            member = register.find_by_login(session, f"member-{number}")
            assert member is not None
            bindings.bind(
                session,
                member_id=member.id,
                kind=CarrierKind.CARD,
                fingerprint=f"storage/{_card(number)}",
                name="card",
                where=Place.COUNTER,
                acr=ACR[0],
                now=city.now,
            )


def _card(number: int) -> str:
    return f"{1_000_000_007 * (number + 1):014x}"[:14]


def received(response: TestResponse) -> dict[str, Any]:
    """Return all of a response but the time it says it was sent."""
    headers = {name: value for name, value in response.headers.items() if name != "Date"}
    return {"status": response.status_code, "headers": headers, "body": response.get_json()}


def visit(city: City, browser: Browser, number: int, client: str) -> Record:
    """Go to a party, and let it ask all it can; return everything that it was told."""
    asking = {"scope": "openid profile email", "state": "s", "nonce": "n"}
    share: tuple[str, ...] = SHARED
    if client.startswith(MERCHANTS):
        asking["claims"], share = (
            ASK_OF_MARKETING,
            TOLD[number % len(TOLD) if number % MINOR_EVERY else 0],
        )
    browser.sign_in(client, login=f"member-{number}", share=share, **asking)
    city.wait(seconds=1)
    sent = browser.get("/authorize", authorization(client, prompt="none", **asking))
    told = answer(sent)
    first = city.exchange(told["code"], client)
    tokens = first.get_json()
    renewed = city.refresh(tokens["refresh_token"], client)
    access = renewed.get_json()["access_token"]
    return {
        **at_its_own_desk(city, number, client),
        "pushed": received(push(city, client, **asking)),
        "pushed_wrongly": received(push(city, client, redirect_uri="https://evil.invalid")),
        "authorize": told,
        "location_length": len(sent.location),
        "token": received(first),
        "refresh": received(renewed),
        "userinfo": received(city.userinfo(access)),
        "introspection": received(city.introspect(access, client)),
        "wrong": received(city.exchange("wrong", client)),
        "replayed": received(city.exchange(told["code"], client)),
        "dead": received(city.userinfo(access)),
    }


def push(city: City, client: str, **changes: str) -> TestResponse:
    return city.call("/par", authorization(client, **changes), headers=basic(client))


def at_its_own_desk(city: City, number: int, client: str) -> Record:
    """Let a member show a code at a till, or a card at a reader; return what that was told."""
    if client.startswith(MERCHANTS):
        code = tills.shown(city, f"member-{number}")
        return {"till": received(tills.ask(city, code, "purpose", client))}
    with city.database() as session:
        of = registry.get(session, client).id
        terminal = session.scalars(select(Terminal.id).where(Terminal.client_id == of)).one()
    form = {
        "terminal": str(terminal),
        "service": client.removesuffix("-x"),
        "kind": "storage",
        "number": _card(number),
    }
    return {"reader": received(city.call(verify.PATH, form, headers=basic(client)))}


def with_receipts(
    city: City, browsers: Sequence[Browser], party: str, seen: list[Record]
) -> list[Record]:
    """Let every member hand the party the signed receipts of what they agreed to there."""
    with city.database() as session:
        of = registry.get(session, f"{party}-x").id
        kept = session.execute(select(Receipt.member_id, Receipt.id).where(Receipt.client_id == of))
        ids = [tuple(row) for row in kept]
    handed: list[Record] = []
    for number, record in enumerate(seen):
        mine = city.member_id(f"member-{number}")
        files = [
            browsers[number].get(f"/account/receipts/{key}.jwt").text
            for member, key in ids
            if member == mine
        ]
        handed.append({**record, "receipts": [_without_text(each) for each in files]})
    return handed


def _without_text(signed: str) -> Record:
    """Return what a receipt says but the words: whoever decided alike read the same."""
    claims = _payload(signed)
    claims.pop("pii_processing")
    return {**claims, "signature": signed.rpartition(".")[2]}


def _payload(signed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    return found


def with_events(city: City, pool: dict[str, list[Record]]) -> dict[str, list[Record]]:
    """Let members ask, correct and withdraw; add to each party's records what it is told of it."""
    names = {party: _names(party, records) for party, records in pool.items()}
    for turn, party in enumerate(PARTIES, start=1):
        _ask_and_withdraw(city, party, names[party], turn=turn)
    _correct(city, names)
    city.wait(seconds=SPREAD.total_seconds())
    told: dict[str, list[list[Record]]] = {party: [[] for _ in pool[party]] for party in pool}
    for party, sub, event in _events(city):
        if sub in names[party]:  # what a shop hears of a stranger is of a name it never had again
            told[party][names[party][sub]].append(event)
    return {
        party: [{**record, "events": told[party][number]} for number, record in enumerate(records)]
        for party, records in pool.items()
    }


def _names(party: str, records: Sequence[Record]) -> dict[str, int]:
    """Return who is who, by the name a party has for each it may recognise."""
    return {
        record["userinfo"]["body"]["sub"]: number
        for number, record in enumerate(records)
        if party in AGENCIES or (number % MINOR_EVERY and number % len(TOLD))
    }


def _in_turn(numbers: Sequence[int], turn: int) -> Iterator[int]:
    return iter(sorted(numbers, key=lambda number: (number * STRIDE**turn) % 1009))


def _ask_and_withdraw(city: City, party: str, names: dict[str, int], *, turn: int) -> None:
    rooms = city.app.extensions["taipei_id"]
    for number in _in_turn(list(names.values()), turn):
        now, member_id = city.wait(seconds=1), city.member_id(f"member-{number}")
        with city.database() as session:
            client = registry.get(session, f"{party}-x")
            wish = Wish(kind=RequestKind.STOP, recipient=str(client.id), language="en", acr=ACR[0])
            request_making.make(session, wish, member_id=member_id, keyring=rooms.keyring, now=now)
            purpose_id = client.purposes[0].id
            ledger.withdraw(session, member_id=member_id, purpose_id=purpose_id, now=now)
            consent_endings.withdrawn(
                session,
                member_id=member_id,
                client_id=client.id,
                purpose_id=purpose_id,
                language="en",
                now=now,
            )


def _correct(city: City, names: dict[str, dict[str, int]]) -> None:
    """Correct something of every member, of which every party hears that knows them."""
    rooms = city.app.extensions["taipei_id"]
    for number in sorted(set(names[AGENCIES[0]].values())):
        member_id = city.member_id(f"member-{number}")
        wish = Wish(kind=RequestKind.CORRECT, words="x", language="en", acr=ACR[0])
        with city.database() as session:
            made = request_making.make(
                session, wish, member_id=member_id, keyring=rooms.keyring, now=city.wait(seconds=1)
            )
            for party, known in names.items():
                if number in known.values():
                    client_id = registry.get(session, f"{party}-x").id
                    request_making.tell(session, client_id, made, stage="done", now=city.now)


def _events(city: City) -> Iterator[tuple[str, str, Record]]:
    """Do what is to be done, mail aside; give each party, the name it knows and what it hears."""
    with city.database() as session:
        session.execute(delete(Job).where(Job.kind == notices.KIND))
    world = World(city, answer=Answer(200, b""))
    world.work_off()
    events = {_address(party): party for party in PARTIES}
    logouts = {_logout_address(party): party for party in PARTIES}
    for url, body, _ in world.calls:
        if url in logouts:
            said = _payload(parse_qs(body.decode())["logout_token"][0])
            yield logouts[url], said["sub"], {"signed_out": said}
        else:
            said = _payload(body.decode())
            yield events[url], said["sub_id"]["sub"], said


def pooled(city: City, crowd: int) -> dict[str, list[Record]]:
    """Let everybody visit every party, each party in an order of its own."""
    browsers, pool = settle(city, crowd), {}
    for turn, party in enumerate(PARTIES, start=1):
        seen: dict[int, Record] = {}
        for step in range(crowd):
            number = step * STRIDE**turn % crowd
            city.wait(seconds=1)
            seen[number] = visit(city, browsers[number], number, f"{party}-x")
        records = [seen[number] for number in range(crowd)]
        pool[party] = with_receipts(city, browsers, party, records)
    for browser in browsers:
        browser.submit(browser.get("/logout"), decision="yes")
    return with_events(city, pool)


@one_database
def test_what_four_parties_pool_joins_nobody_better_than_chance(city: City) -> None:
    pool = pooled(city, CROWD)
    groups = 2 * len(TOLD)  # of age or not, known or not: lawfully the same, and all that is
    _require_all_told_apart(pool)

    told = known(pool)
    found = {pair: joined(told[pair[0]], told[pair[1]]) for pair in combinations(PARTIES, 2)}

    # A draw within each group finds one in it on average; four times that is far out.
    assert all(count <= 4 * groups for count in found.values()), found


def _require_all_told_apart(pool: dict[str, list[Record]]) -> None:
    """See that the merchants really were told a yes, a no, and nothing: or this proves little."""
    for merchant in MERCHANTS:
        told = [record["userinfo"]["body"].get(MARKETING) for record in pool[merchant]]
        assert told[:3] == [None, False, True]
    for agency in AGENCIES:
        heard = [json.dumps(record["events"]) for record in pool[agency]]
        assert all("signed_out" in each for each in heard)


PLANTS: dict[str, Callable[[int], object]] = {
    "a member's id": lambda number: f"0193a5c1-0000-7000-8000-{number * 7919:012x}",
    "a card's number": lambda number: f"{1_000_000_007 * (number + 1):016d}",
    "an unsalted hash": lambda number: hashlib.sha256(f"member-{number}".encode()).hexdigest(),
    "a shared address": lambda number: f"{number * 104729:08x}@relay.invalid",
    "one number for all who hear": lambda number: [
        {"events": {"x": {"reference": f"{number * 7919:08d}"}}}
    ],
}


def known(pool: dict[str, list[Record]]) -> dict[str, list[Features]]:
    """Return what each party could look for at another, for each member."""
    return {party: [features(each) for each in records] for party, records in pool.items()}


@one_database
def test_whatever_names_a_member_to_two_parties_is_found(city: City) -> None:
    pool = known(pooled(city, FEW + 1))  # 25 and 7 have no divisor in common

    assert joined(pool["library"], pool["cafe"]) < 0.5 * FEW
    for name, plant in PLANTS.items():
        planted = [features({"plant": plant(number)}) for number in range(FEW + 1)]
        for here, there in combinations(PARTIES, 2):
            ours, theirs = (
                [mine | more for mine, more in zip(pool[party], planted, strict=True)]
                for party in (here, there)
            )
            found = joined(ours, theirs)

            assert found > 0.9 * FEW, (name, here, there, found)
