"""Readers fetch their list, and the documentation's own reader works with it."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.models import TrailEntry
from clients import registry, terminals
from services.models import Activation
from tests.flows.provider import basic
from tests.web.test_verify import NUMBER, SERVICE, Desk, desk, is_problem, one_database
from web import reader_lists

__all__ = ["desk"]
pytestmark = pytest.mark.clause("6(2)")
PAGE = Path(__file__).parents[2] / "docs" / "readers.md"


def fetch(desk: Desk, **more: Any) -> Any:  # werkzeug's own options
    asked = {"terminal": desk.terminal, "service": SERVICE, **more.pop("asked", {})}
    headers = {**basic("library"), **more.pop("headers", {})}
    return desk.city.call(reader_lists.PATH, headers=headers, query_string=asked, **more)


@pytest.fixture
def reader(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the reader in the documentation defines, with the test's clock."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102  # our own documentation

    def moment() -> float:
        return desk.city.now.timestamp()

    monkeypatch.setattr(names["time"], "time", moment)
    return names


def look_up(desk: Desk, reader: dict[str, Any], token: str, **changes: str) -> str | None:
    with desk.city.database() as session:
        client = registry.get(session, "library")
        key = desk.city.app.extensions["taipei_id"].reader_keys.of_client(client.id)
    jwks = desk.city.call("/jwks.json").get_json()
    asked = {"kind": "storage", "number": NUMBER, **changes}
    place = {"terminal": desk.terminal, "service": SERVICE}
    found: str | None = reader["look_up"](token, jwks, key, **asked, **place)
    return found


def test_a_card_tapped_once_is_known_without_a_line(desk: Desk, reader: dict[str, Any]) -> None:
    desk.note(Activation.ACTIVATED)
    before = look_up(desk, reader, fetch(desk).text)
    desk.tap()

    response = fetch(desk)

    assert before is None
    assert look_up(desk, reader, response.text) == "activated"
    assert look_up(desk, reader, response.text, number="04ffffffffffff") is None
    assert response.mimetype == "application/reader-list+jwt"
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.clause("7(7)")
@one_database
def test_a_lost_card_is_off_the_next_list_and_the_last_one_ends(
    desk: Desk, reader: dict[str, Any]
) -> None:
    desk.tap()
    held = fetch(desk).text

    desk.lose()

    assert look_up(desk, reader, fetch(desk).text) is None
    assert look_up(desk, reader, held) == "unknown"  # for a quarter of an hour
    desk.city.wait(minutes=15)
    with pytest.raises(ValueError, match="stale"):
        look_up(desk, reader, held)


@one_database
def test_another_readers_list_is_not_worked_with(desk: Desk, reader: dict[str, Any]) -> None:
    with desk.city.database() as session:
        client = registry.get(session, "library")
        other = terminals.add(session, client, "Desk 2", now=desk.city.now).id
    token = fetch(desk, asked={"terminal": str(other)}).text

    with pytest.raises(ValueError, match="another reader"):
        look_up(desk, reader, token)


@one_database
def test_who_has_the_list_is_not_sent_it_again(desk: Desk) -> None:
    desk.tap()
    first = fetch(desk)

    same = fetch(desk, headers={"If-None-Match": first.headers["ETag"]})
    desk.lose()
    other = fetch(desk, headers={"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    assert other.status_code == 200
    with desk.city.database() as session:
        issued = select(TrailEntry).where(TrailEntry.event == "terminal.list_issued")
        assert len(session.scalars(issued).all()) == 2


@one_database
def test_a_list_is_posted_for_as_well(desk: Desk) -> None:
    form = {"terminal": desk.terminal, "service": SERVICE}

    assert desk.city.call(reader_lists.PATH, form, headers=basic("library")).status_code == 200


@pytest.mark.refusal("client.authentication_failed")
@one_database
def test_a_secret_in_an_address_proves_nobody(desk: Desk) -> None:
    asked = {"terminal": desk.terminal, "service": SERVICE, "client_id": "library"}
    response = desk.city.call(
        reader_lists.PATH, query_string={**asked, "client_secret": "a-secret"}
    )

    assert is_problem(response, "client.authentication_failed", 401)


@pytest.mark.refusal("terminal.not_registered")
@one_database
def test_only_the_agencys_own_reader_and_service_are_served(desk: Desk) -> None:
    for asked in ({"terminal": "desk 1"}, {"service": "other"}, {"service": "\0"}):
        assert is_problem(fetch(desk, asked=asked), "terminal.not_registered", 403)


@pytest.mark.refusal("terminal.locked")
@one_database
def test_who_fetches_all_the_time_is_slowed_down(desk: Desk) -> None:
    with desk.city.database() as session:
        rooms = desk.city.app.extensions["taipei_id"]
        key = reader_lists.FETCHES.key(desk.terminal, secret=rooms.throttle_key)
        for _ in range(reader_lists.FETCHES.limit):
            reader_lists.FETCHES.hit(session, key, now=desk.city.now)

    assert is_problem(fetch(desk), "terminal.locked", 429)
