"""Let PostgreSQL copy members of the crowd to the places between them, rows and all.

A copy is its original in everything but ids, moments, account name, number and carriers, which
follow from both. What is sealed is sealed for the original: a copy can be counted, found and joined
with, but neither sign in nor be read. For the size of tables that is enough, and it is quick.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection, Engine, Table, select, text

import migrations
from demo.crowd import people
from kernel.db import Moment
from members.models import Member

CHUNK = 50_000  # copies a transaction
# An id of version 7 and its moment, made from the original's and the place of who has the copy.
FRESH = """
CREATE OR REPLACE FUNCTION pg_temp.fresh(moment timestamptz, old uuid, place bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT overlay(overlay(
lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
|| substr(md5(old::text || place), 13) PLACING '7' FROM 13) PLACING '8' FROM 17)::uuid $$
"""
TWINS = """
CREATE TEMP TABLE twin ON COMMIT DROP AS
SELECT old, place, later, joined, pg_temp.fresh(joined, old, place) AS id FROM (
SELECT id AS old, substr(login, 7)::bigint + nth AS place, nth * :apart AS later,
approved_at + nth * :apart AS joined
FROM member CROSS JOIN generate_series(1, :copies) nth WHERE login = ANY(:originals)
) AS made
"""
OWN: Mapping[str, str] = {
    "member_id": "twin.id",
    "receipt_id": "pg_temp.fresh(twin.joined, t.receipt_id, twin.place)",
    "login": "'crowd-' || twin.place",
    "reference": "'crowd-' || twin.place",
    "fingerprint": "encode(sha256((t.id::text || twin.place)::bytea), 'hex')",
    "number_hash": "sha256((t.id::text || twin.place)::bytea)",
}
BEAR_THE_MEMBERS = ("member", "member_approval")  # their id is a member's
ORDERED = "ledger"  # its ids are of the moment of each line


def multiply(
    engine: Engine,
    tables: Iterable[str],
    *,
    members: int,
    one_in: int,
    advance: Callable[[int], None],
) -> int:
    """Fill the places between originals, which stand at each `one_in`th; return how many were."""
    places = range(0, members, one_in)
    step = max(1, CHUNK // one_in)
    with engine.connect() as connection:
        done = bisect_left(places, 1, key=lambda place: not is_there(connection, place + 1))
    advance(done * (one_in - 1))
    known, copied = migrations.metadata().tables, 0
    for first in range(done, len(places), step):
        originals = places[first : first + step]
        with engine.begin() as connection:
            made = _twins(connection, originals, copies=one_in - 1)
            for name in tables:
                _copy(connection, known[name])
        copied += made
        advance(made)
    return copied


def is_there(connection: Connection, place: int) -> bool:
    """Say whether somebody of the crowd stands at this place."""
    wanted = select(Member.id).where(Member.login == people.login_of(place))
    return connection.scalar(wanted) is not None


def _twins(connection: Connection, originals: range, *, copies: int) -> int:
    # What is copied was checked when its original was written.
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text(FRESH))
    values = {
        "originals": [people.login_of(place) for place in originals],
        "apart": people.APART,
        "copies": copies,
    }
    return connection.execute(text(TWINS), values).rowcount


def _copy(connection: Connection, table: Table) -> None:
    names = [column.name for column in table.columns]
    chosen = ", ".join(_value(table, name) for name in names)
    owner = "t.id" if table.name in BEAR_THE_MEMBERS else "t.member_id"
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {chosen} "  # noqa: S608  # our own names
            f"FROM twin JOIN {table.name} t ON twin.old = {owner} ORDER BY twin.place"
        )
    )


def _value(table: Table, name: str) -> str:
    """Return what a copy has in this column, in SQL."""
    if name == "id":
        moment = "t.at + twin.later" if table.name == ORDERED else "twin.joined"
        fresh = f"pg_temp.fresh({moment}, t.id, twin.place)"
        return "twin.id" if table.name in BEAR_THE_MEMBERS else fresh
    if isinstance(table.columns[name].type, Moment):
        return f"t.{name} + twin.later"
    return OWN.get(name, f"t.{name}")
