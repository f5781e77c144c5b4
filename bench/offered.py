"""Offer more than there may be room for, and see what becomes of people: `--offered 300`.

Sign-ins arrive by a schedule, some of people who type a password and agree for the first time;
afterwards the checker of the fault tests holds what they were told against the records. Then token
traffic alone, and beside guesses at passwords: `--guesses 2000`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from subprocess import Popen

from sqlalchemy import delete

from bench import crowd, load, pools, stores
from bench.city import CLIENT, City
from bench.generator import GO
from bench.open_loop import TURNED_AWAY, Became, Offer
from bench.pools import Ports
from bench.seeding import seed
from bench.servers import HOST
from bench.stores import Store
from kernel import clock
from kernel.db import Sessions, sessions, transaction
from kernel.throttle import Throttle
from tests.faults import records
from tests.faults.promises import Promised
from web.cli.opening import keyring_of

GENERATOR = "bench.open_loop"
MEMBERS, NEWCOMERS = 500, 500
SHARE = 0.02  # of those who sign in: they were not here before
REFRESHES = 20  # a second: what a machine has room for, with all else it does


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What became of sign-ins that were offered, and whether the records agree."""

    engine: str
    per_second: float
    seconds: float
    became: Became
    disagreement: str  # of the records with what people were told; empty if there is none


@dataclass(frozen=True, kw_only=True)
class Guessed:
    """Token traffic alone and beside guesses, with so many pools of workers."""

    engine: str
    pools: int
    alone: Became
    beside: Became
    guesses: Became

    def slower(self, of: Callable[[list[float]], float]) -> float:
        """Return how long a refresh takes beside guesses, as a multiple of alone."""
        return of(self.beside.refresh_ms) / of(self.alone.refresh_ms)


@dataclass(frozen=True)
class Bench:
    """A database that is served, and who is in it."""

    ports: Ports
    city: City

    def offer(self, seconds: float, **per_second: float) -> Became:
        """Let people arrive. Raises Failed with the generator's last words."""
        (became,) = together(self.arriving(seconds, **per_second))
        return became

    def arriving(self, seconds: float, **per_second: float) -> Offer:
        """Return what is to arrive here, so many a second of each kind."""
        return Offer(
            host=HOST,
            port=self.ports.people,
            programs=self.ports.programs,
            seconds=seconds,
            city=self.city,
            **per_second,
        )


def together(*offers: Offer) -> list[Became]:
    """Let several kinds arrive, from a process each; all but the first stand back for the rest.

    One process for all would wait for itself, and blame the provider. Whoever guesses has
    machines of their own: what sending costs is not to be taken from those who answer.
    """
    with ExitStack() as stack:
        generators = list[Popen[str]]()
        for offer in offers:
            generator = stack.enter_context(load.started(GENERATOR, idle=bool(generators)))
            generators.append(generator)
            load.tell(generator, offer.line())
        for generator in generators:
            load.line_of(generator)  # ready
        for generator in generators:
            load.tell(generator, f"{GO}\n")
        return [Became.of(load.line_of(generator)) for generator in generators]


@contextmanager
def _settled(
    engine_name: str, *, newcomers: int = NEWCOMERS
) -> Iterator[tuple[Store, Sessions, City]]:
    with stores.opened(engine_name) as (store, engine):
        database, settings, now = sessions(engine), store.settings, clock.now()
        keyring = keyring_of(settings)
        city = seed(database, settings, keyring, members=MEMBERS, newcomers=newcomers, now=now)
        crowd.settle(engine)
        yield store, database, city


def peak(engine_name: str, per_second: float, seconds: float, tell: Callable[[str], None]) -> Peak:
    """Offer sign-ins for so long. Raises Failed or NotStarted."""
    new = per_second * SHARE
    with (
        _settled(engine_name, newcomers=math.ceil(new * seconds)) as (store, database, city),
        pools.one(store.url) as ports,
    ):
        bench = Bench(ports, city)
        tell(f"{engine_name}: {per_second:g} sign-ins a second for {seconds:g} s")
        warm = bench.offer(2, sign_ins=5)
        became = bench.offer(seconds, sign_ins=per_second - new, newcomers=new)
        return Peak(
            engine=engine_name,
            per_second=per_second,
            seconds=seconds,
            became=became,
            disagreement=_disagreement(database, (warm, became)),
        )


def guesses(
    engine_name: str, per_second: float, seconds: float, tell: Callable[[str], None]
) -> list[Guessed]:
    """Offer tokens alone, then beside guesses at passwords: to one pool of workers, and to two.

    Raises Failed or NotStarted.
    """
    found = []
    with _settled(engine_name) as (store, database, city):
        for count, serving in ((1, pools.one), (2, pools.two)):
            with serving(store.url) as ports:
                bench = Bench(ports, city)
                bench.offer(2, refreshes=REFRESHES)
                tell(f"{engine_name}: tokens alone, pools: {count}")
                alone = bench.offer(seconds, refreshes=REFRESHES)
                tell(f"{engine_name}: beside {per_second:g} guesses a second, pools: {count}")
                _unlock(database)
                beside, guessed = together(
                    bench.arriving(seconds, refreshes=REFRESHES),
                    bench.arriving(seconds, guesses=per_second),
                )
            among = {"alone": alone, "beside": beside, "guesses": guessed}
            found.append(Guessed(engine=engine_name, pools=count, **among))
    return found


def _unlock(database: Sessions) -> None:
    """Forget earlier guesses: those of who is locked out cost no hash."""
    with transaction(database) as session:
        session.execute(delete(Throttle))


def _disagreement(database: Sessions, runs: Sequence[Became]) -> str:
    """Say where the records and what people were told differ; who was turned away has none."""
    arrived = sum((each.sign_ins + each.newcomers for each in runs), Counter[str]())
    served, read = arrived.total() - arrived[TURNED_AWAY], sum(each.claims_read for each in runs)
    promised = Promised(
        codes_spent=[code for each in runs for code in each.codes],
        tokens=[token for each in runs for token in each.tokens],
        claims_read=read,
        agreed=MEMBERS + sum(each.agreed for each in runs),
        unheard=sum(each.unheard for each in runs),
        unanswered=served - read,
    )
    try:
        with transaction(database) as session:
            records.agree(session, CLIENT, promised)
    except AssertionError as problem:
        return str(problem) or "the records say something else"
    return ""


def p95(values: list[float]) -> float:
    """Return the least value that 95 percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * 0.95) - 1)] if ordered else math.nan
