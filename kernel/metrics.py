"""Count what happens here, for machines that watch: how often, how long, how much; never who.

The only door to the Prometheus client. A label is one of few codes of ours: nothing a visitor or a
client sends becomes one. Every number has labels, because the library makes a number's place at its
first use, and only then is known whether processes count together (`share`).
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library's own, read where it keeps its files
MOST_PROCESSES = 256  # that count together on one machine, workers of a reload included
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FORM = "text/plain; version=0.0.4; charset=utf-8"

HERE = CollectorRegistry()

SIGN_INS = Counter(
    "taipei_id_sign_ins",
    "Attempts to sign in, by the way that was tried and what came of it.",
    ("method", "result"),
    registry=HERE,
)
CONSENTS = Counter(
    "taipei_id_consent_decisions",
    "What members decided about their data: given, refused, withdrawn.",
    ("decision",),
    registry=HERE,
)
TOKENS = Counter(
    "taipei_id_tokens",
    "Answers of the token endpoint that held tokens, by grant type.",
    ("grant_type",),
    registry=HERE,
)
REFUSALS = Counter(
    "taipei_id_refusals",
    "Answers that said no: a rule's code, or the protocol's error.",
    ("code",),
    registry=HERE,
)
THROTTLED = Counter(
    "taipei_id_throttled",
    "Attempts stopped by a limit, by the limit's name.",
    ("policy",),
    registry=HERE,
)
RESPONSES = Counter(
    "taipei_id_responses",
    "Answers by endpoint and class of status.",
    ("endpoint", "status"),
    registry=HERE,
)
TIMES = Histogram(
    "taipei_id_response_seconds",
    "How long answers took, by endpoint.",
    ("endpoint",),
    buckets=SECONDS,
    registry=HERE,
)
JOBS = Counter(
    "taipei_id_jobs",
    "Jobs of the outbox that were tried, by kind and what came of it.",
    ("kind", "outcome"),
    registry=HERE,
)
SWEEP_BUGS = Counter(
    "taipei_id_sweep_bugs",
    "Failures of what the worker does by the calendar, by step.",
    ("step",),
    registry=HERE,
)
POOL = Gauge(
    "taipei_id_database_connections",
    "Connections to the database in use.",
    ("state",),
    registry=HERE,
    multiprocess_mode="livesum",
)
REPLICA = Counter(
    "taipei_id_replica_reads",
    "Pages that could be read from the standby: read there, or not because it was behind or away.",
    ("outcome",),
    registry=HERE,
)
ARGON2 = Gauge(
    "taipei_id_argon2",
    "Passwords waiting to be hashed, or being hashed.",
    ("state",),
    registry=HERE,
    multiprocess_mode="livesum",
)


EACH = (
    *(SIGN_INS, CONSENTS, TOKENS, REFUSALS, THROTTLED, RESPONSES),
    *(TIMES, JOBS, SWEEP_BUGS, POOL, REPLICA, ARGON2),
)


class Now(Collector):
    """Numbers that are looked up when somebody asks, not counted as they happen."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        """Tell `families`."""
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families


def gauge(name: str, help_text: str, labels: Iterable[str] = ()) -> GaugeMetricFamily:
    """Return an empty family of numbers that are true now."""
    return GaugeMetricFamily(name, help_text, labels=tuple(labels))


@cache  # every request asks, and the library takes its time to find a place
def of_answers(endpoint: str, status: str) -> tuple[Counter, Histogram]:
    """Return where answers are counted, and where timed."""
    return RESPONSES.labels(endpoint, status), TIMES.labels(endpoint)


def forget() -> None:
    """Count from nothing again."""
    for metric in EACH:
        metric.clear()
    of_answers.cache_clear()


@contextmanager
def counted(of: Gauge, *, state: str) -> Iterator[None]:
    """Count one more in this state, as long as it lasts."""
    place = of.labels(state)
    place.inc()
    try:
        yield
    finally:
        place.dec()


def share(folder: Path) -> None:
    """Count together with the other processes of this machine from now on, in files of `folder`.

    A process takes the first place nobody holds and goes on where its former holder stopped: so
    the files are as many as processes, however often workers are replaced. Who dies lets go.
    """
    place = _take_place(folder)
    forget()  # what was counted before the fork was counted by somebody else
    os.environ[FOLDER_VARIABLE] = str(folder)
    shared = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]  # untyped
    values.ValueClass = shared
    # What the former holder was in the middle of, it no longer is.
    mark_process_dead(place, path=str(folder))  # type: ignore[no-untyped-call]  # untyped


def _take_place(folder: Path) -> int:
    for place in range(MOST_PROCESSES):
        held = os.open(folder / f"{place}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            return place  # and keep it open: the lock lasts as long as the process
    raise RuntimeError(f"{folder} counts for {MOST_PROCESSES} processes already")


def told(now: Iterable[GaugeMetricFamily], *, folder: Path | None) -> bytes:
    """Return everything in Prometheus' text form: of all who share `folder`, and what is `now`."""
    asked = CollectorRegistry()
    if folder is not None:
        MultiProcessCollector(asked, path=str(folder))  # type: ignore[no-untyped-call]
    asked.register(Now(now))
    own = b"" if folder is not None else generate_latest(HERE)
    return own + generate_latest(asked)
