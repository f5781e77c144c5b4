"""Keep the docket of conflicts: an agency's file against the note that stands (4.7, 10-II).

A conflict changes no right. A note that says no is marked as in dispute, so that nobody reads it as
one; a note that says yes goes on saying yes. Officers end it, and none of the ways to do so takes
anything away.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at, new_reference
from services import consolidation_notes as notes
from services.consolidation_judging import KEEPS, Noted, Said, Verdict, takes_away
from services.consolidation_models import Batch, Conflict, Outcome, Resolution
from services.consolidation_notes import Origin
from services.models import Activation, ActivationNote, Channel, Happening


def open_all(
    session: Session,
    batch: Batch,
    judged: Mapping[int, tuple[UUID, Verdict]],
    said: Mapping[UUID, Said],
    before: Mapping[UUID, ActivationNote],
    *,
    now: datetime,
) -> set[int]:
    """Put contradictions on the docket; return the numbers of the rows that were not on it yet."""
    against = {
        number: (member_id, verdict.code)
        for number, (member_id, verdict) in judged.items()
        if verdict.outcome is Outcome.CONFLICT
    }
    if not against:
        return set()
    members = [member_id for member_id, _ in against.values()]
    found = select(Conflict.member_id, Conflict.said_key).where(
        Conflict.service_id == batch.service_id, Conflict.member_id.in_(members)
    )
    known = {(row.member_id, row.said_key) for row in session.execute(found)}
    rows = [
        _row(batch, number, code, said[member_id], before[member_id], now=now)
        for number, (member_id, code) in against.items()
        if (member_id, said[member_id].key) not in known
    ]
    if rows:
        session.connection().execute(insert(Conflict), rows)
        _mark(session, batch, rows, before, now=now)
    return {row["row_number"] for row in rows}


def _row(
    batch: Batch,
    number: int,
    code: str,
    said: Said,
    note: ActivationNote,
    *,
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id_at(now),
        "number": new_reference(),
        "batch_id": batch.id,
        "row_number": number,
        "organisation_id": batch.service.organisation_id,  # who followed while it is applied
        "service_id": batch.service_id,
        "member_id": note.member_id,
        "code": code,
        "said_key": said.key,
        "said_state": said.state,
        "said_since": said.since,
        "said_as_of": said.as_of,
        "noted": notes.kept(note),
        "uploaded_by": batch.uploaded_by,
        "opened_at": now,
        "resolution": None,
        "resolved_by": None,
        "resolved_at": None,
    }


def _mark(
    session: Session,
    batch: Batch,
    rows: Sequence[Mapping[str, Any]],
    before: Mapping[UUID, ActivationNote],
    *,
    now: datetime,
) -> None:
    """Let a "no" that an agency contradicts be no "no" until somebody looked into it."""
    doubted = {
        row["member_id"]: row["number"]
        for row in rows
        if before[row["member_id"]].state is Activation.NOT_ACTIVATED
        and before[row["member_id"]].disputed_at is None
    }
    if not doubted:
        return
    statement = (
        update(ActivationNote)
        .where(ActivationNote.id == bindparam("key"))
        .values(disputed_at=now, dispute=bindparam("docket"))
    )
    given = [{"key": before[key].id, "docket": number} for key, number in doubted.items()]
    session.connection().execute(statement, given)
    told = {key: (before[key].state, before[key].as_of) for key in doubted}
    own = {key: {"reference": number} for key, number in doubted.items()}
    origin = Origin(
        service=batch.service,
        channel=batch.stream.channel,
        actor=str(batch.confirmed_by),
        reference=str(batch.id),
    )
    notes.remember(session, origin, Happening.DISPUTED, told, own=own, now=now)


# Ending a conflict


def get(session: Session, number: str, *, organisation_id: UUID) -> Conflict:
    """Return a conflict of this agency. Raises NotFound."""
    found = select(Conflict).where(
        Conflict.number == number, Conflict.organisation_id == organisation_id
    )
    conflict = session.scalar(found)
    if conflict is None:
        raise NotFound("consolidation.not_found")
    return conflict


def of_member(session: Session, member_id: UUID) -> set[str]:
    """Return the numbers of the conflicts about a member."""
    found = select(Conflict.number).where(Conflict.member_id == member_id)
    return set(session.scalars(found))


def open_of(session: Session, organisation_id: UUID, most: int = 50) -> Sequence[Conflict]:
    """Return an agency's open conflicts, the oldest first."""
    return session.scalars(_open(organisation_id).order_by(Conflict.id).limit(most)).all()


