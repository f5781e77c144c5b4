from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clients import directory, registry
from clients.directory import Directory, RegisteredClient
from clients.models import Client
from kernel.ids import digest, new_id
from tests import make
from tests.flows.provider import statements

SECOND = timedelta(seconds=1)
MOMENT = timedelta(milliseconds=999)


def find(session: Session, known: Directory, *, now: datetime) -> RegisteredClient:
    client = known.find(session, "library", now=now)
    assert client is not None
    return client


def test_a_client_is_seen_as_it_was_registered(session: Session, now: datetime) -> None:
    row = make.a_client(session, post_logout_redirect_uris=["https://library.invalid/goodbye"])

    client = find(session, Directory(), now=now)

    assert client == directory.view_of(row)
    assert client.id == row.id
    assert client.redirect_uris == {"https://library.invalid/callback"}
    assert client.post_logout_redirect_uris == {"https://library.invalid/goodbye"}
    assert client.organisation.zh == "臺北市立圖書館"
    assert [each.secret_hash for each in client.secrets] == [digest(make.SECRET)]


def test_a_purpose_tells_what_it_may_ask_for(session: Session, now: datetime) -> None:
    make.a_client(session)

    (purpose,) = find(session, Directory(), now=now).purposes

    assert purpose.approved == {"name", "birthdate"}
    assert {each.name for each in purpose.claims if each.required} == {"name"}


def test_a_purpose_is_found_by_code_by_id_or_by_default(session: Session, now: datetime) -> None:
    make.a_client(session, purposes=[make.a_purpose_form("first"), make.a_purpose_form("another")])
    client = find(session, Directory(), now=now)

    default, another = client.find_purpose(None), client.find_purpose("another")

    assert default is not None
    assert another is not None
    assert (default.code, another.code) == ("first", "another")
    assert client.find_purpose_by_id(another.id) is another
    assert client.find_purpose("unknown") is None
    assert client.find_purpose_by_id(new_id()) is None


def test_a_client_in_frequent_use_costs_no_statement(
    session: Session, database: Engine, now: datetime
) -> None:
    make.a_client(session)
    known = Directory()
    client = find(session, known, now=now)

    with statements(database) as seen:
        assert find(session, known, now=now + MOMENT) is client
        assert known.find_by_id(session, client.id, now=now + MOMENT) is client

    assert seen == []


def test_a_change_is_seen_within_one_second(session: Session, now: datetime) -> None:
    row = make.a_client(session)
    known = Directory()
    find(session, known, now=now)

    row.name_en = "City Library"
    registry.rotate_secret(session, "library", now=now)
    session.flush()

    client = find(session, known, now=now + SECOND)
    assert client.name.en == "City Library"
    assert len(client.secrets) == 2


def test_a_disabled_client_is_gone_within_one_second(session: Session, now: datetime) -> None:
    row = make.a_client(session)
    known = Directory()
    find(session, known, now=now)

    row.disabled_at = now
    session.flush()

    assert known.find(session, "library", now=now + SECOND) is None
    assert known.find_by_id(session, row.id, now=now + SECOND) is None


def test_a_clock_set_back_does_not_keep_an_old_view(session: Session, now: datetime) -> None:
    row = make.a_client(session)
    known = Directory()
    find(session, known, now=now)
    row.name_en = "City Library"
    session.flush()

    assert find(session, known, now=now - SECOND).name.en == "City Library"


@pytest.mark.parametrize(
    "client_id", ["", "stranger", "LIBRARY", "library ", "library\0", "\ud800", "圖書館"], ids=ascii
)
def test_who_is_not_registered_under_exactly_this_name_is_nobody(
    session: Session, now: datetime, client_id: str
) -> None:
    make.a_client(session)

    assert Directory().find(session, client_id, now=now) is None


def test_a_client_registered_just_now_is_found_at_once(session: Session, now: datetime) -> None:
    known = Directory()
    assert known.find(session, "library", now=now) is None

    row = make.a_client(session)

    assert find(session, known, now=now).id == row.id


def test_a_client_is_found_by_its_key_without_having_been_seen(
    session: Session, now: datetime
) -> None:
    row = make.a_client(session)

    client = Directory().find_by_id(session, row.id, now=now)

    assert client is not None
    assert client.client_id == "library"
    assert Directory().find_by_id(session, new_id(), now=now) is None


def test_guessed_names_take_no_memory(session: Session, now: datetime) -> None:
    known = Directory()

    for number in range(10):
        known.find(session, f"guess-{number}", now=now)

    assert len(known._known) == 0


def test_only_so_many_clients_are_kept_and_the_oldest_goes_first(
    session: Session, now: datetime
) -> None:
    rows: list[Client] = [make.a_client(session, f"client-{number}") for number in range(3)]
    known = Directory(most=2)

    for row in rows:
        known.find(session, row.client_id, now=now)

    assert list(known._known) == ["client-1", "client-2"]
    assert set(known._names) == {rows[1].id, rows[2].id}
