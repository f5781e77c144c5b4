"""Take files in, let a second officer confirm what they would do, and find them again (4.7).

Who uploads never confirms, nor undoes: the database holds the two apart.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import SEEK_END
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, not_, select, true, update
from sqlalchemy.orm import Session

from kernel import jobs
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at, new_reference
from kernel.keyring import Keyring
from services import consolidation_files as files
from services.consolidation_files import Encoding, Format
from services.consolidation_models import (
    JUDGED,
    Batch,
    BatchPart,
    BatchRow,
    BatchState,
    Outcome,
    Stream,
)
from services.consolidation_schema import CHANNELS
from services.models import ActivationNote, Service

KIND = "consolidation.work"
_KEY = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = 50  # differences on a page
DIFFERENCES = (Outcome.CHANGED, Outcome.CONFLICT)
NOT_APPLIED = "not_applied"  # what became of a row that a batch which was stopped did not reach


def receive(
    session: Session,
    stream: Stream,
    file: BinaryIO,
    *,
    encoding: Encoding | None,
    officer: UUID,
    keyring: Keyring,
    now: datetime,
) -> Batch:
    """Take a file in, if its columns are those confirmed; it is read by the worker.

    Nothing is written of a file with a column too many (3-II). Raises Refused
    `consolidation.field_out_of_scope`, `consolidation.column_missing`,
    `consolidation.file_unreadable`, `consolidation.file_too_large`.
    """
    if file.seek(0, SEEK_END) > files.LARGEST:
        raise Refused("consolidation.file_too_large")
    format_ = files.recognise(file)
    known = Encoding.UTF_8 if format_ is Format.XLSX else encoding or files.detect(file)
    files.require_columns(file, format_, known, columns=stream.columns)
    batch = Batch(
        id=new_id_at(now),
        number=new_reference(),
        stream_id=stream.id,
        organisation_id=stream.organisation_id,
        service_id=stream.service_id,
        schema_hash=stream.schema_hash,
        file_hash=b"",
        format=format_.value,
        encoding=known.value,
        state=BatchState.READING,
        uploaded_by=officer,
        uploaded_at=now,
        read_rows=0,
        applied_rows=0,
        undone_rows=0,
    )
    session.add(batch)
    batch.file_hash = _keep(session, batch.id, file, keyring=keyring)
    session.flush()
    go_on(session, batch.id, now=now)
    return batch


def _keep(session: Session, batch_id: UUID, file: BinaryIO, *, keyring: Keyring) -> bytes:
    """Keep the file sealed, piece by piece, until it was read; return its SHA-256."""
    session.flush()
    file.seek(0)
    digest = hashlib.sha256()
    for number, piece in enumerate(iter(lambda: file.read(files.PIECE), b"")):
        digest.update(piece)
        sealed = keyring.seal(piece, place=place_of_part(batch_id, number))
        values = {"batch_id": batch_id, "number": number, "sealed": sealed}
        session.connection().execute(insert(BatchPart), values)
    return digest.digest()


def place_of_part(batch_id: UUID, number: int) -> str:
    """Return where a piece of a file is sealed."""
    return f"consolidation_part/{batch_id}/{number}"


def go_on(session: Session, batch_id: UUID, *, now: datetime) -> None:
    """Let the worker take the batch as far as it may go."""
    jobs.enqueue(session, KIND, {"batch": str(batch_id)}, now=now)


def confirm(session: Session, batch: Batch, *, officer: UUID, now: datetime) -> None:
    """Let a batch be applied, as a second officer.

    Raises Refused `consolidation.batch_unconfirmed` for who uploaded it,
    `consolidation.wrong_state`, `consolidation.no_legal_basis` if its stream was replaced.
    """
    if batch.stream.ended_at is not None:
        raise Refused("consolidation.no_legal_basis")
    if batch.service.closed_at is not None:
        raise Refused("service.closed")
    values = {"state": BatchState.APPLYING, "confirmed_by": officer, "confirmed_at": now}
    _step(session, batch, BatchState.DRY_RUN, values, officer=officer)
    go_on(session, batch.id, now=now)


def roll_back(session: Session, batch: Batch, *, officer: UUID, now: datetime) -> None:
    """Let a batch be undone, as a second officer.

    Raises Refused `consolidation.batch_unconfirmed` for who uploaded it,
    `consolidation.wrong_state`.
    """
    values = {"state": BatchState.ROLLING_BACK, "rolled_back_by": officer}
    _step(session, batch, BatchState.APPLIED, values, officer=officer)
    go_on(session, batch.id, now=now)


def cancel(session: Session, batch: Batch) -> None:
    """Set a batch aside that nobody confirmed. Raises Refused `consolidation.wrong_state`."""
    _step(session, batch, BatchState.DRY_RUN, {"state": BatchState.CANCELLED}, officer=None)


def _step(
    session: Session,
    batch: Batch,
    start: BatchState,
    values: Mapping[str, Any],  # columns
    *,
    officer: UUID | None,
) -> None:
    mine = update(Batch).where(Batch.id == batch.id, Batch.state == start)
    if officer is not None:
        mine = mine.where(Batch.uploaded_by != officer)
    done = session.execute(mine.values(values).execution_options(synchronize_session=False))
    session.refresh(batch)
    if changed(done) == 1:
        return
    if batch.state is start:
        raise Refused("consolidation.batch_unconfirmed")
    raise Refused("consolidation.wrong_state")


# Finding


def get(session: Session, number: str, *, organisation_id: UUID | None = None) -> Batch:
    """Return a batch, of this agency if one is named. Raises NotFound."""
    found = select(Batch).where(Batch.number == number)
    if organisation_id is not None:
        found = found.where(Batch.organisation_id == organisation_id)
    batch = session.scalar(found)
    if batch is None:
        raise NotFound("consolidation.not_found")
    return batch


def listed(
    session: Session, organisation_id: UUID | None = None, most: int = 50
) -> Sequence[Batch]:
    """Return the newest batches, of this agency if one is named."""
    found = select(Batch).order_by(Batch.id.desc()).limit(most)
    if organisation_id is not None:
        found = found.where(Batch.organisation_id == organisation_id)
    return session.scalars(found).all()


def awaiting(session: Session, organisation_id: UUID) -> int:
    """Return how many batches of an agency wait for a second officer."""
    found = select(func.count(Batch.id)).where(
        Batch.organisation_id == organisation_id, Batch.state == BatchState.DRY_RUN
    )
    return session.scalars(found).one()


def _was_missed(batch: Batch) -> ColumnElement[bool]:
    """Return whether a row of a batch that was stopped would have done something, and did not."""
    return and_(BatchRow.outcome.in_(JUDGED), BatchRow.number > batch.applied_rows)


def _counts(batch: Batch) -> ColumnElement[bool]:
    """Return whether what stands of a row is what it does, or did."""
    return true() if batch.stopped_by is None else not_(_was_missed(batch))


def counts(session: Session, batch: Batch) -> dict[Outcome, int]:
    """Return how many rows do what; every outcome is there. What was not reached does nothing."""
    rows = session.execute(
        select(BatchRow.outcome, func.count())
        .where(BatchRow.batch_id == batch.id, _counts(batch))
        .group_by(BatchRow.outcome)
    )
    found = {row[0]: row[1] for row in rows}
    return {each: found.get(each, 0) for each in Outcome}


def troubles(session: Session, batch: Batch) -> Sequence[tuple[str, int]]:
    """Return how often each code was given, the most frequent first; before it what stopped it."""
    count = func.count().label("count")
    rows = session.execute(
        select(BatchRow.code, count)
        .where(BatchRow.batch_id == batch.id, BatchRow.code != "", _counts(batch))
        .group_by(BatchRow.code)
        .order_by(count.desc(), BatchRow.code)
    )
    return [*_stopped(session, batch), *((code, number) for code, number in rows)]


def _stopped(session: Session, batch: Batch) -> Iterator[tuple[str, int]]:
    if batch.stopped_by is not None:
        missed = select(func.count()).where(BatchRow.batch_id == batch.id, _was_missed(batch))
        yield batch.stopped_by, session.scalars(missed).one()


def origins(session: Session, member_id: UUID) -> dict[str, Batch]:
    """Return the batches that a member's notes came with, by the codes of their services."""
    found = (
        select(Service.code, ActivationNote.reference)
        .join(Service, Service.id == ActivationNote.service_id)
        .where(ActivationNote.member_id == member_id, ActivationNote.channel.in_(CHANNELS))
    )
    named = {row.code: row.reference for row in session.execute(found)}
    keys = [UUID(each) for each in named.values() if _KEY.fullmatch(each)]
    rows = session.scalars(select(Batch).where(Batch.id.in_(keys))) if keys else ()
    known = {str(each.id): each for each in rows}
    return {code: known[each] for code, each in named.items() if each in known}


def differences(session: Session, batch: Batch, *, after: int) -> Sequence[BatchRow]:
    """Return a page of rows that change a note or contradict one."""
    found = select(BatchRow).where(
        BatchRow.batch_id == batch.id,
        BatchRow.outcome.in_(DIFFERENCES),
        BatchRow.number > after,
        _counts(batch),
    )
    return session.scalars(found.order_by(BatchRow.number).limit(SHOWN + 1)).all()


def report(session: Session, batch: Batch) -> Iterator[tuple[int, str, str, bool, bool]]:
    """Yield for each row its number, outcome, code, whether the name differs, whether undone."""
    found = (
        select(
            BatchRow.number,
            BatchRow.outcome,
            BatchRow.code,
            BatchRow.name_differs,
            BatchRow.undone,
        )
        .where(BatchRow.batch_id == batch.id)
        .order_by(BatchRow.number)
    )
    last = batch.applied_rows
    for row in session.execute(found.execution_options(yield_per=1000)):
        outcome, code = row.outcome.value, row.code
        if batch.stopped_by is not None and row.outcome in JUDGED and row.number > last:
            outcome, code = NOT_APPLIED, batch.stopped_by
        yield row.number, outcome, code, row.name_differs, row.undone
