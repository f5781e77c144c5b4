"""Do later what a transaction decided: a durable outbox, and the taking of jobs from it.

A job is written in the transaction of its cause, so neither exists without the other. It is done at
least once; a worker that dies leaves it to the next when its lease runs out. `payload` holds ids
and codes only: what is personal is looked up when the job is done (STYLE 7).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db import Base, Json, Key, changed
from kernel.errors import NotFound
from kernel.ids import new_fraction, new_id
from kernel.prebuilt import Prebuilt

LEASE = timedelta(minutes=2)  # longer than any handler may take
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 20  # a day and three hours at least, as chance has it up to twice that
LONGEST_CODE = 64
WAITING = "done_at IS NULL AND failed_at IS NULL"


class Job(Base):
    """One thing to do; done, waiting, or given up for an operator to look at."""

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "run_at", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
        Index(None, "done_at"),
        Index(None, "failed_at"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    run_at: Mapped[datetime]
    attempts: Mapped[int]
    locked_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_CODE))


class JobDelayed(Exception):
    """The job could not be done now; `code` says why, free of personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class JobImpossible(JobDelayed):
    """The job can never be done; trying again would not help."""


@dataclass(frozen=True)
class Work:
    """A job taken by one worker; `attempt` is the proof that the job is still this worker's."""

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    created_at: datetime


_APPEND = Prebuilt(insert(Job), given="id kind payload created_at run_at attempts".split())


def enqueue(
    session: Session, kind: str, payload: Json, *, now: datetime, run_at: datetime | None = None
) -> UUID:
    """Write a job into the caller's transaction; it is done after `run_at`, if that commits."""
    job_id = new_id()
    _APPEND.write(
        session,
        {
            "id": job_id,
            "kind": kind,
            "payload": payload,
            "created_at": now,
            "run_at": run_at or now,
            "attempts": 0,
        },
    )
    return job_id


def take(
    session: Session, kinds: Collection[str], *, now: datetime, lease: timedelta = LEASE
) -> Work | None:
    """Take the job that has waited longest, for as long as the lease; None if none is due.

    Kinds this worker does not know stay for one that does. Call it in a transaction of its own:
    workers pass over a row that another is taking.
    """
    due = (
        select(Job.id)
        .where(
            _WAITING,
            Job.run_at <= now,
            or_(Job.locked_until.is_(None), Job.locked_until <= now),
            Job.kind.in_(sorted(kinds)),
        )
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has taken its only lock already
    )
    row = session.execute(
        update(Job)
        .where(Job.id == due.scalar_subquery())
        .values(locked_until=now + lease, attempts=Job.attempts + 1)
        .returning(Job.id, Job.kind, Job.payload, Job.attempts, Job.created_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Work(*row)


_WAITING: ColumnElement[bool] = text(WAITING)  # type: ignore[assignment]  # a condition all the same


def finish(session: Session, work: Work, *, now: datetime) -> bool:
    """Mark the job done; False if it was no longer this worker's.

    A handler whose whole effect is in the database calls this in the same transaction and rolls
    back if it is False: then the effect happens exactly once.
    """
    return _settle(session, work, done_at=now, last_error=None)


def postpone(session: Session, work: Work, code: str, *, now: datetime) -> bool:
    """Let the job be tried again after a pause, or give it up after too many attempts."""
    if work.attempt >= MOST_ATTEMPTS:
        return give_up(session, work, code, now=now)
    run_at = now + pause(work.attempt)
    return _settle(session, work, run_at=run_at, last_error=code[:LONGEST_CODE])


def give_up(session: Session, work: Work, code: str, *, now: datetime) -> bool:
    """Set the job aside for an operator."""
    return _settle(session, work, failed_at=now, last_error=code[:LONGEST_CODE])


def _settle(session: Session, work: Work, **values: Any) -> bool:  # columns of several types
    statement = update(Job).where(Job.id == work.id, Job.attempts == work.attempt, _WAITING)
    return changed(session.execute(statement.values(locked_until=None, **values))) == 1


def pause(attempt: int) -> timedelta:
    """Return how long to wait after the attempt: doubling, with half of it left to chance.

    Without chance, a thousand notices that failed together would come back together.
    """
    doublings = min(attempt - 1, 20)  # more would overflow, and is beyond the longest anyway
    whole: timedelta = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
    return whole * (0.5 + new_fraction() / 2)


def listed(session: Session, *, failed_only: bool, most: int = 100) -> Sequence[Job]:
    """Return jobs not done, those given up first, then by the moment of their next attempt."""
    statement = select(Job).where(Job.done_at.is_(None))
    if failed_only:
        statement = statement.where(Job.failed_at.is_not(None))
    return session.scalars(
        statement.order_by(Job.failed_at.is_(None), Job.run_at, Job.id).limit(most)
    ).all()


@dataclass(frozen=True)
class Waiting:
    """How many jobs of a kind wait, since when the oldest is due, and how many were given up."""

    kind: str
    waiting: int
    oldest_at: datetime | None
    failed: int


def by_kind(session: Session) -> list[Waiting]:
    """Count what is not done, the kinds in order."""
    waits = session.execute(
        select(Job.kind, func.count(), func.min(Job.run_at)).where(_WAITING).group_by(Job.kind)
    ).all()
    given_up = session.execute(
        select(Job.kind, func.count()).where(Job.failed_at.is_not(None)).group_by(Job.kind)
    ).all()
    failed = {row[0]: row[1] for row in given_up}
    found = [Waiting(row[0], row[1], row[2], failed.pop(row[0], 0)) for row in waits]
    found += [Waiting(kind, 0, None, count) for kind, count in failed.items()]
    return sorted(found, key=lambda each: each.kind)


def retry(session: Session, job_id: UUID | None = None, *, now: datetime) -> int:
    """Let a job that was given up, or all of them, begin anew at once; return how many.

    Raises NotFound if the one asked for is not among those given up.
    """
    statement = update(Job).where(Job.failed_at.is_not(None))
    if job_id is not None:
        statement = statement.where(Job.id == job_id)
    begun = changed(
        session.execute(statement.values(failed_at=None, attempts=0, run_at=now, locked_until=None))
    )
    if job_id is not None and not begun:
        raise NotFound("job.not_found")
    return begun
