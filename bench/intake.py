"""Measure the desk: the screen a clerk fills in, and taking a case in, among a crowd of members.

`python -m bench --intake 1000 --intake 2600000`. One process, without a network: what is measured
is the server's own time. The clerk, the counter and the person are those of the desk's tests. A
crowd above a few thousand is copied from those by PostgreSQL itself, with ids, names and hashes of
its own: sealing every one of millions is not what is measured.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from unittest.mock import patch

import psycopg
from sqlalchemy import Engine, func, select, text

import migrations
from bench import servers
from bench.load import Failed
from carriers.models import Binding
from demo.crowd import filling
from idp import keys
from kernel import clock
from kernel.db import Base, open_engine, sessions, transaction
from members.approval_models import MemberApproval
from members.models import Member
from members.number_models import HeldNumber
from tests import make
from tests.flows.provider import City, statements, the_settings
from tests.web.office import Office, open_office
from web.app import create_app

ROUNDS = 200
SEED, LINES = 1, 4
SEALED = 2_000
# Each table of a copy, and what is its own.
TWINS: Mapping[type[Base], Mapping[str, str]] = {
    MemberApproval: {"id": "twin.new", "application_id": "NULL"},
    Member: {"id": "twin.new", "login": "twin.new::text"},
    HeldNumber: {
        "id": "gen_random_uuid()",
        "member_id": "twin.new",
        "number_hash": "sha256(twin.new::text::bytea)",
    },
    Binding: {
        "id": "gen_random_uuid()",
        "member_id": "twin.new",
        "fingerprint": "encode(sha256((twin.new::text || t.id::text)::bytea), 'hex')",
    },
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the desk took among so many members: milliseconds, and statements."""

    engine: str
    members: int
    step: str
    median_ms: float
    p95_ms: float
    statements: int


def measure(engine_name: str, crowd: int, tell: Callable[[str], None]) -> list[Desk]:
    """Measure both steps among a crowd on one engine."""
    with _open(engine_name, crowd, tell) as office:
        tell(f"{engine_name}: at the desk among {crowd}")
        found = []
        for step, do in {"screen": _screen, "take in": _take_in}.items():
            with statements(office.city.sessions.kw["bind"]) as seen:
                do(office)
            taken = sorted(_timed(do, office) for _ in range(ROUNDS))
            found.append(
                Desk(
                    engine=engine_name,
                    members=crowd,
                    step=step,
                    median_ms=statistics.median(taken),
                    p95_ms=taken[int(ROUNDS * 0.95)],
                    statements=len(seen),
                )
            )
        return found


@contextmanager
def _open(engine_name: str, crowd: int, tell: Callable[[str], None]) -> Iterator[Office]:
    with tempfile.TemporaryDirectory(prefix="taipei-id-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may be another user
        with servers.store(engine_name, folder) as store:
            migrations.upgrade(store.url)
            engine = open_engine(store.url)
            tell(f"{engine_name}: seeding {crowd} members")
            filling.fill(
                engine,
                make.KEYRING,
                members=min(crowd, SEALED) if engine_name == "postgresql" else crowd,
                seed=SEED,
                lines=LINES,
                now=make.NOON,
                advance=lambda _done: None,
            )
            if engine_name == "postgresql":
                _multiply(engine, crowd)
            city = City(create_app(the_settings(), database=sessions(engine)), sessions(engine))
            with transaction(city.sessions) as session:
                keys.ensure(session, make.KEYRING, now=city.now)
            city.register("library")
            city.enrol("mei.chen")
            if engine_name == "postgresql":
                _settle(engine)
            with patch.object(clock, "now", lambda: city.now):
                yield open_office(city)
            engine.dispose()


def _multiply(engine: Engine, crowd: int) -> None:
    """Copy the first members until there are so many; PostgreSQL does it by itself."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        there = connection.scalar(select(func.count()).select_from(Member)) or 0
        connection.execute(
            text(
                "CREATE TEMP TABLE twin ON COMMIT DROP AS "
                "SELECT id AS old, gen_random_uuid() AS new "
                "FROM member CROSS JOIN generate_series(2, :times)"
            ),
            {"times": crowd // there},
        )
        for table, fresh in TWINS.items():
            names = [column.name for column in table.__table__.columns]
            chosen = ", ".join(fresh.get(name, f"t.{name}") for name in names)
            owner = "member_id" if "member_id" in names else "id"
            connection.execute(
                text(
                    f"INSERT INTO {table.__tablename__} ({', '.join(names)}) SELECT {chosen} "  # noqa: S608  # our own names
                    f"FROM {table.__tablename__} t JOIN twin ON twin.old = t.{owner}"
                )
            )


def _settle(engine: Engine) -> None:
    """Do at once what autovacuum and the checkpointer do within minutes of such a load."""
    address = engine.url.set(drivername="postgresql")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _screen(office: Office) -> None:
    page = office.browser.get("/counter/intake", {"matter": "bind", "kind": "national"})
    if page.status_code != HTTPStatus.OK:
        raise Failed(f"the screen answered {page.status_code}")


def _take_in(office: Office) -> None:
    office.opened()


def _timed(do: Callable[[Office], None], office: Office) -> float:
    began = time.perf_counter()
    do(office)
    return (time.perf_counter() - began) * 1000
