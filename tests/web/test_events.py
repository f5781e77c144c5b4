"""Events for clients: pushed, fetched and sent again, always the same, and to nobody else."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from clients import registry
from clients.models import Client, Contract, Profile, Review
from clients.officer_models import Role
from idp import client_events, client_metadata, client_notices, member_notices, organisation_notices
from idp.client_events import SETTLED
from idp.client_notices import SPREAD
from idp.event_models import ClientEvent
from kernel.jobs import Job
from kernel.outgoing import Answer
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City, basic, statements
from tests.services import lives
from tests.web import staff
from tests.web.outbox import World
from web import consent_endings, contract_endings, event_pushes
from web.event_document import WEBHOOKS

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUSES = ("library", "archive")


@pytest.fixture
def listening(city: City) -> City:
    """Let both agencies take events."""
    with city.database() as session:
        for name in HOUSES:
            registry.get(session, name).notice_uri = f"https://{name}.invalid/notices"
    return city


def leave(city: City) -> None:
    """Let both hear that the member is gone, each in its own time."""
    member = city.member_id()
    with city.database() as session:
        for name in HOUSES:
            key = registry.get(session, name).id
            member_notices.enqueue_purged(session, key, member_id=member, now=city.now)


def wait(city: City, *, most: int, kind: str = organisation_notices.APPLIED) -> None:
    """Let the library hear of so many applications."""
    member = city.member_id()
    with city.database() as session:
        house = registry.get(session, "library").organisation_id
        for _ in range(most):
            organisation_notices.enqueue(session, house, kind, member_id=member, now=city.now)


def fetch(city: City, client_id: str = "library", **form: str) -> TestResponse:
    return city.call("/api/events", {"after": "", **form}, headers=basic(client_id))


def sets(city: City, client_id: str = "library", **form: str) -> dict[str, dict[str, Any]]:
    """Return the claims of what a client fetches, by their names; signatures verified."""
    answer = fetch(city, client_id, **form)
    assert answer.status_code == 200, answer.text
    return {jti: claims_of(city, token) for jti, token in answer.get_json()["sets"].items()}


def claims_of(city: City, token: str) -> dict[str, Any]:
    header, body = (json.loads(urlsafe_b64decode(each + "==")) for each in token.split(".")[:2])
    assert header["typ"] == "secevent+jwt"
    published = {each["kid"] for each in city.call("/jwks.json").get_json()["keys"]}
    assert header["kid"] in published
    return dict(body)


def leaves(node: Any) -> set[str]:
    if isinstance(node, dict):
        return {found for each in node.values() for found in leaves(each)}
    return {str(node)}


def test_what_is_pushed_can_be_fetched_and_is_the_same_event(listening: City) -> None:
    world = World(listening)
    wait(listening, most=1)
    world.work_off(organisation_notices.EVENTS)
    listening.wait(minutes=2)

    [(address, pushed, _)] = world.calls
    [(jti, fetched)] = sets(listening).items()

    told = claims_of(listening, pushed.decode())
    assert address == "https://library.invalid/notices"
    assert told["jti"] == jti == fetched["jti"]
    assert {**told, "iat": 0} == {**fetched, "iat": 0}
    assert told["events"] == {"urn:taipei-id:event:activation-applied": {}}
    assert told.keys() == {"iss", "aud", "iat", "jti", "toe", "sub_id", "events"}
    assert (told["iss"], told["aud"]) == (ISSUER, "library")


@one_database
def test_every_kind_of_event_is_as_the_document_describes_it(listening: City) -> None:
    document: Any = listening.call("/api/events/openapi.json").json
    member = str(listening.member_id())
    with listening.database() as session:
        client = registry.get(session, "library")
        payload = {"client": str(client.id), "purpose": str(client.purposes[0].id)}
        about = {"member": member, "reference": "M7K2P9QW", "claims": ["name"]}
        rest = {"kind": "correct", "stage": "asked"}
        for row in WEBHOOKS:
            reason = "refused" if row.kind == client_notices.MARKETING else "withdrawn"
            told = {**payload, **(about if row.about_member else {}), **rest, "reason": reason}
            client_events.enqueue(session, client.id, row.kind, told, at=listening.now)
    listening.wait(minutes=2)

    tokens = fetch(listening).get_json()["sets"].values()
    found = {}
    for token in tokens:
        parts = token.split(".")[:2]
        header, claims = (json.loads(urlsafe_b64decode(f"{each}==")) for each in parts)
        [uri] = claims["events"]
        found[uri] = [header, claims]

    pushes = event_pushes.by_kind(World(listening).rooms, World(listening).call)
    assert pushes.keys() == {each.kind for each in WEBHOOKS}
    assert found.keys() == {each.uri for each in WEBHOOKS}
    for row in WEBHOOKS:
        pushed = document["webhooks"][row.short_name]["post"]["requestBody"]["content"]
        schema = pushed["application/secevent+jwt"]["schema"]["contentSchema"]
        described = Draft202012Validator({**schema, "components": document["components"]})
        described.validate(found[row.uri])
        example = schema["prefixItems"][1]["examples"][0]
        described.validate([found[row.uri][0], example])
        assert not described.is_valid([{}, example])


def test_a_client_goes_on_where_it_stopped_and_gets_nobody_elses(listening: City) -> None:
    wait(listening, most=52)
    listening.wait(minutes=2)

    first = fetch(listening).get_json()
    rest = fetch(listening, after=first["next"]).get_json()
    last = fetch(listening, after=rest["next"]).get_json()

    assert (len(first["sets"]), first["moreAvailable"]) == (50, True)
    assert (len(rest["sets"]), rest["moreAvailable"]) == (2, False)
    assert not set(first["sets"]) & set(rest["sets"])
    assert last == {"sets": {}, "moreAvailable": False, "next": rest["next"]}
    assert sets(listening, "archive") == {}


@pytest.mark.refusal("event.not_found")
@one_database
def test_what_took_half_a_minute_to_commit_is_not_passed_over(listening: City) -> None:
    begun = listening.now
    listening.wait(seconds=1)
    wait(listening, most=1)
    listening.wait(seconds=30)
    known = fetch(listening).get_json()
    with listening.database() as session:
        house = registry.get(session, "library").organisation_id
        kind = organisation_notices.PETITIONED
        organisation_notices.enqueue(session, house, kind, member_id=None, now=begun)
    listening.wait(minutes=1)

    later = sets(listening, after=known["next"])

    assert len(known["sets"]) + len(later) == 2


@one_database
def test_a_cursor_that_is_not_the_clients_is_told_from_no_other(listening: City) -> None:
    wait(listening, most=1)
    listening.wait(minutes=2)
    [jti] = sets(listening)

    for after in ("nothing", "\u5e02", "'", "x" * 5000):
        assert fetch(listening, after=after).status_code == 404
    assert fetch(listening, "archive", after=jti).status_code == 404
    assert listening.call("/api/events", {"after": ""}).status_code == 401
    assert fetch(listening, "library").status_code == 200


@one_database
def test_who_fetches_too_often_is_slowed_down(listening: City) -> None:
    answers = [fetch(listening) for _ in range(62)]

    assert [each.status_code for each in answers].count(200) == 60
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.clause("10(3)")
@one_database
def test_two_agencies_that_pool_what_they_fetch_share_nothing_about_a_member(
    listening: City,
) -> None:
    leave(listening)
    early = {name: sets(listening, name) for name in HOUSES}
    listening.now += SPREAD + 2 * SETTLED

    here, there = (list(sets(listening, name).values()) for name in HOUSES)

    assert not any(early.values()) or early["library"].keys() != early["archive"].keys()
    [one], [other] = here, there
    common = leaves({**one, "iat": 0}) & leaves({**other, "iat": 0})
    assert common == {ISSUER, "iss_sub", "0"}


@one_database
def test_an_event_is_sent_again_under_its_own_name(listening: City) -> None:
    world = World(listening, answer=Answer(500, b""))
    wait(listening, most=1)
    world.work_off(organisation_notices.EVENTS)
    with listening.database() as session:
        house = registry.get(session, "library").organisation_id
    boss = staff.appoint(listening, "of.ficer", Role.OFFICER, organisation_id=house)
    officer = staff.sign_in(listening, "of.ficer", boss)
    page = officer.get("/agency/events")
    world.answer = Answer(202, b"")

    with listening.database() as session:
        event = session.scalars(select(ClientEvent)).one()
        session.execute(update(Job).values(done_at=listening.now))
    sent = officer.post(f"/agency/events/{event.id}/again", hidden(page))
    world.work_off(organisation_notices.EVENTS)

    first, second = (claims_of(listening, each[1].decode()) for each in world.calls)
    assert sent.status_code == 303
    assert "還沒收到" in page.text
    assert "已收到" in officer.get("/agency/events").text
    assert (first["jti"], first["toe"]) == (second["jti"], second["toe"])
    with listening.database() as session:
        assert session.scalars(select(ClientEvent.jti)).all() == [first["jti"]]


@one_database
def test_an_agency_sends_no_other_agencys_events_again(listening: City) -> None:
    wait(listening, most=1)
    with listening.database() as session:
        other = registry.get(session, "archive").organisation_id
        event = session.scalars(select(ClientEvent)).one()
    boss = staff.appoint(listening, "of.ficer", Role.OFFICER, organisation_id=other)
    officer = staff.sign_in(listening, "of.ficer", boss)
    page = officer.get("/agency/events")

    assert event.jti not in page.text
    assert officer.post(f"/agency/events/{event.id}/again", hidden(page)).status_code == 404


@pytest.mark.clause("2(8)4")
@one_database
def test_a_merchant_sends_its_own_events_again_and_nobody_elses(listening: City) -> None:
    world = World(listening)
    wait(listening, most=1)
    with listening.database() as session:
        house = make.a_shop(session, "cafe", notice_uri="https://cafe.invalid/n").organisation_id
        kind = organisation_notices.CONTRACT_ENDED
        organisation_notices.enqueue(session, house, kind, member_id=None, now=listening.now)
        told = select(Client.client_id, ClientEvent.id).join(ClientEvent)
        events = {row[0]: row[1] for row in session.execute(told)}
    boss = staff.appoint(listening, "mer.chant", Role.MERCHANT, organisation_id=house)
    merchant = staff.sign_in(listening, "mer.chant", boss)
    page = merchant.get("/merchant/events")

    answers = {
        name: merchant.post(f"/merchant/events/{key}/again", hidden(page)).status_code
        for name, key in events.items()
    }
    world.work_off({kind})

    assert answers == {"cafe": 303, "library": 404}
    assert [address for address, _, _ in world.calls] == ["https://cafe.invalid/n"] * 2
    assert len({claims_of(listening, body.decode())["jti"] for _, body, _ in world.calls}) == 1
    assert ("契約結束" in page.text, "有人申請開通" in page.text) == (True, False)


@one_database
def test_an_application_is_told_to_the_services_own_agency_alone(listening: City) -> None:
    with listening.database() as session:
        house = registry.get(session, "library").organisation_id
        lives.opened(session, house, listening.now, "swim_pass").working_days = 5
    mei = Browser(listening)
    mei.sign_in()
    path = "/account/services/swim_pass/open"

    assert mei.post(path, hidden(mei.get(path))).status_code == 303

    listening.wait(minutes=2)
    [told] = sets(listening).values()
    assert told["events"] == {"urn:taipei-id:event:activation-applied": {}}
    assert sets(listening, "archive") == {}


@one_database
def test_who_registered_no_address_or_is_not_admitted_is_told_nothing(listening: City) -> None:
    for values in (
        {"notice_uri": None},
        {"notice_uri": "https://x.invalid/", "review": Review.WAITING},
    ):
        with listening.database() as session:
            session.execute(update(Client).values(**values))
        wait(listening, most=1)

    with listening.database() as session:
        assert session.scalars(select(ClientEvent)).all() == []


@pytest.mark.clause("2(8)4")
@one_database
def test_a_merchant_hears_that_its_contract_ended_and_of_nobody(city: City) -> None:
    world = World(city)
    with city.database() as session:
        make.a_shop(session, "cafe", notice_uri="https://cafe.invalid/notices")
        ends_on = session.scalars(select(Contract.ends_on)).one()
    city.now += timedelta(days=(ends_on - city.now.date()).days + 2)

    contract_endings.end(city.sessions, now=city.now)
    world.work_off(organisation_notices.EVENTS)

    [(_, pushed, _)] = world.calls
    told = claims_of(city, pushed.decode())
    assert told["events"] == {"urn:taipei-id:event:contract-ended": {}}
    assert "sub_id" not in told
    city.wait(minutes=2)
    assert [each["events"] for each in sets(city, "cafe").values()] == [told["events"]]  # as well


@one_database
def test_a_withdrawal_costs_the_same_statements_however_many_went_before(listening: City) -> None:
    browser, member, costs = Browser(listening), listening.member_id(), []
    for _ in range(3):
        browser.sign_in()
        with listening.database() as session:
            client = registry.get(session, "library")
            of = {
                "member_id": member,
                "client_id": client.id,
                "purpose_id": client.purposes[0].id,
            }
        with statements(listening.sessions.kw["bind"]) as seen, listening.database() as session:
            consent_endings.withdrawn(session, **of, language="en", now=listening.now)
        costs.append(len(seen))
        listening.wait(minutes=1)

    assert len(set(costs)) == 1
    listening.wait(minutes=2)
    assert len(sets(listening)) == 3


@one_database
def test_a_client_registers_where_it_is_told_itself(listening: City) -> None:
    with listening.database() as session:
        told = client_metadata.told(registry.get(session, "library"))
    form: Any = client_metadata.form_of(
        {"redirect_uris": ["https://a.invalid/"], "notice_uri": "https://a.invalid/notices"},
        client_id="a-client",
        profile=Profile.BASIC,
        sector="a.invalid",
        purposes=[],
    )

    assert told["notice_uri"] == "https://library.invalid/notices"
    assert form["notice_uri"] == "https://a.invalid/notices"
