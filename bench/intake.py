"""Measure the desk: the screen a clerk fills in, and taking a case in, among a crowd of members.

`python -m bench --intake 1000 --intake 2600000`. One process, without a network: what is measured
is the server's own time. The clerk, the counter and the person are those of the desk's tests. Most
of the crowd are copies (`bench.crowd`): sealing millions is not what is measured.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from bench import crowd as crowd_
from bench import inside, stores
from bench.load import Failed
from tests import make
from tests.flows.provider import statements
from tests.web.office import Office, open_office

ROUNDS = 200
SEALED = 2_000


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
    with stores.opened(engine_name) as (_, engine):
        tell(f"{engine_name}: seeding {crowd} members")
        crowd_.enter(engine, make.KEYRING, crowd, sealed=SEALED, tell=lambda _done: None)
        with inside.a_city(engine) as city:
            city.register("library")
            city.enrol("mei.chen")
            crowd_.settle(engine)
            yield open_office(city)


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
