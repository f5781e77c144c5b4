"""Time single parts in this process: the rules, consent and ledger, a page of a long footprint.

`python -m bench --parts`. Each is repeated until it is warm; the best of several rounds counts,
because whatever else runs on the machine can only make it longer.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, insert, text

from audit import footprint, trail
from audit.lines import Kind
from audit.models import LedgerLine
from bench import cpu, stores
from bench.city import CLIENT, City
from bench.seeding import SHARED, seed
from bench.statements import sender
from bench.stores import Store
from clients.directory import Directory, RegisteredPurpose
from consent import ledger, rules
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id, new_id_at
from kernel.settings import Settings
from kernel.work import WorkSession
from web import sessions as browser_sessions
from web.app import create_app
from web.cli.opening import keyring_of

ROUNDS = 5
LINES = 100_000
LINES_OF_OTHERS = 5
CITIES = (1_000, 20_000)  # members who have lines
BATCH = 5_000
COOKIE = "taipei-id-session"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one part costs: microseconds of CPU, here and in PostgreSQL."""

    engine: str
    name: str
    here_us: float
    store_us: float


@dataclass(frozen=True)
class Bench:
    """A seeded database and who is in it."""

    engine_name: str
    engine: Engine
    settings: Settings
    city: City
    store_pid: int | None
    purpose: RegisteredPurpose
    sector: str
    member_id: UUID
    idle: timedelta

    def timed(self, name: str, work: Callable[[], object], *, times: int) -> Part:
        """Return what `work` costs each time."""
        work()
        before = self._store()
        here = min(_seconds(work, times) for _ in range(ROUNDS))
        store = (self._store() - before) / ROUNDS
        each = 1e6 / times
        return Part(engine=self.engine_name, name=name, here_us=here * each, store_us=store * each)

    def _store(self) -> float:
        return 0.0 if self.store_pid is None else cpu.spent(self.store_pid)


def _seconds(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - began


def measure(engines: Sequence[str], say: Callable[[str], None]) -> list[Part]:
    """Measure every part on each engine."""
    return [part for engine in engines for part in _on(engine, say)]


def _on(engine_name: str, say: Callable[[str], None]) -> Iterator[Part]:
    with stores.opened(engine_name) as (store, engine):
        bench = _bench(engine_name, store, engine)
        say(f"{engine_name}: rules, consent and ledger")
        yield bench.timed("rules, one evaluation", _rules(bench), times=2_000)
        yield _share(bench)
        yield from _footprint(bench, say)


def _bench(engine_name: str, store: Store, engine: Engine) -> Bench:
    settings, now = store.settings, clock.now()
    city = seed(sessions(engine), settings, keyring_of(settings), members=10, newcomers=0, now=now)
    idle = settings.lifetimes.of("session_idle")
    with transaction(sessions(engine)) as session:
        visitor = browser_sessions.find(session, city.cookies[0], now=now, idle=idle)
        client = Directory().find(session, CLIENT, now=now)
    if visitor is None or client is None:
        raise RuntimeError("the city was not seeded")
    return Bench(
        engine_name,
        engine,
        settings,
        city,
        store.pid,
        client.purposes[0],
        client.sector,
        visitor.member_id,
        idle,
    )


def _rules(bench: Bench) -> Callable[[], object]:
    session, now = WorkSession(sessions(bench.engine)), clock.now()
    decisions = ledger.decisions(session, member_id=bench.member_id, purpose_id=bench.purpose.id)
    terms = rules.terms_of(bench.purpose)
    session.close()
    return lambda: rules.releasable(SHARED, terms, decisions, now=now)


def _share(bench: Bench) -> Part:
    """Return what consent and ledger add to a silent sign-in: the same requests without them."""
    name = "consent and ledger in a sign-in"
    whole = bench.timed(name, lambda: _sign_in(bench), times=200)
    rest = bench.timed(name, lambda: _protocol_alone(bench), times=200)
    return Part(
        engine=bench.engine_name,
        name=name,
        here_us=whole.here_us - rest.here_us,
        store_us=whole.store_us - rest.store_us,
    )


def _sign_in(bench: Bench) -> None:
    """Do what consent and ledger do in authorize and userinfo, with what they happen beside."""
    for kind in (Kind.SIGNED_IN, Kind.RELEASED):
        now, session = clock.now(), WorkSession(sessions(bench.engine))
        found = browser_sessions.find_with_decisions(
            session,
            bench.city.cookies[0],
            bench.purpose.id,
            sector=bench.sector,
            now=now,
            idle=bench.idle,
        )
        decisions = () if found is None else found[1]
        terms = rules.terms_of(bench.purpose)
        claims = rules.releasable(SHARED, terms, decisions, now=now)
        if kind is Kind.SIGNED_IN:
            _grant(bench, session, now)
        footprint.record(
            session,
            kind,
            member_id=bench.member_id,
            now=now,
            client_id=bench.purpose.id,
            purpose_id=bench.purpose.id,
            claims=claims,
            basis={str(each.receipt_id) for each in decisions},
        )
        session.commit()
        session.close()


def _protocol_alone(bench: Bench) -> None:
    for writes in (True, False):
        now, session = clock.now(), WorkSession(sessions(bench.engine))
        browser_sessions.find(session, bench.city.cookies[0], now=now, idle=bench.idle)
        if writes:
            _grant(bench, session, now)
        session.commit()
        session.close()


def _grant(bench: Bench, session: WorkSession, now: datetime) -> None:
    """Write something, as authorize writes the grant."""
    trail.record(session, "bench", actor=bench.member_id, now=now)


def _footprint(bench: Bench, say: Callable[[str], None]) -> Iterator[Part]:
    say(f"{bench.engine_name}: writing {LINES} lines of one member")
    _write_lines(bench, itertools.repeat(bench.member_id, LINES))
    app = create_app(bench.settings, database=sessions(bench.engine))
    send = sender(app)
    headers = {"Cookie": f"{COOKIE}={bench.city.cookies[0]}"}
    others = 0
    for size in CITIES:
        say(f"{bench.engine_name}: footprint among {size} members")
        ids = (new_id() for _ in range(size - others))
        _write_lines(bench, (each for each in ids for _ in range(LINES_OF_OTHERS)))
        others = size
        _gather_statistics(bench)
        yield bench.timed(
            f"footprint page, {LINES:,} lines, {size:,} members",
            lambda: send("GET", "/account/footprint", headers, b""),
            times=10,
        )


def _write_lines(bench: Bench, members: Iterator[UUID]) -> None:
    now = clock.now() - timedelta(days=1)
    for batch in iter(lambda: list(itertools.islice(members, BATCH)), []):
        rows = [_line(bench, each, now) for each in batch]
        with bench.engine.begin() as connection:
            connection.execute(insert(LedgerLine), rows)


def _line(bench: Bench, member_id: UUID, now: datetime) -> dict[str, object]:
    return {
        "id": new_id_at(now),
        "at": now,
        "member_id": member_id,
        "kind": Kind.SIGNED_IN.value,
        "client_id": bench.purpose.id,
        "purpose_id": bench.purpose.id,
        "claims": [],
        "basis": [],
        "detail": {},
    }


def _gather_statistics(bench: Bench) -> None:
    if bench.store_pid is not None:  # what autovacuum does within a minute
        with bench.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
