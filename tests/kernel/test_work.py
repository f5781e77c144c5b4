"""One request's session looks without a transaction and writes in one."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, bindparam, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from kernel import clock
from kernel.db import Sessions, insert_once, open_engine, spend, transaction
from kernel.db import sessions as sessions_of
from kernel.prebuilt import Prebuilt
from kernel.throttle import Throttle
from kernel.work import LONGEST_OUT, STANDING, Standing, WorkSession, standing_at

FIND = Prebuilt(select(Throttle.hits).where(Throttle.key == bindparam("of")))
ADD = Prebuilt(insert(Throttle), given=["key", "hits", "window_ends_at"])
COUNT = Prebuilt(update(Throttle).where(Throttle.key == bindparam("of")).values(hits=2))


@pytest.fixture
def work(sessions: Sessions) -> Iterator[WorkSession]:
    work = WorkSession(sessions)
    yield work
    work.close()


@pytest.fixture
def engine(database: Engine) -> Iterator[Engine]:
    """Lend an engine of one's own: nobody else takes what stands ready."""
    engine = open_engine(database.url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture
def taken(engine: Engine) -> list[object]:
    """Lend a list of what was taken from the pool."""
    taken: list[object] = []
    event.listen(engine, "checkout", lambda connection, *_: taken.append(connection))
    return taken


def a_row(key: bytes, now: datetime) -> dict[str, object]:
    return {"key": key, "hits": 1, "window_ends_at": now, "locked_until": None}


def kept(sessions: Sessions) -> set[bytes]:
    with transaction(sessions) as session:
        return set(session.scalars(select(Throttle.key)))


def in_transaction(work: WorkSession) -> bool:
    return work.looking().driver.in_transaction


def test_looking_begins_no_transaction(work: WorkSession) -> None:
    FIND.all(work, {"of": b"k"})

    assert not in_transaction(work)


def test_a_write_waits_for_the_commit(work: WorkSession, sessions: Sessions, now: datetime) -> None:
    ADD.write(work, a_row(b"k", now))
    assert kept(sessions) == set()

    work.commit()

    assert kept(sessions) == {b"k"}
    assert not in_transaction(work)


@pytest.fixture
def patient(work: WorkSession) -> WorkSession:
    """Lend a session that waits for the disk, as in a city; the tests' PostgreSQL does not."""
    line = work.looking()
    if line.engine.dialect.name == "postgresql":
        line.driver.run("SET synchronous_commit TO on", ())
    return work


def is_patient(work: WorkSession) -> bool:
    line = work.looking()
    on_sqlite = line.engine.dialect.name == "sqlite"
    rows, _ = line.driver.run("PRAGMA synchronous" if on_sqlite else "SHOW synchronous_commit", ())
    return rows[0][0] in {2, "on"}


@pytest.mark.parametrize("keys", [[b"a"], [b"a", b"b"]])
def test_what_need_not_last_is_committed_and_the_next_commit_waits_again(
    patient: WorkSession, sessions: Sessions, now: datetime, keys: list[bytes]
) -> None:
    for key in keys:
        ADD.write(patient, a_row(key, now))

    patient.commit(lasting=False)

    assert kept(sessions) == set(keys)
    assert is_patient(patient)


def test_what_need_not_last_is_all_or_nothing_too(
    patient: WorkSession, sessions: Sessions, now: datetime
) -> None:
    for key in (b"a", b"b", b"a"):
        ADD.write(patient, a_row(key, now))

    with pytest.raises(IntegrityError):
        patient.commit(lasting=False)

    patient.rollback()
    assert kept(sessions) == set()
    assert is_patient(patient)


def test_several_writes_are_all_or_nothing(
    work: WorkSession, sessions: Sessions, now: datetime
) -> None:
    for key in (b"a", b"b", b"a"):
        ADD.write(work, a_row(key, now))

    with pytest.raises(IntegrityError):
        work.commit()
    work.rollback()

    assert kept(sessions) == set()


def test_what_was_gathered_is_seen_by_whoever_looks(work: WorkSession, now: datetime) -> None:
    ADD.write(work, a_row(b"a", now))
    assert FIND.all(work, {"of": b"a"}) == [(1,)]

    ADD.write(work, a_row(b"b", now))
    assert work.get_one(Throttle, b"b").hits == 1


def test_what_was_gathered_goes_before_what_must_answer_at_once(
    work: WorkSession, sessions: Sessions, now: datetime
) -> None:
    ADD.write(work, a_row(b"k", now))

    assert COUNT.run(work, {"of": b"k"}) == 1
    assert in_transaction(work)
    work.commit()
    assert kept(sessions) == {b"k"}
    assert FIND.all(work, {"of": b"k"}) == [(2,)]


def test_entities_and_prebuilt_statements_share_one_transaction(
    work: WorkSession, sessions: Sessions, now: datetime
) -> None:
    work.add(Throttle(**a_row(b"entity", now)))
    insert_once(work, Throttle, a_row(b"once", now))
    ADD.write(work, a_row(b"prebuilt", now))
    assert kept_by(work) == {b"entity", b"once", b"prebuilt"}

    work.rollback()
    assert kept(sessions) == set()

    work.add(Throttle(**a_row(b"entity", now)))
    ADD.write(work, a_row(b"prebuilt", now))
    work.commit()
    assert kept(sessions) == {b"entity", b"prebuilt"}


def kept_by(work: WorkSession) -> set[bytes]:
    return set(work.scalars(select(Throttle.key)))


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_not_committed_is_undone(
    work: WorkSession, sessions: Sessions, now: datetime, *, begun: bool
) -> None:
    ADD.write(work, a_row(b"k", now))
    if begun:
        FIND.all(work, {"of": b"k"})

    work.close()
    work.commit()

    assert kept(sessions) == set()


def test_what_is_good_once_is_written_with_the_rest_where_a_failure_is_repeated(
    sessions: Sessions, now: datetime
) -> None:
    work = WorkSession(sessions, is_repeated=True)
    assert spend(work, Throttle, a_row(b"proof", now))
    FIND.all(work, {"of": b"k"})
    assert not in_transaction(work)

    ADD.write(work, a_row(b"k", now))
    work.commit()
    work.close()

    assert kept(sessions) == {b"proof", b"k"}


@pytest.mark.parametrize("begun", [False, True])
def test_what_was_used_before_is_found_out_at_the_commit_and_everything_is_undone(
    sessions: Sessions, now: datetime, *, begun: bool
) -> None:
    with transaction(sessions) as earlier:
        assert spend(earlier, Throttle, a_row(b"proof", now))
    work = WorkSession(sessions, is_repeated=True)
    ADD.write(work, a_row(b"k", now))
    assert spend(work, Throttle, a_row(b"proof", now))

    with pytest.raises(IntegrityError):
        COUNT.run(work, {"of": b"k"}) if begun else work.commit()
    work.rollback()
    work.close()

    assert kept(sessions) == {b"proof"}
    with transaction(sessions) as again:
        assert not spend(again, Throttle, a_row(b"proof", now))


def test_what_is_written_inside_a_transaction_travels_with_the_commit_or_is_undone(
    work: WorkSession, sessions: Sessions, now: datetime
) -> None:
    COUNT.run(work, {"of": b"nobody"})
    ADD.write(work, a_row(b"a", now))
    assert work.get_one(Throttle, b"a").hits == 1
    ADD.write(work, a_row(b"a", now))

    with pytest.raises(IntegrityError):
        work.commit()
    work.rollback()
    assert kept(sessions) == set()

    COUNT.run(work, {"of": b"nobody"})
    ADD.write(work, a_row(b"a", now))
    work.commit()
    assert kept(sessions) == {b"a"}


def test_a_commit_of_nothing_opens_nothing(engine: Engine, taken: list[object]) -> None:
    work = WorkSession(sessions_of(engine))

    work.commit()
    work.rollback()
    work.close()

    assert taken == []


@pytest.mark.parametrize("writes", [1, 2])
def test_whoever_listens_to_the_engine_hears_statements_and_commits(
    work: WorkSession, database: Engine, now: datetime, writes: int
) -> None:
    heard: list[str] = []

    def statement(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        heard.append(sql.split(maxsplit=1)[0])

    def commit(_connection: object) -> None:
        heard.append("COMMIT")

    event.listen(database, "before_cursor_execute", statement)
    event.listen(database, "commit", commit)

    FIND.all(work, {"of": b"k"})
    for number in range(writes):
        ADD.write(work, a_row(bytes([number]), now))
    work.commit()

    event.remove(database, "before_cursor_execute", statement)
    event.remove(database, "commit", commit)
    assert heard == ["SELECT", *["INSERT"] * writes, "COMMIT"]


@pytest.mark.parametrize("writing", [False, True])
def test_a_connection_the_server_closed_is_met_once(
    postgres_engine: Engine, now: datetime, *, writing: bool
) -> None:
    work = WorkSession(sessions_of(postgres_engine))
    ask = select(func.pg_backend_pid().label("pid"))
    pid = work.scalar(ask) if writing else Prebuilt(ask).all(work, {})[0][0]
    with postgres_engine.begin() as other:
        other.execute(text(f"SELECT pg_terminate_backend({pid})"))

    with pytest.raises(DBAPIError):
        FIND.all(work, {"of": b"k"})
    work.rollback()

    assert FIND.all(work, {"of": b"k"}) == []
    work.close()


def test_a_connection_lost_at_the_commit_keeps_nothing(
    postgres_engine: Engine, now: datetime
) -> None:
    work = WorkSession(sessions_of(postgres_engine))
    (row,) = Prebuilt(select(func.pg_backend_pid().label("pid"))).all(work, {})
    for key in (b"a", b"b"):
        ADD.write(work, a_row(key, now))
    with postgres_engine.begin() as other:
        other.execute(text(f"SELECT pg_terminate_backend({row.pid})"))

    with pytest.raises(DBAPIError):
        work.commit()
    work.rollback()

    assert FIND.all(work, {"of": b"a"}) == []
    work.close()


def test_a_step_that_fails_leaves_nothing_and_takes_nothing_along(
    work: WorkSession, sessions: Sessions, now: datetime
) -> None:
    def half() -> None:
        with work.step():
            work.add(Throttle(**a_row(b"flushed", now)))
            work.execute(
                update(Throttle).values(hits=7).execution_options(synchronize_session=False)
            )
            work.refresh(row)
            ADD.write(work, a_row(b"gathered", now))
            raise ValueError("half-way")

    ADD.write(work, a_row(b"before", now))
    row = work.get_one(Throttle, b"before")
    with pytest.raises(ValueError, match="half-way"):
        half()
    assert row.hits == 1
    with work.step():
        ADD.write(work, a_row(b"in a step that went well", now))
    ADD.write(work, a_row(b"after", now))

    work.commit()

    assert kept(sessions) == {b"before", b"in a step that went well", b"after"}


def test_a_database_that_is_not_there_is_told_as_one_that_goes_away() -> None:
    nowhere = sessions_of(open_engine("sqlite:////nowhere/at/all.sqlite3"))

    with WorkSession(nowhere) as work, pytest.raises(OperationalError):
        work.looking()


def one_request(engine: Engine, *, leaving: dict[str, object] | None = None) -> None:
    work = WorkSession(sessions_of(engine))
    FIND.all(work, {"of": b"k"})
    if leaving is not None:
        ADD.run(work, leaving)
    work.close()


def test_a_connection_is_handed_from_request_to_request(
    engine: Engine, taken: list[object]
) -> None:
    for _ in range(3):
        one_request(engine)

    assert len(taken) == 1


def test_two_requests_at_once_have_a_connection_each(engine: Engine, taken: list[object]) -> None:
    first = WorkSession(sessions_of(engine))
    FIND.all(first, {"of": b"k"})
    one_request(engine)
    first.close()
    one_request(engine)

    assert len(taken) == 2


def test_what_nobody_came_for_goes_back_to_the_pool(engine: Engine, taken: list[object]) -> None:
    engine.update_execution_options(**{STANDING: Standing(engine, seconds=-1)})
    for _ in range(3):
        one_request(engine)

    assert len(taken) == 3


def test_half_an_hour_from_hand_to_hand_is_enough_and_begins_again_by_way_of_the_pool(
    engine: Engine, taken: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_request(engine)
    began = clock.seconds()
    # In seconds: never longer unused than a minute.
    for passed in range(0, int(LONGEST_OUT) + 120, 50):
        monkeypatch.setattr(clock, "seconds", lambda passed=passed: began + passed)
        one_request(engine)

    assert len(taken) == 2


def test_what_was_left_open_is_undone_before_the_next_request(
    engine: Engine, taken: list[object], now: datetime
) -> None:
    one_request(engine, leaving=a_row(b"k", now))

    next_one = WorkSession(sessions_of(engine))
    assert FIND.all(next_one, {"of": b"k"}) == []
    assert not in_transaction(next_one)
    next_one.close()
    assert len(taken) == 2


def test_an_engine_that_ends_leaves_no_connection_standing(engine: Engine) -> None:
    standing = standing_at(engine)
    one_request(engine)
    kept = standing.take()
    assert kept is not None
    standing.give(kept.connection, kept.line)

    engine.dispose()

    assert standing.take() is None
    assert not kept.connection.is_valid
