"""Knock on the server from other processes, as many users at once as asked for, and time it."""

import itertools
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError

from bench import cpu
from bench.city import City
from bench.flows import OPERATIONS, Operation, Visitor
from bench.servers import HOST, Server
from bench.wire import Unexpected, over_socket

PROCESSES = 2  # the threads of one alone would wait for one another
PATIENCE_SECONDS = 120
_SPAWN = multiprocessing.get_context("spawn")


class Failed(Exception):
    """A flow was not answered as it must be; there is no number to report."""


@dataclass(frozen=True)
class Job:
    """What one generating process does."""

    operation: str
    port: int
    users: int
    seconds: float
    city: City  # the part of it this process plays


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measured run: the CPU seconds it took, and how long each operation lasted."""

    server_seconds: float
    store_seconds: float
    elapsed_seconds: float
    waits_ms: tuple[float, ...]


def run(
    operation: str, server: Server, store_pid: int | None, city: City, *, users: int, seconds: float
) -> Run:
    """Let `users` repeat an operation for `seconds` and return what it cost. Raises Failed."""
    count = min(PROCESSES, users)
    gate = _SPAWN.Barrier(count + 1)
    receivers = []
    for number in range(count):
        share = City(city.secret, city.cookies[number::count], city.newcomers[number::count])
        job = Job(operation, server.port, users // count, seconds, share)
        receiver, sender = _SPAWN.Pipe(duplex=False)
        _SPAWN.Process(target=_generate, args=(job, gate, sender), daemon=True).start()
        sender.close()
        receivers.append(receiver)
    before, began = _start(gate, server, store_pid)
    waits = [_received(receiver) for receiver in receivers]
    elapsed, after = time.monotonic() - began, _spent(server, store_pid)
    return Run(
        server_seconds=after[0] - before[0],
        store_seconds=after[1] - before[1],
        elapsed_seconds=elapsed,
        waits_ms=tuple(itertools.chain(*waits)),
    )


def _start(
    gate: Barrier, server: Server, store_pid: int | None
) -> tuple[tuple[float, float], float]:
    """Wait until everybody has what the operation needs, read the books, let them go."""
    while gate.n_waiting < gate.parties - 1 and not gate.broken:
        time.sleep(0.01)
    before = _spent(server, store_pid)
    with suppress(BrokenBarrierError):  # whoever broke it sends the reason
        gate.wait(PATIENCE_SECONDS)
    return before, time.monotonic()


def _spent(server: Server, store_pid: int | None) -> tuple[float, float]:
    return cpu.spent(server.pid), 0.0 if store_pid is None else cpu.spent(store_pid)


def _received(receiver: Connection) -> list[float]:
    answer = receiver.recv()
    if isinstance(answer, str):
        raise Failed(answer)
    waits: list[float] = answer
    return waits


def _generate(job: Job, gate: Barrier, sender: Connection) -> None:
    """Be one generating process: prepare, wait for the others, repeat, report."""
    operation = OPERATIONS[job.operation]
    newcomers = iter(job.city.newcomers)
    send = over_socket(HOST, job.port)
    visitors = [
        Visitor(
            send, job.city.secret, itertools.cycle(job.city.cookies[each :: job.users]), newcomers
        )
        for each in range(job.users)
    ]
    try:
        for visitor in visitors:
            operation.prepare(visitor)
        gate.wait(PATIENCE_SECONDS)
        deadline = time.monotonic() + job.seconds
        with ThreadPoolExecutor(job.users) as pool:
            done = [pool.submit(_repeat, operation, each, deadline) for each in visitors]
        sender.send([wait for each in done for wait in each.result()])
    except (Unexpected, OSError, BrokenBarrierError) as error:
        gate.abort()
        sender.send(f"{job.operation}: {type(error).__name__}: {error}")


def _repeat(operation: Operation, visitor: Visitor, deadline: float) -> list[float]:
    waits = []
    while time.monotonic() < deadline:
        began = time.perf_counter()
        try:
            operation.run(visitor)
        except StopIteration:
            break  # no newcomer is left
        waits.append((time.perf_counter() - began) * 1000)
    return waits
