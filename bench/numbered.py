"""Enter members who have an identity number and nothing else: what a batch is matched with.

PostgreSQL is sent a number's hash and two ids a member, and copies the rows of three tables from
that by itself: a million take a minute. SQLite has no such copy; there each row is inserted.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, text

from kernel.ids import new_id
from kernel.keyring import Keyring
from members import numbering
from members.approval_models import ApprovalKind, MemberApproval
from members.models import Member, Standing
from members.number_models import HeldNumber
from members.numbers import Kind, check_digit, recognise

BATCH = 5_000
LETTERS, EACH_LETTER = "ABCDEFGHJK", 9_999_999
COPIES = (
    "INSERT INTO member_approval (id, kind, approved_at) SELECT id, :approval, :now FROM entry",
    """INSERT INTO member (id, login, standing, standing_at, approved_at, data_key_sealed,
    profile_sealed) SELECT id, 'bench-' || place, :standing, :now, :now, '', '' FROM entry""",
    """INSERT INTO held_number (id, member_id, kind, key_version, number_hash, value_sealed, since)
    SELECT held_id, id, :kind, :version, number_hash, '', :now FROM entry""",
)


class Entry(NamedTuple):
    """What is particular to one of them."""

    place: int
    id: UUID
    held_id: UUID
    number_hash: bytes


def number(place: int) -> str:
    """Return the synthetic number of who stands at this place."""
    first = f"{LETTERS[place // EACH_LETTER]}1{place % EACH_LETTER:07}"
    return first + check_digit(first)


def enter(engine: Engine, keyring: Keyring, count: int, *, now: datetime) -> None:
    """Enter so many members in an empty city."""
    write = _copy if engine.dialect.name == "postgresql" else _insert
    with engine.begin() as connection:
        write(connection, _entries(keyring, count), now)


def _entries(keyring: Keyring, count: int) -> Iterator[Entry]:
    hashed = numbering.hasher(keyring)
    for place in range(count):
        yield Entry(place, new_id(), new_id(), hashed(recognise(number(place))))


def _copy(connection: Connection, entries: Iterator[Entry], now: datetime) -> None:
    connection.execute(
        text(
            "CREATE TEMP TABLE entry (place int, id uuid, held_id uuid, number_hash bytea)"
            " ON COMMIT DROP"
        )
    )
    with connection.connection.cursor().copy("COPY entry FROM STDIN") as copy:
        for each in entries:
            copy.write_row(each)
    values = {
        "approval": ApprovalKind.BOOTSTRAP.value,
        "standing": Standing.ACTIVE.value,
        "kind": Kind.NATIONAL.value,
        "version": numbering.KEY_VERSION,
        "now": now,
    }
    for statement in COPIES:
        connection.execute(text(statement), values)


def _insert(connection: Connection, entries: Iterator[Entry], now: datetime) -> None:
    while some := list(islice(entries, BATCH)):
        for table, row in ((MemberApproval, _approval), (Member, _member), (HeldNumber, _held)):
            connection.execute(insert(table), [row(each, now) for each in some])


def _approval(entry: Entry, now: datetime) -> Mapping[str, Any]:
    return {"id": entry.id, "kind": ApprovalKind.BOOTSTRAP, "approved_at": now}


def _member(entry: Entry, now: datetime) -> Mapping[str, Any]:
    return {
        "id": entry.id,
        "login": f"bench-{entry.place}",
        "standing": Standing.ACTIVE,
        "standing_at": now,
        "approved_at": now,
        "data_key_sealed": b"",
        "profile_sealed": b"",
    }


def _held(entry: Entry, now: datetime) -> Mapping[str, Any]:
    return {
        "id": entry.held_id,
        "member_id": entry.id,
        "kind": Kind.NATIONAL,
        "key_version": numbering.KEY_VERSION,
        "number_hash": entry.number_hash,
        "value_sealed": b"",
        "since": now,
    }
