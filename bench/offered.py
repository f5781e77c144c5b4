"""Offer more than there may be room for, and see what becomes of people: `--offered 300`.

Sign-ins arrive by a schedule; afterwards the checker of the fault tests holds what they were told
against the records. Then token traffic alone, and beside guesses at passwords: `--guesses 2000`.
"""

import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from bench import crowd, servers, stores
from bench.city import CLIENT, City
from bench.load import Failed
from bench.open_loop import PATIENCE_SECONDS, TOLD, Became, Offer
from bench.seeding import seed
from bench.servers import HOST, ROOT
from consent.models import Consent
from kernel import clock
from kernel.db import Sessions, sessions, transaction
from tests.faults import accounts
from tests.faults.people import Promised
from web.cli.opening import keyring_of

MEMBERS, NEWCOMERS = 500, 500
REFRESHES = 20  # a second: what a machine has room for, with all else it does


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What became of sign-ins that were offered, and whether the records agree."""

    engine: str
    per_second: float
    seconds: float
    became: Became
    consents_lost: int
    disagreement: str  # of the records with what people were told; empty if there is none


@dataclass(frozen=True, kw_only=True)
class Guessed:
    """Token traffic alone and beside guesses."""

    engine: str
    alone: Became
    beside: Became

    @property
    def slower(self) -> float:
        """Return the 95th percentile of a refresh beside guesses, as a multiple of alone."""
        return p95(self.beside.refresh_ms) / p95(self.alone.refresh_ms)


@dataclass(frozen=True)
class Bench:
    """A running provider, its database, and who is in it."""

    port: int
    database: Sessions
    city: City

    def offer(self, seconds: float, **per_second: float) -> Became:
        """Let people arrive. Raises Failed with the generator's last words."""
        offer = Offer(host=HOST, port=self.port, seconds=seconds, city=self.city, **per_second)
        done = subprocess.run(
            [sys.executable, "-m", "bench.open_loop"],
            cwd=ROOT,
            input=offer.line(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds * 4 + 5 * PATIENCE_SECONDS,
        )
        if done.returncode:
            raise Failed(done.stderr.strip()[-2000:])
        return Became.of(done.stdout)

    def consents(self) -> int:
        """Return how many consents are on record."""
        with transaction(self.database) as session:
            return session.scalar(select(func.count(Consent.id))) or 0


@contextmanager
def _open(engine_name: str) -> Iterator[Bench]:
    with stores.opened(engine_name) as (store, engine):
        database, settings, now = sessions(engine), store.settings, clock.now()
        keyring = keyring_of(settings)
        city = seed(database, settings, keyring, members=MEMBERS, newcomers=NEWCOMERS, now=now)
        crowd.settle(engine)
        with servers.provider(store.url) as server:
            yield Bench(server.port, database, city)


def peak(engine_name: str, per_second: float, seconds: float, tell: Callable[[str], None]) -> Peak:
    """Offer sign-ins for so long. Raises Failed or NotStarted."""
    with _open(engine_name) as bench:
        tell(f"{engine_name}: {per_second:g} sign-ins a second for {seconds:g} s")
        warm, before = bench.offer(2, sign_ins=5), bench.consents()
        became = bench.offer(seconds, sign_ins=per_second)
        return Peak(
            engine=engine_name,
            per_second=per_second,
            seconds=seconds,
            became=became,
            consents_lost=before - bench.consents(),
            disagreement=_disagreement(bench.database, (warm, became)),
        )


def guesses(
    engine_name: str, per_second: float, seconds: float, tell: Callable[[str], None]
) -> Guessed:
    """Offer token traffic alone, then beside guesses at passwords. Raises Failed or NotStarted."""
    with _open(engine_name) as bench:
        bench.offer(2, refreshes=REFRESHES)
        tell(f"{engine_name}: tokens alone")
        alone = bench.offer(seconds, refreshes=REFRESHES)
        tell(f"{engine_name}: tokens beside {per_second:g} guesses a second")
        beside = bench.offer(seconds, refreshes=REFRESHES, guesses=per_second)
        return Guessed(engine=engine_name, alone=alone, beside=beside)


def _disagreement(database: Sessions, runs: Sequence[Became]) -> str:
    arrived = sum(each.sign_ins.total() - each.sign_ins[TOLD] for each in runs)
    told, read = sum(each.sign_ins[TOLD] for each in runs), sum(each.claims_read for each in runs)
    promised = Promised(tokens=["told"] * told, claims_read=read, unanswered=arrived - read)
    try:
        with transaction(database) as session:
            accounts.records_agree(session, CLIENT, promised)
    except AssertionError as problem:
        return str(problem) or "the records say something else"
    return ""


def p95(values: list[float]) -> float:
    """Return the least value that 95 percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * 0.95) - 1)] if ordered else math.nan
