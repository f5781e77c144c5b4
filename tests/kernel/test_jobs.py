"""Prove that what a transaction decided is done later: once if all goes well, never not at all."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock, Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.jobs import Job, JobDelayed, JobImpossible, Work
from kernel.working import do_one
from tests import make

KIND = "test.work"
MINUTE = timedelta(minutes=1)


class Recorder:
    """A handler that remembers what it did, and fails as told."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.done: list[UUID] = []
        self.failure = failure
        self._lock = Lock()

    def __call__(self, work: Work, *, now: datetime) -> None:
        with self._lock:
            self.done.append(work.id)
        if self.failure is not None:
            raise self.failure


def put(sessions: Sessions, count: int = 1, *, kind: str = KIND) -> list[UUID]:
    with transaction(sessions) as session:
        return [
            jobs.enqueue(session, kind, {"number": number}, now=make.NOON)
            for number in range(count)
        ]


def take(sessions: Sessions, *, now: datetime = make.NOON) -> Work | None:
    with transaction(sessions) as session:
        return jobs.take(session, {KIND}, now=now)


def the_job(sessions: Sessions) -> Job:
    with transaction(sessions) as session:
        return session.scalars(select(Job)).one()


def run(sessions: Sessions, handler: Recorder, *, now: datetime = make.NOON) -> bool:
    return do_one(sessions, {KIND: handler}, now=now)


def test_a_job_of_a_transaction_that_failed_is_never_done(sessions: Sessions) -> None:
    with sessions() as session:
        jobs.enqueue(session, KIND, {}, now=make.NOON)
        session.rollback()

    assert take(sessions) is None


def test_a_job_brings_its_handler_what_was_put_into_it(sessions: Sessions) -> None:
    (job_id,) = put(sessions)

    assert take(sessions) == Work(job_id, KIND, {"number": 0}, 1, make.NOON)


def test_a_job_that_is_done_is_not_done_again(sessions: Sessions) -> None:
    put(sessions)
    handler = Recorder()

    assert run(sessions, handler)
    assert not run(sessions, handler, now=make.NOON + timedelta(days=1))
    assert len(handler.done) == 1
    assert the_job(sessions).done_at == make.NOON


