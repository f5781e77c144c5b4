"""Apply a confirmed batch, a thousand rows a transaction, and undo it in the same way (4.7).

Each transaction moves the mark of how far the batch has come and writes what lies before it, or
neither: a process may be killed at any row, and two may work at once. What a row does is judged
again, for the notes may have changed since the dry run.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.keyring import Keyring
from services import card_faces
from services import consolidation_docket as docket
from services import consolidation_notes as notes
from services.consolidation_judging import Said, Verdict, judge
from services.consolidation_models import JUDGED, Batch, BatchRow, BatchState, Outcome
from services.consolidation_notes import Origin
from services.consolidation_reading import CHUNK, Superseded
from services.models import ActivationNote, Happening

_ROWS = BatchRow.__table__
DONE = (Outcome.INSERTED, Outcome.CHANGED)
CHANGED_SINCE = "consolidation.changed_since"
CLOSED = "service.closed"


def apply_some(session: Session, batch_id: UUID, *, keyring: Keyring, now: datetime) -> int | None:
    """Apply the next rows and return how many; None if the batch is done with.

    Raises Superseded if another worker did so meanwhile.
    """
    batch = session.get_one(Batch, batch_id)
    if batch.state is not BatchState.APPLYING:
        return None
    rows = _next(session, batch, after=batch.applied_rows, outcomes=JUDGED)
    is_over = batch.service.closed_at is not None  # nothing more is written
    if is_over or not rows:
        why = CLOSED if is_over and rows else None
        _end(session, batch, BatchState.APPLIED, applied_at=now, stopped_by=why)
        return None
    _advance(session, batch, "applied_rows", batch.applied_rows, rows[-1].number)
    _apply(session, batch, rows, keyring=keyring, now=now)
    return len(rows)


def _apply(
    session: Session, batch: Batch, rows: Sequence[Any], *, keyring: Keyring, now: datetime
) -> None:
    said = {row.member_id: _said(row, batch.service_id, keyring=keyring) for row in rows}
    faces = {row.member_id: row.face_sealed for row in rows}
    before = notes.hold(session, batch.service_id, said.keys())
    verdicts = {
        key: judge(each, notes.noted(before.get(key), keyring=keyring))
        for key, each in said.items()
    }
    updates = [_update(row, verdicts[row.member_id], before.get(row.member_id)) for row in rows]
    opened = docket.open_all(
        session,
        batch,
        {row.number: (row.member_id, verdicts[row.member_id]) for row in rows},
        said,
        before,
        now=now,
    )
    for each in updates:
        each["new_to_tell"] = each["new_to_tell"] or each["row"] in opened
    origin = origin_of(batch)
    new = {key: said[key] for key, each in verdicts.items() if each.outcome is Outcome.INSERTED}
    newer = {key: said[key] for key, each in verdicts.items() if each.outcome is Outcome.CHANGED}
    told = {key: (each.state, each.as_of) for key, each in (new | newer).items()}
    notes.change(session, origin, newer, before, faces, now=now)
    notes.add(session, origin, new, faces, now=now)
    notes.remember(session, origin, Happening.NOTED, told, now=now)
    _write(session, batch.id, updates)


def _update(row: Any, verdict: Verdict, note: ActivationNote | None) -> dict[str, Any]:
    applies = verdict.outcome in (Outcome.INSERTED, Outcome.CHANGED)
    is_news = applies and (note is None or _is_news(row, note))
    return {
        "row": row.number,
        "new_outcome": verdict.outcome,
        "new_code": verdict.code,
        "new_applied": applies,
        "new_prior": notes.kept(note) if applies and note is not None else None,
        "new_to_tell": is_news,
        "new_undone": False,
    }


def _is_news(row: Any, note: ActivationNote) -> bool:
    """Say whether the member learns something: another word, a card, or what nobody told yet.

    The letter of an earlier batch announces no more what is this one's now.
    """
    shows_more = note.face_sealed is None and row.face_sealed is not None
    return note.unannounced or note.state is not row.state or shows_more


def undo_some(session: Session, batch_id: UUID, *, now: datetime) -> int | None:
    """Undo the next rows and return how many; None if the batch is done with.

    What was changed since stays as it is, and is reported. Raises Superseded.
    """
    batch = session.get_one(Batch, batch_id)
    if batch.state is not BatchState.ROLLING_BACK:
        return None
    rows = _next(session, batch, after=batch.undone_rows, outcomes=DONE)
    if not rows:
        _end(session, batch, BatchState.ROLLED_BACK, rolled_back_at=now)
        return None
    _advance(session, batch, "undone_rows", batch.undone_rows, rows[-1].number)
    _undo(session, batch, rows, now=now)
    return len(rows)


def _undo(session: Session, batch: Batch, rows: Sequence[Any], *, now: datetime) -> None:
    present = notes.hold(session, batch.service_id, {row.member_id for row in rows})
    origin = origin_of(batch)
    mine = {
        row.number: note
        for row in rows
        if (note := present.get(row.member_id)) is not None
        and note.reference == origin.reference
        and note.disputed_at is None
    }
    updates = [
        {
            "row": row.number,
            "new_outcome": row.outcome,
            "new_code": row.code if row.number in mine else CHANGED_SINCE,
            "new_applied": True,
            "new_prior": row.prior,
            "new_to_tell": row.number in mine and _undoing_is_news(row, mine[row.number]),
            "new_undone": row.number in mine,
        }
        for row in rows
    ]
    prior = {row.number: row.prior for row in rows}
    back = {
        note.id: notes.kept_again(prior[number], note)
        for number, note in mine.items()
        if prior[number]
    }
    added = [note for number, note in mine.items() if not prior[number]]
    again = {
        note.member_id: notes.opened(back[note.id]) for note in mine.values() if note.id in back
    }
    _remember_undone(session, origin, added, again, now=now)
    notes.put_back(session, back)
    notes.remove(session, [note.id for note in added])
    _write(session, batch.id, updates)


def _undoing_is_news(row: Any, note: ActivationNote) -> bool:
    """Say whether the member is told: that the note is gone, or what it says again.

    Who was not told of a note that is gone never knew of it. The letter about the one of before may
    have left meanwhile, and announced nothing.
    """
    return not note.unannounced or bool(row.prior and row.prior["unannounced"])


def _remember_undone(
    session: Session,
    origin: Origin,
    added: Sequence[ActivationNote],
    again: Mapping[UUID, Mapping[str, Any]],
    *,
    now: datetime,
) -> None:
    """Say of what the batch had added that it is gone, of the rest what is noted again."""
    gone = {note.member_id: (note.state, note.as_of) for note in added}
    notes.remember(session, origin, Happening.WITHDRAWN, gone, now=now)
    told = {key: (each["state"], each["as_of"]) for key, each in again.items()}
    own = {
        key: {name: each[name] for name in ("channel", "actor", "reference")}
        for key, each in again.items()
    }
    notes.remember(session, origin, Happening.NOTED, told, own=own, now=now)


def origin_of(batch: Batch) -> Origin:
    """Return what stands in every note of a batch: the batch is its case, confirmed by two."""
    return Origin(
        service=batch.service,
        channel=batch.stream.channel,
        actor=str(batch.confirmed_by),
        reference=str(batch.id),
    )


def _said(row: Any, service_id: UUID, *, keyring: Keyring) -> Said:
    face = card_faces.opened(
        row.face_sealed, member_id=row.member_id, service_id=service_id, keyring=keyring
    )
    return Said(state=row.state, since=row.since, as_of=row.as_of, face=face)


def _next(
    session: Session, batch: Batch, *, after: int, outcomes: Sequence[Outcome]
) -> Sequence[Any]:
    found = select(_ROWS).where(
        _ROWS.c.batch_id == batch.id,
        _ROWS.c.number > after,
        _ROWS.c.outcome.in_(outcomes),
    )
    if batch.state is BatchState.ROLLING_BACK:
        found = found.where(_ROWS.c.applied)
    return session.execute(found.order_by(_ROWS.c.number).limit(CHUNK)).all()


def _advance(session: Session, batch: Batch, mark: str, start: int, end: int) -> None:
    column = getattr(Batch, mark)
    moved = session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state == batch.state, column == start)
        .values({mark: end})
    )
    if changed(moved) != 1:
        raise Superseded


def _end(session: Session, batch: Batch, state: BatchState, **values: Any) -> None:  # columns
    ended = session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.state == batch.state)
        .values(state=state, **values)
    )
    if changed(ended) != 1:
        raise Superseded


def _write(session: Session, batch_id: UUID, updates: Sequence[Mapping[str, Any]]) -> None:
    names = ("outcome", "code", "applied", "prior", "to_tell", "undone")
    values = {name: bindparam(f"new_{name}", type_=_ROWS.c[name].type) for name in names}
    statement = (
        update(BatchRow)
        .where(BatchRow.batch_id == bindparam("batch"), BatchRow.number == bindparam("row"))
        .values(values)
    )
    session.connection().execute(statement, [{"batch": batch_id, **each} for each in updates])
