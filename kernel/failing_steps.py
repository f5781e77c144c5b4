"""Keep which steps of the calendar fail, and since when, where operators look: as jobs given up.

No worker takes such a job: the next sweep takes the step anyway, and removes the job if it can.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from kernel.db import insert_once
from kernel.ids import digest
from kernel.jobs import LONGEST_CODE, Job

KIND = "sweep.step"


def keep(session: Session, failed: Collection[str], *, now: datetime) -> None:
    """Let what failed in a sweep stand there, each step since it failed first, and no other."""
    others = Job.id.not_in([_id_of(step) for step in failed])
    session.execute(delete(Job).where(Job.kind == KIND, Job.done_at.is_(None), others))
    for step in failed:
        job = {
            "id": _id_of(step),
            "kind": KIND,
            "payload": {},
            "created_at": now,
            "run_at": now,
            "attempts": 0,
            "failed_at": now,
            "last_error": step[:LONGEST_CODE],
        }
        if not insert_once(session, Job, job):
            session.execute(  # somebody let it begin anew, and it failed again
                update(Job)
                .where(Job.id == _id_of(step), Job.failed_at.is_(None))
                .values(failed_at=now)
            )


def _id_of(step: str) -> UUID:
    """Return the same id for a step whoever asks: so it stands there once."""
    return UUID(bytes=digest(f"{KIND} {step}")[:16])
