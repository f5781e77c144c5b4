"""Keep which steps of the calendar fail, and since when, where operators look: as jobs given up.

No worker takes such a job: the next sweep takes the step anyway. What fails with one worker may go
well with another, whose machine has the token or the disk; so a job stands until no worker has
failed at the step for a while, or an operator lets it begin anew and none fails.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, update
from sqlalchemy.orm import Session

from kernel.db import insert_once
from kernel.ids import digest
from kernel.jobs import LONGEST_CODE, Job

KIND = "sweep.step"
LASTS = timedelta(minutes=3)  # each worker sweeps once a minute


def keep(session: Session, failed: Collection[str], *, now: datetime) -> None:
    """Let what failed in a sweep stand there, each step since it failed first."""
    others = Job.id.not_in([_id_of(step) for step in failed])
    is_over = or_(Job.run_at <= now - LASTS, Job.failed_at.is_(None))
    session.execute(delete(Job).where(Job.kind == KIND, Job.done_at.is_(None), others, is_over))
    for step in failed:
        job = {
            "id": _id_of(step),
            "kind": KIND,
            "payload": {},
            "created_at": now,
            "run_at": now,  # when it failed last
            "attempts": 0,
            "failed_at": now,
            "last_error": step[:LONGEST_CODE],
        }
        if not insert_once(session, Job, job):
            again = {"run_at": now, "failed_at": func.coalesce(Job.failed_at, now)}
            session.execute(update(Job).where(Job.id == _id_of(step)).values(again))


def _id_of(step: str) -> UUID:
    """Return the same id for a step whoever asks: so it stands there once."""
    return UUID(bytes=digest(f"{KIND} {step}")[:16])
