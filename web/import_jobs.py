"""Work off batches of consolidation, and tell their people before anybody else hears (PDPA 9).

A job does a part and leaves the rest to the next, so that the worker's other jobs come in between.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from audit.models import TrailEntry
from kernel import jobs
from kernel.db import changed, transaction
from kernel.jobs import JobDelayed, Work
from services import consolidation_batches as batches
from services import consolidation_notes, consolidation_work
from services import consolidation_reading as reading
from services.consolidation_models import Batch, BatchRow, BatchState, Outcome
from services.consolidation_reading import Superseded
from services.consolidation_work import BUSY, state_of
from services.models import ActivationNote
from web import notices
from web.mails import Mail
from web.rooms import Rooms

ANNOUNCE = "consolidation.announce"
CHUNKS = 20  # a job: well within its lease
PEOPLE = 200  # told in one transaction
TOLD = (BatchState.APPLIED, BatchState.ROLLED_BACK)


class Consolidator:
    """The handler that takes a batch on."""

    def __init__(self, rooms: Rooms) -> None:
        """Read and write through `rooms`."""
        self._rooms = rooms

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Do some chunks; while somebody else works on the batch, look again later.

        The command line leaves what comes after to the worker. Who lost the job itself with its
        lease leaves that to the worker who has it now, and cannot put it off either.
        """
        make, batch_id = self._rooms.sessions, UUID(work.payload["batch"])
        try:
            chunks = consolidation_work.work(
                make, batch_id, self._rooms.keyring, most_chunks=CHUNKS, now=now
            )
            deque(chunks, maxlen=0)
        except Superseded:
            raise JobDelayed("consolidation.superseded") from None
        state = state_of(make, batch_id)
        with transaction(make) as session:
            if not jobs.finish(session, work, now=now):
                return
            if state in BUSY:
                batches.go_on(session, batch_id, now=now)
            elif state in TOLD:
                _finished(session, batch_id, state, now=now)


def _finished(session: Session, batch_id: UUID, state: BatchState, *, now: datetime) -> None:
    """Let the people be told, and the officers; once, also if two jobs find the batch done."""
    batch, event = session.get_one(Batch, batch_id, with_for_update=True), f"consolidation.{state}"
    if _is_on_the_trail(session, event, batch_id):
        return
    detail = {"stopped": batch.stopped_by} if batch.stopped_by else {}
    trail.record(session, event, actor=None, subject=batch_id, now=now, **detail)
    jobs.enqueue(session, ANNOUNCE, {"batch": str(batch_id)}, now=now)
    for officer in {batch.uploaded_by, batch.confirmed_by or batch.uploaded_by}:
        notices.mail(session, Mail.IMPORT_DONE, member_id=officer, language=notices.OWN, now=now)


def _is_on_the_trail(session: Session, event: str, batch_id: UUID) -> bool:
    noted = select(TrailEntry.id).where(TrailEntry.subject == batch_id, TrailEntry.event == event)
    return session.scalar(noted.limit(1)) is not None


class Announcer:
    """The handler that tells people: a few hundred a job, each in person."""

    def __init__(self, rooms: Rooms) -> None:
        """Read and write through `rooms`."""
        self._rooms = rooms

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Write to those not told yet; what they are told of is released when it has left."""
        batch_id = UUID(work.payload["batch"])
        with transaction(self._rooms.sessions) as session:
            batch = session.get_one(Batch, batch_id)
            rows = _untold(session, batch_id)
            if not rows:
                return
            _mark_told(session, batch_id, [row.number for row in rows])
            members = [row.member_id for row in rows]
            noted = consolidation_notes.read(session, batch.service_id, members)
            for row in rows:
                _tell(session, batch, row, noted.get(row.member_id), now=now)
            jobs.enqueue(session, ANNOUNCE, {"batch": str(batch_id)}, now=now)


def _untold(session: Session, batch_id: UUID) -> Sequence[Any]:
    found = select(BatchRow.number, BatchRow.member_id, BatchRow.outcome, BatchRow.undone).where(
        BatchRow.batch_id == batch_id, BatchRow.to_tell
    )
    return session.execute(found.order_by(BatchRow.number).limit(PEOPLE)).all()


def _mark_told(session: Session, batch_id: UUID, numbers: list[int]) -> None:
    """Nobody is told twice: who comes second waits, finds fewer, and begins anew."""
    told = session.execute(
        update(BatchRow)
        .where(BatchRow.batch_id == batch_id, BatchRow.number.in_(numbers), BatchRow.to_tell)
        .values(to_tell=False)
        .execution_options(synchronize_session=False)
    )
    if changed(told) != len(numbers):
        raise JobDelayed("consolidation.told_meanwhile")


def _tell(
    session: Session, batch: Batch, row: Any, note: ActivationNote | None, *, now: datetime
) -> None:
    words, kind = _words(row, note)
    about = {}
    if words is Mail.NOTE_CONSOLIDATED and note is not None:
        # What stands again after an undo is an earlier batch's.
        whose = consolidation_notes.batch_of(note) if row.undone else None
        about = {"note": note.id, "batch": whose or batch.id}
    footprint.record(session, kind, member_id=row.member_id, now=now, reference=batch.number)
    notices.mail(session, words, member_id=row.member_id, language=notices.OWN, now=now, **about)


def _words(row: Any, note: ActivationNote | None) -> tuple[Mail, Kind]:  # a row of a batch
    if row.undone and (note is None or not note.unannounced):
        return Mail.NOTE_WITHDRAWN, Kind.NOTE_WITHDRAWN
    if row.outcome is Outcome.CONFLICT:
        return Mail.NOTE_CONFLICT, Kind.NOTE_CONFLICT
    return Mail.NOTE_CONSOLIDATED, Kind.NOTE_CONSOLIDATED


def destroy_held(rooms: Rooms, *, now: datetime) -> None:
    """Destroy what was held of strangers for thirty days."""
    with transaction(rooms.sessions) as session:
        gone = reading.destroy_held(session, now=now)
        if gone:
            trail.record(session, "consolidation.held_destroyed", actor=None, now=now, rows=gone)
