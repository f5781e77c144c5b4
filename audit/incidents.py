"""Take an incident from its detection to its lessons (PDPA 12; 7.1, 7.4; 4.15).

detected → level → reported → contained → told → closed. The order in real life varies, so each step
is a moment of its own, taken once; closing wants them all. Records are never deleted: the law wants
five years, and there are few.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from audit.asking import read, seal
from audit.incident_models import Incident
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at, new_reference
from kernel.keyring import Keyring

LEVELS = range(1, 5)
Step = Literal["reported_at", "contained_at", "authority_at"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How soon the law wants to hear of an incident; the city's settings say."""

    report: timedelta = timedelta(hours=1)
    alarm: timedelta = timedelta(hours=24)
    notify: timedelta = timedelta(hours=72)


@dataclass(frozen=True)
class Clock:
    """One term: until when, from when on it is urgent, and when it was kept or broken."""

    due_at: datetime
    alarm_at: datetime
    done_at: datetime | None

    def is_broken(self, *, now: datetime) -> bool:
        """Say whether the term was not kept."""
        return (self.done_at or now) > self.due_at

    def is_urgent(self, *, now: datetime) -> bool:
        """Say whether it is time to hurry."""
        return self.done_at is None and now >= self.alarm_at


def open_(
    session: Session,
    words: str,
    *,
    happened_at: datetime,
    is_drill: bool,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> Incident:
    """Enter an incident at the moment it is known. Raises Refused `incident.incomplete`."""
    if not words.strip() or happened_at > now:
        raise Refused("incident.incomplete")
    incident_id = new_id_at(now)
    incident = Incident(
        id=incident_id,
        reference=new_reference(),
        is_drill=is_drill,
        words_sealed=seal(words, incident_id, "words", keyring=keyring),
        opened_by=by,
        happened_at=happened_at,
        known_at=now,
        is_unreadable=False,
        notice_zh="",
        notice_en="",
    )
    session.add(incident)
    session.flush()
    return incident


def grade(session: Session, incident: Incident, level: int) -> None:
    """Say how grave it is, one to four; it may be found graver later.

    Raises Refused `incident.incomplete` or `incident.wrong_state`.
    """
    if level not in LEVELS:
        raise Refused("incident.incomplete")
    change(session, incident, Incident.closed_at.is_(None), level=level)


def take(session: Session, incident: Incident, step: Step, *, now: datetime) -> None:
    """Note that it was reported, contained, or told to the authority, once.

    Raises Refused `incident.wrong_state`, also for a report without a level.
    """
    conditions = [getattr(Incident, step).is_(None), Incident.closed_at.is_(None)]
    if step == "reported_at":
        conditions.append(Incident.level.is_not(None))
    change(session, incident, *conditions, **{step: now})


def word(session: Session, incident: Incident, zh: str, en: str, *, is_unreadable: bool) -> None:
    """Write what the touched and the public will read.

    Raises Refused `incident.incomplete` or, once it was said, `incident.wrong_state`.
    """
    if not (zh.strip() and en.strip()):
        raise Refused("incident.incomplete")
    change(
        session,
        incident,
        Incident.told_at.is_(None),
        Incident.published_at.is_(None),
        Incident.closed_at.is_(None),
        notice_zh=zh.strip()[:2000],
        notice_en=en.strip()[:2000],
        is_unreadable=is_unreadable,
    )


def notice_hash(incident: Incident) -> str:
    """Return what tells one wording of the notice from another."""
    parts = (incident.notice_zh, incident.notice_en, str(incident.is_unreadable))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _as_read(incident: Incident, read: str) -> tuple[ColumnElement[bool], ...]:
    """Return what holds while the notice says what was read. Raises `incident.wrong_state`."""
    if not incident.notice_zh or read != notice_hash(incident):
        raise Refused("incident.wrong_state")
    return (
        Incident.notice_zh == incident.notice_zh,
        Incident.notice_en == incident.notice_en,
        Incident.is_unreadable.is_(incident.is_unreadable),
    )


def tell(session: Session, incident: Incident, *, read: str, by: UUID, now: datetime) -> None:
    """Let everybody touched be told, as a second person; the list is frozen before.

    Also after a public notice, where that was not enough. `read` is the hash of the notice the
    second person read. Raises Refused `incident.second_person` or `incident.wrong_state`.
    """
    if by == incident.opened_by:
        raise Refused("incident.second_person")
    change(
        session,
        incident,
        *_as_read(incident, read),
        Incident.frozen_at.is_not(None),
        Incident.told_at.is_(None),
        Incident.closed_at.is_(None),
        told_at=now,
        told_by=by,
    )


def publish(session: Session, incident: Incident, *, read: str, by: UUID, now: datetime) -> None:
    """Tell the public instead, as a second person: enough only where nobody could read the data.

    `read` is the hash of the notice as it was read. Raises Refused `incident.second_person`,
    `incident.readable` or `incident.wrong_state`.
    """
    if by == incident.opened_by:
        raise Refused("incident.second_person")
    if not incident.is_unreadable:
        raise Refused("incident.readable")
    change(
        session,
        incident,
        *_as_read(incident, read),
        Incident.told_at.is_(None),
        Incident.published_at.is_(None),
        Incident.closed_at.is_(None),
        published_at=now,
    )


def close(
    session: Session, incident: Incident, words: str, *, keyring: Keyring, now: datetime
) -> None:
    """Close it with the report of what will be better.

    Raises Refused `incident.incomplete` or, while a step is missing, `incident.wrong_state`.
    """
    if not words.strip():
        raise Refused("incident.incomplete")
    nobody = Incident.affected == 0
    change(
        session,
        incident,
        Incident.reported_at.is_not(None),
        Incident.contained_at.is_not(None),
        Incident.authority_at.is_not(None),
        nobody | Incident.told_at.is_not(None) | Incident.published_at.is_not(None),
        Incident.closed_at.is_(None),
        improvement_sealed=seal(words, incident.id, "improvement", keyring=keyring),
        closed_at=now,
    )


def end_drill(session: Session, incident: Incident, *, now: datetime) -> None:
    """Close a drill that was over when the list was found. Raises `incident.wrong_state`."""
    change(
        session,
        incident,
        Incident.is_drill.is_(True),
        Incident.frozen_at.is_not(None),
        Incident.closed_at.is_(None),
        closed_at=now,
    )


def change(
    session: Session, incident: Incident, *before: ColumnElement[bool], **values: Any
) -> None:
    """Take a step whose conditions hold. Raises Refused `incident.wrong_state`."""
    moved = session.execute(
        update(Incident)
        .where(Incident.id == incident.id, *before)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(incident)
    if changed(moved) != 1:
        raise Refused("incident.wrong_state")


# Looking


def clocks(incident: Incident, terms: Terms) -> dict[str, Clock]:
    """Return the terms of the law: the report, the authority, and the people touched."""
    known = incident.known_at
    told = incident.published_at or incident.told_at  # whoever is told after a public notice
    if told is None and incident.affected == 0:
        told = incident.frozen_at  # nobody is to be told
    return {
        "report": Clock(known + terms.report, known, incident.reported_at),
        "authority": Clock(known + terms.notify, known + terms.alarm, incident.authority_at),
        "subjects": Clock(known + terms.notify, known + terms.alarm, told),
    }


def words_of(incident: Incident, *, keyring: Keyring) -> tuple[str, str]:
    """Return what happened and what will be better."""
    return (
        read(incident.words_sealed, incident.id, "words", keyring=keyring),
        read(incident.improvement_sealed, incident.id, "improvement", keyring=keyring),
    )


def get(session: Session, reference: str) -> Incident:
    """Return an incident. Raises NotFound."""
    found = None
    if reference.isascii() and reference.isalnum():
        found = session.scalar(select(Incident).where(Incident.reference == reference.upper()))
    if found is None:
        raise NotFound("incident.not_found")
    return found


def listed(session: Session) -> Sequence[Incident]:
    """Return the incidents, the newest first."""
    return session.scalars(select(Incident).order_by(Incident.id.desc())).all()


def public(session: Session) -> Sequence[Incident]:
    """Return those of which people were told, the newest first; drills are nobody's news."""
    return session.scalars(
        select(Incident)
        .where(
            Incident.told_at.is_not(None) | Incident.published_at.is_not(None),
            Incident.is_drill.is_(False),
        )
        .order_by(Incident.id.desc())
    ).all()


def still_open(session: Session) -> Sequence[Incident]:
    """Return those that are not closed, the oldest first; no drill, which breaks no term."""
    return session.scalars(
        select(Incident)
        .where(Incident.closed_at.is_(None), Incident.is_drill.is_(False))
        .order_by(Incident.id)
    ).all()
