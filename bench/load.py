"""Let members knock, as many at once as asked for, and read from the books what it cost."""

import itertools
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from subprocess import PIPE, Popen

from bench import cpu
from bench.city import City
from bench.flows import OPERATIONS
from bench.generator import GO, READY, Job
from bench.servers import HOST, ROOT, Server

PROCESSES = 2  # the threads of one alone would wait for one another
PATIENCE_SECONDS = 120


class Failed(Exception):
    """A flow was not answered as it must be; there is no number to report."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measured run: the CPU seconds it took, and how long each operation lasted."""

    server_seconds: float
    store_seconds: float
    elapsed_seconds: float
    waits_ms: tuple[float, ...]
    worker_mb: float  # resident, of the largest worker when the run ended


def run(
    operation: str,
    server: Server,
    store_pid: int | None,
    city: City,
    *,
    users: int,
    seconds: float,
    least: int,
) -> Run:
    """Let `users` repeat an operation for `seconds`, at least `least` times each; return the bill.

    Raises Failed if an answer is not what the flow needs.
    """
    count = min(PROCESSES, users)
    per_second = OPERATIONS[operation].per_second
    with ExitStack() as stack:
        generators = [stack.enter_context(started("bench.generator")) for _ in range(count)]
        for number, generator in enumerate(generators):
            job = Job(
                operation=operation,
                host=HOST,
                port=server.port,
                users=users // count,
                seconds=seconds,
                least=least,
                pace=users / per_second if per_second else 0,
                city=city.part(number, count),
            )
            tell(generator, job.line())
        for generator in generators:
            if line_of(generator).strip() != READY:
                raise Failed(f"{operation}: a generator did not get ready")
        before, began = _spent(server, store_pid), time.monotonic()
        for generator in generators:
            tell(generator, f"{GO}\n")
        waits = [json.loads(line_of(generator)) for generator in generators]
        elapsed, after = time.monotonic() - began, _spent(server, store_pid)
    return Run(
        server_seconds=after[0] - before[0],
        store_seconds=after[1] - before[1],
        elapsed_seconds=elapsed,
        waits_ms=tuple(itertools.chain(*waits)),
        worker_mb=max((each.resident for each in cpu.held_mb(server.pid).values()), default=0.0),
    )


def _spent(server: Server, store_pid: int | None) -> tuple[float, float]:
    return cpu.spent(server.pid), 0.0 if store_pid is None else cpu.spent(store_pid)


def started(module: str, *, idle: bool = False) -> Popen[str]:
    """Start a process that reads a job, says that it is ready, waits for `go`, and reports.

    An idle one runs while nobody else wants a processor (SCHED_IDLE, sched(7)).
    """
    command = [*(("chrt", "--idle", "0") if idle else ()), sys.executable, "-m", module]
    return Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


def tell(generator: Popen[str], line: str) -> None:
    """Write a line to a generator."""
    if generator.stdin is not None:
        generator.stdin.write(line)
        generator.stdin.flush()


def line_of(generator: Popen[str]) -> str:
    """Return the next line of a generator. Raises Failed with its last words if it gave up."""
    line = generator.stdout.readline() if generator.stdout is not None else ""
    if not line:
        _, words = generator.communicate(timeout=PATIENCE_SECONDS)
        raise Failed(words.strip() or "a generator ended without a word")
    return line
