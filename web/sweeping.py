"""Take the steps of the calendar one by one: a broken one stops neither the others nor any job."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from kernel import clock, failing_steps, metrics
from kernel.db import Sessions, transaction

Step: TypeAlias = partial[Any]  # wants only `now`; what it returns is for its tests


def run(make: Sessions, steps: Iterable[Step], *, now: datetime) -> None:
    """Take each step at its own moment; one that fails is logged, kept, and taken next time.

    Raises OperationalError when the database is away: then no step could do anything.
    """
    at, log = clock.going_on_from(now), structlog.get_logger()
    failed = []
    for step in steps:
        try:
            step(now=at())
        except Exception as bug:  # what one step stumbles over must not stop the others
            if isinstance(bug, OperationalError):  # a lock it did not get, or all of it
                _require_database(make)
            name = name_of(step)
            log.exception("sweep.bug", step=name, bug=type(bug).__name__)
            metrics.SWEEP_BUGS.labels(name).inc()
            failed.append(name)
    with transaction(make) as session:
        failing_steps.keep(session, failed, now=now)


def name_of(step: Step) -> str:
    """Return what a step is called in the log and the numbers: its module and function."""
    function = step.func
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__.lstrip('_')}"


def _require_database(make: Sessions) -> None:
    with transaction(make) as session:
        session.execute(text("SELECT 1"))