def waiting(session: Session, organisation_id: UUID) -> int:
    """Return how many conflicts of an agency are open."""
    return session.scalars(
        select(func.count(Conflict.id)).where(
            Conflict.organisation_id == organisation_id, Conflict.resolved_at.is_(None)
        )
    ).one()


def _open(organisation_id: UUID) -> Any:  # a SELECT of conflicts
    return select(Conflict).where(
        Conflict.organisation_id == organisation_id, Conflict.resolved_at.is_(None)
    )


def may_follow_agency(conflict: Conflict) -> bool:
    """Say whether the agency's word may be written: it neither ends a right nor a suspension."""
    return conflict.code != KEEPS and conflict.noted["state"] != Activation.SUSPENDED


def resolve(
    session: Session, conflict: Conflict, resolution: Resolution, *, officer: UUID, now: datetime
) -> None:
    """End a conflict, as an officer who did not upload the file.

    Raises Refused `right.presumption_keeps` for the agency's word against a right,
    `consolidation.suspension_stands` for its word against a suspension,
    `consolidation.batch_unconfirmed` for who uploaded, `consolidation.already_decided`.
    """
    _end(session, conflict, resolution, officer=officer, now=now)
    note = notes.hold(session, conflict.service_id, [conflict.member_id]).get(conflict.member_id)
    if note is None:
        return
    origin = Origin(
        service=conflict.service,
        channel=Channel.AGREED,
        actor=str(officer),
        reference=conflict.number,
    )
    if resolution is Resolution.KEEP_AGENCY:
        _follow_agency(session, conflict, note, origin, now=now)
    if resolution is not Resolution.BOTH and note.dispute == conflict.number:
        note.disputed_at, note.dispute = None, None
        session.flush()
        told = {note.member_id: (note.state, note.as_of)}
        notes.remember(session, origin, Happening.SETTLED, told, now=now)


def close_with_dispute(
    session: Session, number: str, right: Activation, *, officer: UUID, now: datetime
) -> None:
    """End the conflict that a settled dispute came from, if it came from one.

    `right` is what the officer noted. Raises Refused `consolidation.batch_unconfirmed` for who
    uploaded the file, `consolidation.already_decided`.
    """
    found = select(Conflict).where(Conflict.number == number, Conflict.resolved_at.is_(None))
    if (conflict := session.scalar(found)) is None:
        return
    agrees = right is conflict.said_state
    ending = Resolution.KEEP_AGENCY if agrees else Resolution.KEEP_SYSTEM
    _end(session, conflict, ending, officer=officer, now=now)


def _end(
    session: Session, conflict: Conflict, resolution: Resolution, *, officer: UUID, now: datetime
) -> None:
    if conflict.uploaded_by == officer:
        raise Refused("consolidation.batch_unconfirmed")
    ended = session.execute(
        update(Conflict)
        .where(Conflict.id == conflict.id, Conflict.resolved_at.is_(None))
        .values(resolution=resolution, resolved_by=officer, resolved_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed(ended) != 1:
        raise Refused("consolidation.already_decided")
    session.refresh(conflict)


def _follow_agency(
    session: Session, conflict: Conflict, note: ActivationNote, origin: Origin, *, now: datetime
) -> None:
    """Write the agency's word over the note as it stands now, if that takes nothing away."""
    said = Said(
        state=conflict.said_state,
        since=conflict.said_since,
        as_of=max(conflict.said_as_of, note.as_of),
    )
    present = Noted(state=note.state, since=note.since, as_of=note.as_of, disputed=False)
    if takes_away(said, present):
        raise Refused("right.presumption_keeps")
    if note.state is Activation.SUSPENDED:
        raise Refused("consolidation.suspension_stands")
    notes.change(session, origin, {note.member_id: said}, {note.member_id: note}, now=now)
    session.refresh(note)
    note.unannounced = False  # whoever ends a conflict tells its member in the same transaction
    session.flush()
    told = {note.member_id: (said.state, said.as_of)}
    notes.remember(session, origin, Happening.NOTED, told, now=now)
