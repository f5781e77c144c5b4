"""Fill a database with the crowd: streamed by COPY on PostgreSQL, in batches on SQLite.

A batch of members is one transaction, so who interrupts it finds whole members only, and who starts
again goes on where it stopped. Nothing grows with the size of the crowd.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Table, func, insert, select
from sqlalchemy.orm import Session

import migrations
from adapters.password.hashing import Hasher
from demo.crowd import houses, people
from demo.crowd.people import Crowd
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import register
from members.models import Member
from members.profile import Profile

BATCH = 2_000  # members a transaction
EXAMPLE = "crowd-example"  # whose agreements keep the texts
PASSWORD = "rain on the Tamsui 2026"  # of everybody in the crowd
ORDER = (  # as foreign keys want it
    *("member_approval", "member", "password_credential", "held_number", "binding"),
    *("consent_receipt", "consent", "activation", "ledger"),
)


def fill(
    engine: Engine,
    keyring: Keyring,
    *,
    members: int,
    seed: int,
    lines: int,
    now: datetime,
    advance: Callable[[int], None],
) -> int:
    """Bring the crowd to so many members; return how many were added."""
    if members > people.MOST:
        raise ValueError(f"at most {people.MOST} members have numbers of one letter")
    crowd = _opened(engine, keyring, seed=seed, lines=lines, now=now)
    there = _there(engine)
    advance(min(there, members))
    tables = migrations.metadata().tables
    for first in range(there, members, BATCH):
        places = range(first, min(first + BATCH, members))
        found = itertools.chain.from_iterable(people.rows(crowd, place) for place in places)
        _write(engine, {name: tables[name] for name in ORDER}, found)
        advance(len(places))
    return max(members - there, 0)


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


def _there(engine: Engine) -> int:
    """Return how many stand in line already: places are filled from the front."""
    crowd = Member.login.like("crowd-%"), Member.login != EXAMPLE
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).where(*crowd)) or 0)


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
