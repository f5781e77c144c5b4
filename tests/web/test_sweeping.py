"""What the worker does by the calendar: one step that fails stops no other."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from kernel import jobs, metrics
from kernel.db import Sessions, open_engine, transaction
from kernel.db import sessions as sessions_of
from tests.flows.provider import City
from tests.make import NOON
from web import handlers, sweeping

MINUTE = timedelta(minutes=1)
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


def stand_failing(make: Sessions) -> list[tuple[str, str | None, datetime | None]]:
    with transaction(make) as session:
        found = jobs.listed(session, failed_only=True)
        return [(each.kind, each.last_error, each.failed_at) for each in found]


def test_a_step_that_fails_stands_among_what_was_given_up_until_it_is_mended(
    sessions: Sessions,
) -> None:
    is_broken = True

    def mended(*, now: datetime) -> None:
        if is_broken:
            raise ValueError(f"a secret of somebody at {now}")

    steps = (partial(mended), partial(note, [], "other"))
    sweeping.run(sessions, steps, now=NOON)
    sweeping.run(sessions, steps, now=NOON + MINUTE)
    (first,) = stand_failing(sessions)
    with transaction(sessions) as session:
        jobs.retry(session, now=NOON + MINUTE)
    sweeping.run(sessions, steps, now=NOON + 2 * MINUTE)
    (retried,) = stand_failing(sessions)
    is_broken = False
    sweeping.run(sessions, steps, now=NOON + 4 * MINUTE)
    lingering = stand_failing(sessions)
    sweeping.run(sessions, steps, now=NOON + 5 * MINUTE)

    assert first[:2] == retried[:2] == ("sweep.step", "test_sweeping.mended")
    assert first[2] == NOON  # since it failed first
    assert len(lingering) == 1  # two minutes are no proof that it is mended
    with transaction(sessions) as session:
        assert jobs.listed(session, failed_only=False) == []


def test_what_fails_with_one_worker_stands_there_although_it_goes_well_with_another(
    sessions: Sessions,
) -> None:
    def token_is_away(*, now: datetime) -> None:
        raise ValueError(f"no token in this machine at {now}")

    def token_is_here(*, now: datetime) -> None:
        assert now >= NOON

    token_is_here.__name__ = token_is_away.__name__  # the same step, on another machine
    stood = []

    for minute in range(6):
        now = NOON + minute * MINUTE
        sweeping.run(sessions, [partial(token_is_away)], now=now)
        stood.append(stand_failing(sessions))
        sweeping.run(sessions, [partial(token_is_here)], now=now + MINUTE / 2)
        stood.append(stand_failing(sessions))

    assert stood == 12 * [[("sweep.step", "test_sweeping.token_is_away", NOON)]]


def test_what_was_let_begin_anew_and_went_well_is_gone_at_once(sessions: Sessions) -> None:
    sweeping.run(sessions, [partial(stumble)], now=NOON)
    with transaction(sessions) as session:
        jobs.retry(session, now=NOON)

    sweeping.run(sessions, [], now=NOON + MINUTE)

    with transaction(sessions) as session:
        assert jobs.listed(session, failed_only=False) == []


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

    assert len(set(names)) == len(names) == 22
    assert {"checkpoints.seal", "handlers.lapse_applications"} <= set(names)
