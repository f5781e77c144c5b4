"""Ask whether workers grow: many sign-ins on one server, and what each worker holds: `--soak N`.

gunicorn replaces a worker after some twenty thousand requests, so a slope is that of one worker
between its first thousand requests and its end; the others are begun anew.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Engine

from bench import cpu, history, load, servers, stores
from bench.city import City
from bench.seeding import seed
from kernel import clock
from kernel.db import sessions
from kernel.settings import Settings
from web.cli.opening import keyring_of

USERS, EACH = 4, 100  # sign-ins a user between two looks
REQUESTS = 3  # of one sign-in
MEMBERS = 200
WARM = 1_000  # requests of a worker, until every cache is full


class Look(NamedTuple):
    """What a worker held after so many requests; half of all, for two share them."""

    requests: float
    megabytes: float  # resident
    share: float = 0.0  # with only its share of what several hold


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What was seen of each worker, by its process id."""

    engine: str
    requests: int
    looks: dict[int, list[Look]]


def measure(engine_name: str, requests: int, tell: Callable[[str], None]) -> Soaked:
    """Let members sign in until so many requests were answered. Raises Failed or NotStarted."""
    with ExitStack() as stack:
        store, engine = stack.enter_context(stores.opened(engine_name))
        city = _seeded(engine, store.settings)
        server = stack.enter_context(servers.provider(store.url))
        done, looks = 0, defaultdict[int, list[Look]](list)
        while done < requests:
            run = load.run("sso", server, store.pid, city, users=USERS, seconds=0, least=EACH)
            done += len(run.waits_ms) * REQUESTS
            tell(f"{engine_name}: {done:,} of {requests:,} requests")
            for worker, held in cpu.held_mb(server.pid).items():
                looks[worker].append(Look(done / servers.WORKERS, *held))
        return Soaked(engine=engine_name, requests=done, looks=dict(looks))


def _seeded(engine: Engine, settings: Settings) -> City:
    keyring, now = keyring_of(settings), clock.now()
    city = seed(sessions(engine), settings, keyring, members=MEMBERS, newcomers=0, now=now)
    history.live(engine, settings, city)
    return city


def slope(looks: Sequence[Look]) -> float | None:
    """Return the megabytes a worker gains in 10,000 requests, once warm; None if too few tell.

    By least squares, so that a look in the middle of a request spoils little.
    """
    warm = [each for each in looks if each.requests - looks[0].requests >= WARM]
    if len(warm) < 3:  # noqa: PLR2004  # any two lie on a line
        return None
    middle = sum(each.requests for each in warm) / len(warm)
    level = sum(each.megabytes for each in warm) / len(warm)
    across = sum((each.requests - middle) ** 2 for each in warm)
    along = sum((each.requests - middle) * (each.megabytes - level) for each in warm)
    return 10_000 * along / across
