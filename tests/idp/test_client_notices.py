"""Who is told of what: a merchant only of whom it knows, and never by a first name (10(4))."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from clients import registry
from clients.models import Client
from idp import client_notices, member_notices
from idp.client_notices import MARKETING, SPREAD
from idp.models import Subject
from kernel.ids import new_id
from kernel.jobs import Job, Work
from kernel.outgoing import Answer
from tests import make
from tests.flows.provider import City

pytestmark = pytest.mark.clause("10(4)")
NOTICES = "https://cafe.invalid/notices"
KINDS = (client_notices.KIND, MARKETING)


@pytest.fixture
def shop(city: City) -> City:
    with city.database() as session:
        make.a_shop(session, "cafe", notice_uri=NOTICES)
        registry.get(session, "library").notice_uri = "https://library.invalid/notices"
    return city


def key(city: City, client_id: str = "cafe") -> UUID:
    with city.database() as session:
        return registry.get(session, client_id).id


def introduce(city: City) -> None:
    """Let the café know the member by a name of its own."""
    with city.database() as session:
        session.add(Subject(sector="cafe.invalid", member_id=city.member_id(), sub="known-here"))


def enqueued(city: City, client_id: str = "cafe", kind: str = client_notices.KIND) -> bool:
    client, member = key(city, client_id), city.member_id()
    with city.database() as session:
        return client_notices.enqueue(
            session,
            member_id=member,
            client_id=client,
            purpose_id=new_id(),
            reason="withdrawn",
            now=city.now,
            kind=kind,
        )


def jobs(city: City) -> list[Job]:
    with city.database() as session:
        return list(session.scalars(select(Job)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_merchant_that_met_a_stranger_hears_of_nobody(shop: City, kind: str) -> None:
    client, member = key(shop), shop.member_id()

    assert not enqueued(shop, kind=kind)
    with shop.database() as session:
        assert not client_notices.is_known(session, client, member_id=member)
        assert not member_notices.enqueue_purged(session, client, member_id=member, now=shop.now)
        assert not member_notices.enqueue_request(
            session,
            client,
            member_id=member,
            reference="ABCDEFGH",
            kind="delete",
            claims=["name"],
            stage="asked",
            now=shop.now,
        )
    assert jobs(shop) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_merchant_that_knows_the_member_hears(shop: City, kind: str) -> None:
    introduce(shop)

    assert enqueued(shop, kind=kind)
    assert [each.kind for each in jobs(shop)] == [kind]


def test_knowing_another_member_or_in_another_sector_is_not_knowing(shop: City) -> None:
    shop.enrol("another")
    with shop.database() as session:
        other = shop.member_id("another")
        session.add(Subject(sector="cafe.invalid", member_id=other, sub="a"))
        session.add(Subject(sector="bakery.invalid", member_id=shop.member_id(), sub="b"))

    assert not enqueued(shop)


def test_who_takes_no_events_is_known_and_not_told(shop: City) -> None:
    introduce(shop)
    client, member = key(shop), shop.member_id()
    with shop.database() as session:
        session.execute(update(Client).values(notice_uri=None))

    assert not enqueued(shop)
    with shop.database() as session:
        assert client_notices.is_known(session, client, member_id=member)


def test_an_agency_hears_without_having_met_the_member(shop: City) -> None:
    assert enqueued(shop, "library")  # its name for a member can always be worked out


def pushed(city: City, client_id: str = "cafe") -> list[str]:
    """Do one job by hand and return where it was sent."""
    rooms, called = city.app.extensions["taipei_id"], list[str]()

    def send(url: str, body: bytes, *, content_type: str) -> Answer:
        called.append(url)
        return Answer(202, b"")

    push = client_notices.ConsentEnded(rooms.sessions, rooms.provider, send)
    payload = {
        "member": str(city.member_id()),
        "client": str(key(city, client_id)),
        "purpose": str(new_id()),
        "reason": "withdrawn",
    }
    work = Work(new_id(), client_notices.KIND, payload, 1, city.now)
    push(work, now=city.now)
    return called


def test_a_merchant_whose_contract_ended_still_hears_that_it_must_delete(shop: City) -> None:
    introduce(shop)
    shop.wait(days=90)

    assert pushed(shop) == [NOTICES]


def test_a_merchant_that_is_gone_or_hears_nothing_any_more_is_not_called(shop: City) -> None:
    introduce(shop)
    with shop.database() as session:
        session.execute(update(Client).values(notice_uri=None))
    shop.wait(seconds=2)
    assert pushed(shop) == []
    with shop.database() as session:
        session.execute(update(Client).values(notice_uri=NOTICES, disabled_at=shop.now))
    shop.wait(seconds=2)

    assert pushed(shop) == []


@pytest.mark.clause("10(3)")
def test_what_all_hear_of_they_hear_at_different_times(shop: City) -> None:
    introduce(shop)
    clients, member = [key(shop), key(shop, "library"), key(shop, "archive")], shop.member_id()
    with shop.database() as session:
        session.execute(update(Client).values(notice_uri=NOTICES))
    with shop.database() as session:
        for each in clients:
            member_notices.enqueue_purged(session, each, member_id=member, now=shop.now)

    moments = [each.run_at for each in jobs(shop)]

    assert len(set(moments)) == len(clients)
    assert all(shop.now <= each <= shop.now + SPREAD for each in moments)
    assert all(each.created_at == each.run_at for each in jobs(shop))  # what the token says
    assert timedelta(hours=1) <= SPREAD
