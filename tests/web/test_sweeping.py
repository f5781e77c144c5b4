"""What the worker does by the calendar: one step that fails stops no other."""

from datetime import datetime
from functools import partial

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from kernel import metrics
from kernel.db import Sessions, open_engine, transaction
from kernel.db import sessions as sessions_of
from tests.flows.provider import City
from tests.make import NOON
from web import handlers, sweeping

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def note(taken: list[str], name: str, *, now: datetime) -> None:
    assert now >= NOON
    taken.append(name)


def stumble(*, now: datetime) -> None:
    raise ValueError(f"a secret of somebody at {now}")


def _ask_for_what_is_not_there(make: Sessions, *, now: datetime) -> None:  # a step
    with transaction(make) as session:
        session.execute(text("SELECT no_such_column"))


def failures(registry: CollectorRegistry, step: str) -> float:
    return registry.get_sample_value("taipei_id_sweep_bugs_total", {"step": step}) or 0.0


def test_a_broken_step_is_logged_and_counted_and_the_others_are_taken(sessions: Sessions) -> None:
    taken: list[str] = []
    before = failures(metrics.HERE, "test_sweeping.stumble")
    broken = (partial(stumble), partial(_ask_for_what_is_not_there, sessions))

    with capture_logs() as logs:
        sweeping.run(
            sessions,
            (partial(note, taken, "first"), *broken, partial(note, taken, "last")),
            now=NOON,
        )

    assert taken == ["first", "last"]
    assert [(each["event"], each["step"]) for each in logs] == [
        ("sweep.bug", "test_sweeping.stumble"),
        ("sweep.bug", "test_sweeping.ask_for_what_is_not_there"),
    ]
    assert failures(metrics.HERE, "test_sweeping.stumble") == before + 1


def test_without_a_database_no_other_step_is_tried_in_vain() -> None:
    taken: list[str] = []
    away = sessions_of(open_engine("sqlite+pysqlite:////no/such/folder/here.sqlite3"))
    steps = (partial(_ask_for_what_is_not_there, away), partial(note, taken, "last"))

    with capture_logs() as logs, pytest.raises(OperationalError):
        sweeping.run(away, steps, now=NOON)

    assert (taken, logs) == ([], [])  # who called says that the database is away


@one_database
def test_each_step_has_a_name_of_its_own(city: City) -> None:
    steps = handlers.steps(city.app.extensions["taipei_id"])

    names = [sweeping.name_of(each) for each in steps]

    assert len(set(names)) == len(names) == 21
    assert {"checkpoints.seal", "handlers.lapse_applications"} <= set(names)
