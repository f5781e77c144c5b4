"""Find whom an incident touched: read the ledger once, in steps, and freeze the list (PDPA 12).

Each step is one short transaction that moves the place reached by one conditional UPDATE, so a
worker that dies, or a second one, changes nothing. Millions of lines take minutes.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from audit.incident_models import Incident, IncidentMember, Reach
from audit.incidents import change
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from audit.sampling import LOOKS
from audit.views import APPLICATION
from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import first_id_at

STEP = 20_000  # lines read at once
_AT_ONCE = 5000
_IN_ONE = 500  # members named in one statement
# By what data of a member left, or were let go. Who refused, or only helped, is not touched.
WENT_OUT = frozenset(
    {
        Kind.SIGNED_IN,
        Kind.RELEASED,
        Kind.TILL_ANSWERED,
        Kind.CARD_USED,
        Kind.CONSENT_GIVEN,
        Kind.CONSENT_APPROVED,
    }
)
Made = Callable[[Session, Collection[UUID]], Mapping[UUID, UUID]]  # members, by application


def aim(
    session: Session,
    incident: Incident,
    reach: Reach,
    *,
    keys: Iterable[UUID],
    since: datetime,
    until: datetime,
    now: datetime,
) -> None:
    """Say by which thread and in which time the touched are found, once.

    Raises Refused `incident.incomplete` or `incident.wrong_state`.
    """
    named = sorted(map(str, keys))
    if not since < until <= now or (reach is not Reach.EVERYBODY and not named):
        raise Refused("incident.incomplete")
    change(
        session,
        incident,
        Incident.reach.is_(None),
        Incident.closed_at.is_(None),
        reach=reach,
        keys=named,
        since=since,
        until=until,
        place=first_id_at(since),
    )


def gather(
    session: Session, incident: Incident, *, made: Made, now: datetime, step: int = STEP
) -> bool:
    """Read on by one step; True when the list is complete and frozen.

    Who looked at an application touched the member it `made`, if it made one. Raises Refused
    `incident.wrong_state` if it was frozen, or another worker read this step.
    """
    if incident.reach is None or incident.until is None or incident.place is None:
        raise Refused("incident.wrong_state")
    rows = _rows(session, incident, step, made)
    touched = {member_id for _, member_id in rows if member_id is not None}
    place = rows[-1][0] if rows else incident.place
    change(
        session,
        incident,
        Incident.place == incident.place,
        Incident.frozen_at.is_(None),
        place=place,
    )
    _add(session, incident.id, sorted(touched))
    if len(rows) == step:
        return False
    _freeze(session, incident, now=now)
    return True


def _rows(
    session: Session, incident: Incident, step: int, made: Made
) -> list[tuple[UUID, UUID | None]]:
    """Return the next lines; with the member's id where the line is one of those meant."""
    keys = {UUID(each) for each in incident.keys or ()}
    until = first_id_at(incident.until or incident.known_at)
    if incident.reach is Reach.ACTORS:
        entries = session.execute(
            select(TrailEntry.id, TrailEntry.event, TrailEntry.actor, TrailEntry.subject)
            .where(TrailEntry.id > incident.place, TrailEntry.id < until)
            .order_by(TrailEntry.id)
            .limit(step)
        ).all()
        theirs = [row for row in entries if row.actor in keys]
        opened = {row.id: row.subject for row in theirs if row.event == APPLICATION and row.subject}
        members = made(session, set(opened.values()))
        seen = {row.id: row.subject for row in theirs if row.event in LOOKS}
        seen |= {entry_id: members.get(subject) for entry_id, subject in opened.items()}
        return [(row.id, seen.get(row.id)) for row in entries]
    lines = session.execute(
        select(LedgerLine.id, LedgerLine.kind, LedgerLine.client_id, LedgerLine.member_id)
        .where(LedgerLine.id > incident.place, LedgerLine.id < until)
        .order_by(LedgerLine.id)
        .limit(step)
    )
    everybody = incident.reach is Reach.EVERYBODY
    return [
        (
            row.id,
            row.member_id
            if row.client_id and row.kind in WENT_OUT and (everybody or row.client_id in keys)
            else None,
        )
        for row in lines
    ]


def _add(session: Session, incident_id: UUID, members: list[UUID]) -> None:
    for start in range(0, len(members), _IN_ONE):
        some = members[start : start + _IN_ONE]
        known = set(
            session.scalars(
                select(IncidentMember.member_id).where(
                    IncidentMember.incident_id == incident_id, IncidentMember.member_id.in_(some)
                )
            )
        )
        new = [
            {"incident_id": incident_id, "member_id": each} for each in some if each not in known
        ]
        if new:
            session.execute(insert(IncidentMember), new)


def _freeze(session: Session, incident: Incident, *, now: datetime) -> None:
    digest, count = hashlib.sha256(), 0
    members = (
        select(IncidentMember.member_id)
        .where(IncidentMember.incident_id == incident.id)
        .order_by(IncidentMember.member_id)
    )
    for member_id in session.scalars(members, execution_options={"yield_per": _AT_ONCE}):
        digest.update(member_id.bytes)
        count += 1
    change(
        session,
        incident,
        Incident.frozen_at.is_(None),
        frozen_at=now,
        affected=count,
        affected_hash=digest.hexdigest(),
    )


def is_as_frozen(session: Session, incident: Incident) -> bool:
    """Say whether the list is still the one that was frozen."""
    members = session.scalars(
        select(IncidentMember.member_id)
        .where(IncidentMember.incident_id == incident.id)
        .order_by(IncidentMember.member_id)
    )
    digest = hashlib.sha256(b"".join(each.bytes for each in members))
    return digest.hexdigest() == incident.affected_hash


def untold(session: Session, incident: Incident, *, most: int) -> list[UUID]:
    """Return touched members to whom no notice was written yet."""
    return list(
        session.scalars(
            select(IncidentMember.member_id)
            .where(IncidentMember.incident_id == incident.id, IncidentMember.told_at.is_(None))
            .limit(most)
        )
    )


def mark_told(
    session: Session, incident: Incident, member_id: UUID, *, is_written: bool, now: datetime
) -> bool:
    """Note that a member's notice is written, in its transaction, or that none is to be.

    False if it was noted before.
    """
    told = session.execute(
        update(IncidentMember)
        .where(
            IncidentMember.incident_id == incident.id,
            IncidentMember.member_id == member_id,
            IncidentMember.told_at.is_(None),
        )
        .values(told_at=now, was_skipped=not is_written)
    )
    return changed(told) == 1


def count_told(session: Session, incident: Incident) -> tuple[int, int]:
    """Return to how many a notice is written, and how many were skipped."""
    told = select(IncidentMember.was_skipped, func.count()).where(
        IncidentMember.incident_id == incident.id, IncidentMember.told_at.is_not(None)
    )
    written = skipped = 0
    for was_skipped, count in session.execute(told.group_by(IncidentMember.was_skipped)):
        if was_skipped:
            skipped = count
        else:
            written += count  # None: marked before the two were told apart
    return written, skipped
