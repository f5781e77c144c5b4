"""Work off the outbox: take a job, hand it to its handler, write down how it went."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import structlog

from kernel import jobs, metrics
from kernel.db import Sessions, transaction
from kernel.jobs import JobDelayed, JobImpossible, Work


class Handler(Protocol):
    """Somebody who does one kind of job.

    It may be called twice for one job: a worker can die after the work and before the note of
    it. It keeps no transaction open while it waits for the world.
    """

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Do the job. Raises JobDelayed to try again, JobImpossible to give up."""
        ...


def do_one(make: Sessions, handlers: Mapping[str, Handler], *, now: datetime) -> bool:
    """Do the job that has waited longest; False if there was none."""
    with transaction(make) as session:
        work = jobs.take(session, handlers.keys(), now=now)
    if work is None:
        return False
    log = structlog.get_logger().bind(job=str(work.id), kind=work.kind, attempt=work.attempt)
    try:
        handlers[work.kind](work, now=now)
    except JobImpossible as impossible:
        outcome = "given_up"
        log.warning("job.given_up", reason=impossible.code)
        with transaction(make) as session:
            jobs.give_up(session, work, impossible.code, now=now)
    except JobDelayed as delayed:
        outcome = "delayed"
        log.info("job.delayed", reason=delayed.code)
        with transaction(make) as session:
            jobs.postpone(session, work, delayed.code, now=now)
    except Exception as bug:  # one broken job must not stop the others
        outcome = "bug"
        log.exception("job.bug", bug=type(bug).__name__)
        with transaction(make) as session:
            jobs.postpone(session, work, f"bug.{type(bug).__name__}", now=now)
    else:
        outcome = "done"
        with transaction(make) as session:
            jobs.finish(session, work, now=now)
    metrics.JOBS.labels(work.kind, outcome).inc()
    return True