def test_a_job_waits_for_its_moment(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        jobs.enqueue(session, KIND, {}, now=make.NOON, run_at=make.NOON + MINUTE)

    assert take(sessions) is None
    assert take(sessions, now=make.NOON + MINUTE) is not None


def test_the_job_that_waited_longest_comes_first(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        later, earlier = (
            jobs.enqueue(session, KIND, {}, now=make.NOON, run_at=make.NOON - age)
            for age in (MINUTE, 2 * MINUTE)
        )

    taken = [take(sessions), take(sessions)]

    assert [work.id for work in taken if work] == [earlier, later]


def test_two_workers_do_two_hundred_jobs_once_each(sessions: Sessions) -> None:
    put(sessions, 200)
    handler = Recorder()

    def work_off() -> None:
        while run(sessions, handler):
            pass

    workers = [Thread(target=work_off) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(handler.done) == 200
    assert set(Counter(handler.done).values()) == {1}


def test_a_worker_killed_after_the_work_leaves_the_job_to_the_next(sessions: Sessions) -> None:
    put(sessions)
    killed = Recorder(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(sessions, killed)
    next_worker = Recorder()

    assert not run(sessions, next_worker), "the lease still runs"
    assert run(sessions, next_worker, now=make.NOON + jobs.LEASE)
    assert next_worker.done == killed.done
    assert the_job(sessions).attempts == 2


def test_a_worker_that_was_too_slow_settles_nothing(sessions: Sessions) -> None:
    put(sessions)
    slow = take(sessions)
    quick = take(sessions, now=make.NOON + jobs.LEASE)
    assert slow is not None
    assert quick is not None

    with transaction(sessions) as session:
        assert not jobs.finish(session, slow, now=make.NOON)
        assert not jobs.give_up(session, slow, "too.late", now=make.NOON)
        assert jobs.finish(session, quick, now=make.NOON)
        assert not jobs.finish(session, quick, now=make.NOON)


def test_work_in_the_database_can_be_settled_with_its_effect(sessions: Sessions) -> None:
    put(sessions)
    work = take(sessions)
    assert work is not None

    with sessions() as session:  # the worker dies before it commits: neither happened
        jobs.enqueue(session, "test.effect", {}, now=make.NOON)
        assert jobs.finish(session, work, now=make.NOON)
        session.rollback()

    assert the_job(sessions).done_at is None


def test_what_cannot_be_done_now_is_tried_later(sessions: Sessions) -> None:
    put(sessions)

    run(sessions, Recorder(JobDelayed("mail.server_failed")))

    job = the_job(sessions)
    assert (job.last_error, job.failed_at, job.done_at) == ("mail.server_failed", None, None)
    assert make.NOON < job.run_at <= make.NOON + jobs.FIRST_PAUSE
    assert run(sessions, Recorder(), now=job.run_at)
    assert the_job(sessions).last_error is None


def test_what_can_never_be_done_is_set_aside_at_once(sessions: Sessions) -> None:
    put(sessions)

    run(sessions, Recorder(JobImpossible("call.private_address")))

    job = the_job(sessions)
    assert (job.failed_at, job.last_error) == (make.NOON, "call.private_address")
    assert take(sessions, now=make.NOON + timedelta(days=9)) is None


def test_after_enough_attempts_a_job_is_set_aside(sessions: Sessions) -> None:
    put(sessions)
    handler = Recorder(JobDelayed("mail.server_failed"))
    now = make.NOON
    while run(sessions, handler, now=now):
        now = max(now, the_job(sessions).run_at)

    assert len(handler.done) == jobs.MOST_ATTEMPTS
    assert the_job(sessions).failed_at == now
    least, longest = timedelta(days=1), timedelta(days=2, hours=6)
    assert least < now - make.NOON < longest


def test_a_receiver_that_is_away_for_a_day_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "new_fraction", lambda: 0.0)

    pauses = (jobs.pause(attempt) for attempt in range(1, jobs.MOST_ATTEMPTS))

    assert sum(pauses, timedelta()) > timedelta(days=1)


def test_a_bug_stops_no_other_job_and_leaves_only_its_kind_behind(sessions: Sessions) -> None:
    put(sessions)

    assert run(sessions, Recorder(ValueError("陳美玉 has no address")))

    job = the_job(sessions)
    assert job.last_error == "bug.ValueError"
    assert job.failed_at is None


def test_a_kind_this_worker_does_not_know_is_left_to_one_that_does(sessions: Sessions) -> None:
    put(sessions, kind="of.a.newer.version")

    assert not run(sessions, Recorder())
    assert the_job(sessions).attempts == 0


@given(attempt=st.integers(1, 100))
def test_pauses_double_up_to_six_hours_and_half_of_each_is_chance(attempt: int) -> None:
    seconds = min(10 * 2 ** (attempt - 1), 6 * 3600)
    whole = timedelta(seconds=seconds)

    assert whole / 2 <= jobs.pause(attempt) <= whole


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({jobs.pause(5) for _ in range(20)}) > 15


def given_up(sessions: Sessions) -> UUID:
    (job_id,) = put(sessions)
    run(sessions, Recorder(JobImpossible("test.code")))
    return job_id


def one(job_id: UUID) -> UUID | None:
    return job_id


def every(job_id: UUID) -> UUID | None:
    del job_id
    return None


@pytest.mark.parametrize("chosen", [one, every])
def test_an_operator_lets_what_was_given_up_begin_anew(
    sessions: Sessions, chosen: Callable[[UUID], UUID | None]
) -> None:
    job_id = given_up(sessions)

    with transaction(sessions) as session:
        assert jobs.retry(session, chosen(job_id), now=make.NOON) == 1

    handler = Recorder()
    assert run(sessions, handler)
    assert handler.done == [job_id]


@pytest.mark.refusal("job.not_found")
def test_only_what_was_given_up_can_be_retried(sessions: Sessions) -> None:
    (waiting,) = put(sessions)

    with transaction(sessions) as session:
        for job_id in (waiting, new_id()):
            with pytest.raises(NotFound, match=r"^job\.not_found$"):
                jobs.retry(session, job_id, now=make.NOON)
        assert jobs.retry(session, now=make.NOON) == 0


def test_what_was_given_up_is_listed_first(sessions: Sessions) -> None:
    failed = given_up(sessions)
    waiting = put(sessions)

    with transaction(sessions) as session:
        everything = [job.id for job in jobs.listed(session, failed_only=False)]
        only_failed = [job.id for job in jobs.listed(session, failed_only=True)]
    assert everything == [failed, *waiting]
    assert only_failed == [failed]
