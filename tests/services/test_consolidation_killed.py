"""A batch survives whatever happens to who works on it: the result is always the same (3-II)."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event, select

from kernel.db import Sessions, transaction
from services import activations
from services.consolidation_models import Batch, BatchPart, BatchRow, BatchState
from services.consolidation_reading import Superseded
from services.consolidation_work import BUSY, state_of
from services.models import Activation, ActivationEvent, ActivationNote, Service
from tests.make import NOON
from tests.services import city, killed
from tests.services import consolidating as world
from tests.services.consolidating import Agency, a_file, no, yes

ROOT = Path(__file__).parents[2]
PEOPLE = 20


class Dead(Exception):
    """The process is gone: nobody catches it."""


def rows() -> list[world.Row]:
    return [yes(place) if place % 3 else no(place) for place in range(PEOPLE)]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("reading", "applying"):
        monkeypatch.setattr(f"services.consolidation_{module}.CHUNK", killed.CHUNK)


@pytest.fixture
def agency(sessions: Sessions) -> Agency:
    return world.an_agency(sessions, members=PEOPLE)


def forget(agency: Agency) -> None:
    with transaction(agency.make) as session:
        for table in (ActivationNote, BatchPart, BatchRow, Batch):
            session.execute(delete(table))


@pytest.mark.slow
@pytest.mark.clause("3-II")
def test_a_process_that_is_killed_at_any_statement_is_taken_up_where_it_stood(
    agency: Agency, database: Engine
) -> None:
    agency.apply(a_file(rows()))
    wanted = agency.notes()
    forget(agency)
    batch_id = agency.upload(a_file(rows()))
    agency.confirm(batch_id)
    url = database.url.render_as_string(hide_password=False)

    ends = []
    for statement in (9, 17, 5, 1000):
        command = [sys.executable, "-m", "tests.services.killed", url, str(batch_id)]
        done = subprocess.run([*command, str(statement)], check=False, cwd=ROOT)
        ends.append(done.returncode)

    assert ends == [-signal.SIGKILL, -signal.SIGKILL, -signal.SIGKILL, 0]
    assert agency.notes() == wanted
    assert state_of(agency.make, batch_id) is BatchState.APPLIED
    with transaction(agency.make) as session:
        events = select(ActivationEvent.member_id)
        assert len(session.scalars(events).all()) == 2 * PEOPLE  # of both, each once


@contextmanager
def dying_at(database: Engine, statement: int) -> Iterator[None]:
    statements = count(1)

    def die(*_: object) -> None:
        if next(statements) == statement:
            raise Dead

    event.listen(database, "after_cursor_execute", die)
    try:
        yield
    except Dead:
        pass
    finally:
        event.remove(database, "after_cursor_execute", die)


@pytest.mark.clause("3-II")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(max_examples=20)
@given(deaths=st.lists(st.integers(min_value=1, max_value=30), max_size=6))
def test_any_sequence_of_deaths_gives_the_same_notes(
    agency: Agency, database: Engine, deaths: list[int]
) -> None:
    forget(agency)
    agency.apply(a_file(rows()))
    wanted = agency.notes()
    forget(agency)

    with dying_at(database, 12):
        batch_id = agency.upload(a_file(rows()))
    with transaction(agency.make) as session:
        found = session.scalar(select(Batch.id))
    batch_id = found or agency.upload(a_file(rows()))
    points = iter(deaths)
    while state_of(agency.make, batch_id) in BUSY:
        with dying_at(database, next(points, 10**6)):
            agency.go_on(batch_id)
        if state_of(agency.make, batch_id) is BatchState.DRY_RUN:
            agency.confirm(batch_id)
    if state_of(agency.make, batch_id) is BatchState.DRY_RUN:
        agency.confirm(batch_id)
    agency.go_on(batch_id)

    assert agency.notes() == wanted


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_who_work_at_one_batch_apply_it_once(agency: Agency) -> None:
    batch_id = agency.upload(a_file(rows()))
    agency.confirm(batch_id)
    start = Barrier(2)

    def go_on() -> None:
        start.wait()
        with suppress(Superseded):  # the other goes on
            agency.go_on(batch_id)

    both = [Thread(target=go_on) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    agency.go_on(batch_id)

    assert len(agency.notes()) == PEOPLE
    assert agency.counts(batch_id) == {"inserted": PEOPLE}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_note_that_appears_while_a_chunk_is_written_is_judged_again(
    agency: Agency, database: Engine
) -> None:
    batch_id = agency.upload(a_file([no(0), no(1)]))
    agency.confirm(batch_id)
    written: list[str] = []

    def note_meanwhile(_c: object, _u: object, sql: str, *_: object) -> None:
        if sql.startswith("INSERT INTO activation ") and not written:
            written.append(sql)
            with transaction(agency.make) as session:
                service = session.scalars(
                    select(Service).where(Service.code == world.SERVICE)
                ).one()
                activations.note(
                    session,
                    service,
                    Activation.ACTIVATED,
                    city.KEYED,
                    member_id=agency.members[0],
                    organisation_id=agency.organisation_id,
                    as_of=city.TODAY,
                    now=NOON,
                )

    event.listen(database, "before_cursor_execute", note_meanwhile)
    try:
        agency.go_on(batch_id)
    finally:
        event.remove(database, "before_cursor_execute", note_meanwhile)

    assert agency.counts(batch_id) == {"inserted": 1, "conflict": 1}
    note = agency.note(0)
    assert note is not None
    assert note.state is Activation.ACTIVATED
