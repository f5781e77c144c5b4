"""Fill a database with the crowd: streamed by COPY on PostgreSQL, in batches on SQLite.

A batch of members is one transaction, so who interrupts it finds whole members only, and who starts
again goes on where it stopped. Nothing grows with the size of the crowd. Sealing is what takes the
time; where it is not needed of all, PostgreSQL copies the others (`demo.crowd.copying`).
"""

import itertools
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Engine, Table, insert
from sqlalchemy.orm import Session

import migrations
from adapters.password.hashing import Hasher
from demo.crowd import copying, houses, people
from demo.crowd.digest import Digest
from demo.crowd.people import Crowd
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import register
from members.models import Member
from members.profile import Profile

BATCH = 2_000  # members a transaction
MOST_IN_A_FILE = 300_000  # members; a city of that size has outgrown SQLite
EXAMPLE = "crowd-example"  # whose agreements keep the texts
PASSWORD = "rain on the Tamsui 2026"  # of everybody in the crowd
ORDER = (  # as foreign keys want it
    *("member_approval", "member", "password_credential", "held_number", "binding"),
    *("consent_receipt", "consent", "activation", "ledger"),
)


class Filled(NamedTuple):
    """How many members were added, and what their rows come to; see `demo.crowd.digest`."""

    added: int
    digest: str


def fill(
    engine: Engine,
    keyring: Keyring,
    *,
    members: int,
    seed: int,
    lines: int,
    now: datetime,
    advance: Callable[[int], None],
    one_in: int = 1,
) -> Filled:
    """Bring the crowd to so many members, of whom one in so many is sealed and not copied.

    Who goes on names the same `seed`, `lines` and `one_in`. Raises ValueError for a crowd that is
    not to be had.
    """
    _require_possible(engine, members, one_in)
    crowd = _opened(engine, keyring, seed=seed, lines=lines, now=now)
    places = range(0, members, one_in)
    there, digest = _there(engine, places), Digest()
    advance(min(there, members))
    tables = migrations.metadata().tables
    for first in range(there, len(places), BATCH):
        some = places[first : first + BATCH]
        found = itertools.chain.from_iterable(people.rows(crowd, place) for place in some)
        _write(engine, {name: tables[name] for name in ORDER}, digest.of(found))
        advance(len(some))
    copied = 0
    if one_in > 1:
        copied = copying.multiply(engine, ORDER, members=members, one_in=one_in, advance=advance)
    return Filled(max(len(places) - there, 0) + copied, digest.hex())


def _require_possible(engine: Engine, members: int, one_in: int) -> None:
    if members > people.MOST:
        raise ValueError(f"at most {people.MOST} members have numbers of one letter")
    if members % one_in:
        raise ValueError(f"{members} is no multiple of {one_in}")
    if engine.dialect.name == "sqlite" and (members > MOST_IN_A_FILE or one_in > 1):
        raise ValueError(f"SQLite takes at most {MOST_IN_A_FILE} members, each one sealed")


def _opened(engine: Engine, keyring: Keyring, *, seed: int, lines: int, now: datetime) -> Crowd:
    with transaction(sessions(engine)) as session:
        return Crowd(
            seed=seed,
            keyring=keyring,
            houses=houses.enter(session, _example(session, keyring, now=now).id, now=now),
            password_hash=Hasher(parallel=1).hash(PASSWORD),
            lines=lines,
        )


def _example(session: Session, keyring: Keyring, *, now: datetime) -> Member:
    found = register.find_by_login(session, EXAMPLE)
    return found or register.add(session, EXAMPLE, Profile(name="合成"), keyring=keyring, now=now)


def _there(engine: Engine, places: range) -> int:
    """Return how many of these places are taken: they are filled from the front."""
    with engine.connect() as connection:
        return bisect_left(places, 1, key=lambda place: not copying.is_there(connection, place))


def _write(engine: Engine, tables: Mapping[str, Table], found: Iterator[people.Row]) -> None:
    gathered = defaultdict[str, list[Mapping[str, Any]]](list)
    for name, values in found:
        gathered[name].append(values)
    write = _copy if engine.dialect.name == "postgresql" else _insert
    with engine.begin() as connection:
        for name, table in tables.items():
            if gathered[name]:
                write(connection, table, gathered[name])


def _insert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(insert(table), values)


def _copy(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    columns = tuple(values[0])
    as_json = {name for name in columns if isinstance(table.columns[name].type, JSON)}
    names = ", ".join(columns)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(
                [json.dumps(row[name]) if name in as_json else row[name] for name in columns]
            )
