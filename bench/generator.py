"""Be one generating process: read a job, say `ready`, wait for `go`, repeat, report; all in JSON.

A process of its own and of few imports, so that what it costs is not the server's and so that a
hundred runs do not wait for a hundred start-ups.
"""

import itertools
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Self

from bench.city import City
from bench.flows import OPERATIONS, Visitor
from bench.wire import Unexpected, over_socket

READY, GO = "ready", "go"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one generating process does."""

    operation: str
    host: str
    port: int
    users: int
    seconds: float
    least: int  # repetitions of each user, however long they take
    pace: float  # seconds from one start of a user to the next; 0: when the last has ended
    city: City  # the part of it this process plays

    def line(self) -> str:
        """Return the job as one line."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, line: str) -> Self:
        """Read what `line` wrote."""
        values = json.loads(line)
        return cls(**{**values, "city": City(**values["city"])})


def _visitors(job: Job) -> list[Visitor]:
    send = over_socket(job.host, job.port)
    newcomers = iter(job.city.newcomers)  # one for all: nobody arrives twice
    shares = (job.city.cookies[each :: job.users] for each in range(job.users))
    taps = zip(itertools.cycle(job.city.readers), itertools.cycle(job.city.cards), strict=False)
    return [
        Visitor(send, job.city.secret, itertools.cycle(share), newcomers, taps) for share in shares
    ]


def _repeat(job: Job, visitor: Visitor, first: float, deadline: float) -> list[float]:
    """Return how many milliseconds each repetition took, from the moment it was due."""
    operation, waits, due = OPERATIONS[job.operation], list[float](), first
    while time.perf_counter() < deadline or len(waits) < job.least:
        began = _wait_until(due) if job.pace else time.perf_counter()
        due += job.pace
        try:
            operation.run(visitor)
        except StopIteration:
            break  # no newcomer is left
        waits.append((time.perf_counter() - began) * 1000)
    return waits


def _wait_until(due: float) -> float:
    time.sleep(max(0.0, due - time.perf_counter()))
    return due


def _work(job: Job) -> list[float]:
    operation, visitors = OPERATIONS[job.operation], _visitors(job)
    for visitor in visitors:
        operation.prepare(visitor)
    print(READY, flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    shifts = (job.pace * place / job.users for place in range(job.users))  # not all at once
    with ThreadPoolExecutor(job.users) as pool:
        done = [
            pool.submit(_repeat, job, each, began + shift, began + job.seconds)
            for each, shift in zip(visitors, shifts, strict=True)
        ]
    return [wait for each in done for wait in each.result()]


def main() -> None:
    """Do the job that stands on standard input."""
    job = Job.of(sys.stdin.readline())
    try:
        print(json.dumps(_work(job)), flush=True)
    except (Unexpected, OSError) as error:
        sys.exit(f"{job.operation}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
