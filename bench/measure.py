"""Decide what is run, in which order and how often, and sum it up."""

import math
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from bench import crowd as crowd_
from bench import history, load, servers, stores
from bench.city import City
from bench.flows import PROBES
from bench.load import Run
from bench.seeding import seed
from bench.servers import Server
from bench.statements import Count, count
from kernel import clock
from kernel.db import sessions
from kernel.settings import Settings
from web.cli.opening import keyring_of

LOGINS_PER_SECOND = 100  # more than two cores can verify passwords
# Templates are compiled at first use, in each worker: nothing is measured before that is over.
WARMING_USERS, WARMING_REPETITIONS = 4, 10
# All may stand in line, for a table says what answers cost. Who is turned away, `--offered` tells.
LINE, LINE_OF_A_USER = 100, 2
LEAST = 3  # repetitions a user: a busy machine must not leave a row without numbers


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the person at the keyboard asked for."""

    engines: tuple[str, ...]
    users: tuple[int, ...]
    operations: tuple[str, ...]
    seconds: float
    repeats: int
    members: int
    crowd: int = 0  # made-up members who are there already

    def newcomers(self) -> int:
        """Return how many members one run of `login` can use up."""
        least = max(LEAST * max(self.users), WARMING_USERS * WARMING_REPETITIONS)
        return math.ceil(self.seconds * LOGINS_PER_SECOND) + least


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: the median of the repeats, and how far apart they were."""

    engine: str
    operation: str
    users: int
    server_ms: float
    store_ms: float
    total_ms: float  # CPU, server and store
    least_ms: float
    most_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_second: float
    worker_mb: float
    samples: int
    statements: int
    transactions: int


@dataclass(frozen=True, kw_only=True)
class Trees:
    """The processes whose time is counted."""

    provider: Server
    floor: Server
    store_pid: int | None


Say = Callable[[str], None]


def measure(plan: Plan, say: Say) -> list[Row]:
    """Run the plan on each engine and return the table. Raises Failed or NotStarted."""
    return [row for engine in plan.engines for row in _on(engine, plan, say)]


def _on(engine: str, plan: Plan, say: Say) -> list[Row]:
    with ExitStack() as stack:
        store, database = stack.enter_context(stores.opened(engine))
        settings = store.settings
        say(f"{engine}: seeding {plan.crowd or plan.members} members")
        city = _seeded(database, settings, plan)
        counts = count(settings, city)
        city = replace(city, newcomers=city.newcomers[2:])
        trees = Trees(
            provider=stack.enter_context(
                servers.provider(
                    store.url, longest_line=max(LINE, LINE_OF_A_USER * max(plan.users))
                )
            ),
            floor=stack.enter_context(servers.floor()),
            store_pid=store.pid,
        )
        runs = _runs(engine, plan, city, trees, say)
        return [_row(engine, *key, found, counts[key[0]]) for key, found in runs.items()]


def _seeded(database: Engine, settings: Settings, plan: Plan) -> City:
    rounds = (plan.repeats * len(plan.users) + 1) if "login" in plan.operations else 0
    members, places = max(plan.members, *plan.users), range(0)
    if plan.crowd:
        places = crowd_.enter(
            database, keyring_of(settings), plan.crowd, sealed=members, tell=lambda _done: None
        )
    city = seed(
        sessions(database),
        settings,
        keyring_of(settings),
        members=members,
        newcomers=2 + rounds * plan.newcomers(),  # two for counting statements
        places=places,
        now=clock.now(),
    )
    history.live(database, settings, city)
    return city


def _runs(
    engine: str, plan: Plan, city: City, trees: Trees, say: Say
) -> dict[tuple[str, int], list[Run]]:
    """Run everything once, then all of it again, so that a noisy minute spoils no row alone."""
    newcomers = _portions(city.newcomers, plan.newcomers())
    runs: dict[tuple[str, int], list[Run]] = {}

    def once(name: str, users: int, seconds: float, least: int) -> Run:
        fresh = next(newcomers) if name == "login" else ()
        server = trees.floor if name in PROBES else trees.provider
        part = replace(city, newcomers=fresh)
        return load.run(
            name, server, trees.store_pid, part, users=users, seconds=seconds, least=least
        )

    for name in plan.operations:
        once(name, WARMING_USERS, 0, WARMING_REPETITIONS)
    for repeat in range(plan.repeats):
        for name in plan.operations:
            say(f"{engine}: {name}, round {repeat + 1} of {plan.repeats}")
            for users in plan.users:
                runs.setdefault((name, users), []).append(once(name, users, plan.seconds, LEAST))
    return runs


def _portions(names: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    return (names[first : first + size] for first in range(0, len(names), size))


def _row(engine: str, operation: str, users: int, runs: list[Run], counted: Count) -> Row:
    def middle(values: Iterator[float]) -> float:
        return statistics.median(values)

    totals = [_each_ms(run, run.server_seconds + run.store_seconds) for run in runs]
    return Row(
        engine=engine,
        operation=operation,
        users=users,
        server_ms=middle(_each_ms(run, run.server_seconds) for run in runs),
        store_ms=middle(_each_ms(run, run.store_seconds) for run in runs),
        total_ms=statistics.median(totals),
        least_ms=min(totals),
        most_ms=max(totals),
        p50_ms=middle(_percentile(run.waits_ms, 50) for run in runs),
        p95_ms=middle(_percentile(run.waits_ms, 95) for run in runs),
        p99_ms=middle(_percentile(run.waits_ms, 99) for run in runs),
        per_second=middle(len(run.waits_ms) / run.elapsed_seconds for run in runs),
        worker_mb=max(run.worker_mb for run in runs),
        samples=sum(len(run.waits_ms) for run in runs),
        statements=counted.statements,
        transactions=counted.transactions,
    )


def _each_ms(run: Run, seconds: float) -> float:
    return seconds * 1000 / max(1, len(run.waits_ms))


def _percentile(values: tuple[float, ...], percent: int) -> float:
    """Return the least value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0
