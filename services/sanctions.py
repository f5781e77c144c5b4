"""Bar a member from services for a time, after misuse was heard and determined (6(1)).

reported → hearing → determined → in force → expired, or lifted (REGULATION 4.11). Only the services
named are touched. It begins and ends by the clock: no job is needed, and nothing to put right.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, select, update
from sqlalchemy.orm import Session

from kernel.clock import TAIPEI, taipei_day
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring
from members import letters, register
from members.letters import Author, Letter
from services.models import Service
from services.sanction_models import Sanction, SanctionedService

HEARING = timedelta(days=7)  # at least: the member has to get the notice, and to write
LONGEST = timedelta(days=2 * 366)
LONGEST_CODE = 64
DAY = timedelta(days=1)


class Stage(StrEnum):
    """Where a sanction stands at a moment."""

    HEARING = "hearing"
    HEARD = "heard"  # to be determined by a second person
    AHEAD = "ahead"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    LIFTED = "lifted"
    DROPPED = "dropped"


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is held against a member: by which clause, in which file, about which services."""

    clause: str
    evidence: str
    facts: str
    services: Collection[str]  # codes
    hear_by: date


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What a second person determined: from which day to which, and why."""

    starts_on: date
    ends_on: date
    reason: str


def bars(
    member_id: SQLColumnExpression[UUID],
    service_id: SQLColumnExpression[UUID],
    now: ColumnElement[datetime],
) -> ColumnElement[bool]:
    """Return whether a sanction in force keeps this member from this service.

    Asked wherever a note is read to be told: a barred service is told as a suspended one is, so
    that nobody learns why.
    """
    return exists().where(
        Sanction.member_id == member_id,
        Sanction.starts_at <= now,
        Sanction.ends_at > now,
        Sanction.ended_at.is_(None),
        SanctionedService.sanction_id == Sanction.id,
        SanctionedService.service_id == service_id,
    )


def report(
    session: Session,
    member_id: UUID,
    charge: Charge,
    *,
    organisation_id: UUID | None,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> Sanction:
    """Open a case of misuse and give the member until a day to answer; None is the Bureau.

    Raises Refused `sanction.incomplete`, `sanction.hearing_short`, `service.not_yours` or
    `case.self_dealing`.
    """
    clause, evidence = charge.clause.strip(), charge.evidence.strip()
    if not (clause and evidence and charge.facts.strip() and charge.services):
        raise Refused("sanction.incomplete")
    if charge.hear_by < taipei_day(now) + HEARING:
        raise Refused("sanction.hearing_short")
    if by == member_id:
        raise Refused("case.self_dealing")
    service_ids = _services(session, charge.services, organisation_id)
    sanction_id = new_id()
    first = letters.letter(Author.CITY, "charge", charge.facts, now=now)
    sanction = Sanction(
        id=sanction_id,
        reference=new_reference(),
        member_id=member_id,
        organisation_id=organisation_id,
        clause=clause[:LONGEST_CODE],
        evidence=evidence[:LONGEST_CODE],
        letters_sealed=_sealed(session, [first], member_id, sanction_id, keyring=keyring),
        reported_by=by,
        reported_at=now,
        hear_by=charge.hear_by,
    )
    session.add(sanction)
    session.flush()
    session.add_all(SanctionedService(sanction_id=sanction_id, service_id=x) for x in service_ids)
    session.flush()
    return sanction


def _services(
    session: Session, codes: Collection[str], organisation_id: UUID | None
) -> Sequence[UUID]:
    wanted = select(Service.id).where(Service.code.in_(sorted(codes)))
    if organisation_id is not None:
        wanted = wanted.where(Service.organisation_id == organisation_id)
    found = session.scalars(wanted).all()
    if len(found) != len(set(codes)):
        raise Refused("service.not_yours")
    return found


def stage(sanction: Sanction, *, now: datetime) -> Stage:
    """Say where a sanction stands: by what was decided, and by the clock."""
    if sanction.ended_at is not None:
        return Stage.DROPPED if sanction.determined_at is None else Stage.LIFTED
    if sanction.starts_at is None or sanction.ends_at is None:
        return Stage.HEARD if was_heard(sanction, now=now) else Stage.HEARING
    if now < sanction.starts_at:
        return Stage.AHEAD
    return Stage.IN_FORCE if now < sanction.ends_at else Stage.EXPIRED


def was_heard(sanction: Sanction, *, now: datetime) -> bool:
    """Say whether the member answered, or let the day pass (APA 39, 102, 105)."""
    return sanction.answered_at is not None or taipei_day(now) > sanction.hear_by


def answer(
    session: Session, sanction: Sanction, words: str, *, keyring: Keyring, now: datetime
) -> None:
    """Take the member's word, as long as nothing is determined.

    Raises Refused `request.words_missing` or `case.wrong_state`.
    """
    if not words.strip():
        raise Refused("request.words_missing")
    new = letters.letter(Author.MEMBER, "answer", words, now=now)
    _move(
        session,
        sanction,
        Sanction.determined_at.is_(None),
        letters_sealed=_with(session, sanction, new, keyring=keyring),
        answered_at=now,
    )


def mark_of_letters(sanction: Sanction) -> str:
    """Return what says which letters somebody has read: another once the member wrote again."""
    return sha256(sanction.letters_sealed).hexdigest()


def determine(
    session: Session,
    sanction: Sanction,
    ruling: Ruling,
    *,
    by: UUID,
    read: str,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Put a sanction into force for a time, as a second person, once the member was heard.

    `read` is the mark of the letters that person had before them; the sanction is locked. Raises
    Refused `sanction.not_heard`, `sanction.second_person`, `sanction.incomplete`,
    `sanction.period_invalid`, `case.self_dealing` or `case.wrong_state`.
    """
    if not was_heard(sanction, now=now):
        raise Refused("sanction.not_heard")
    _require_other(sanction, by)
    if read != mark_of_letters(sanction):
        raise Refused("case.wrong_state")  # what the member wrote meanwhile is read first
    if not ruling.reason.strip():
        raise Refused("sanction.incomplete")
    first, last = ruling.starts_on, ruling.ends_on
    if not taipei_day(now) <= first <= last < first + LONGEST:
        raise Refused("sanction.period_invalid")
    new = letters.letter(Author.CITY, "determination", ruling.reason, now=now)
    _move(
        session,
        sanction,
        Sanction.determined_at.is_(None),
        Sanction.letters_sealed == sanction.letters_sealed,
        letters_sealed=_with(session, sanction, new, keyring=keyring),
        determined_by=by,
        determined_at=now,
        starts_at=max(now, _midnight(first)),
        ends_at=_midnight(last + DAY),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TAIPEI)


def _require_other(sanction: Sanction, by: UUID) -> None:
    if by == sanction.reported_by:
        raise Refused("sanction.second_person")
    if by == sanction.member_id:
        raise Refused("case.self_dealing")


def end(
    session: Session,
    sanction: Sanction,
    reason: str,
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Lift a sanction, or drop what was not determined, for a written reason.

    Raises Refused `sanction.incomplete`, `case.self_dealing` or `case.wrong_state`.
    """
    if not reason.strip():
        raise Refused("sanction.incomplete")
    if by == sanction.member_id:
        raise Refused("case.self_dealing")
    new = letters.letter(Author.CITY, "end", reason, now=now)
    _move(
        session,
        sanction,
        Sanction.determined_at.is_(None) | (Sanction.ends_at > now),
        letters_sealed=_with(session, sanction, new, keyring=keyring),
        ended_by=by,
        ended_at=now,
    )


def _move(
    session: Session,
    sanction: Sanction,
    *before: ColumnElement[bool],
    **values: Any,  # columns of several types
) -> None:
    moved = session.execute(
        update(Sanction)
        .where(Sanction.id == sanction.id, Sanction.ended_at.is_(None), *before)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("case.wrong_state")
    session.refresh(sanction)


# Looking


def get(
    session: Session,
    reference: str,
    *,
    organisation_id: UUID | None = None,
    member_id: UUID | None = None,
) -> Sanction:
    """Return a sanction and keep others from changing it until the transaction ends.

    Raises NotFound, also for another member's or another house's: without a member it is that of
    one agency, or of the Bureau.
    """
    found = None
    if reference.isascii() and reference.isalnum():
        whose = (
            Sanction.organisation_id.is_not_distinct_from(organisation_id)
            if member_id is None
            else Sanction.member_id == member_id
        )
        locked = (
            select(Sanction).where(Sanction.reference == reference.upper(), whose).with_for_update()
        )
        found = session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("sanction.not_found")
    return found


def of_house(session: Session, organisation_id: UUID | None, *, most: int) -> Sequence[Sanction]:
    """Return the sanctions of an agency, or of the Bureau, the newest first."""
    return session.scalars(
        select(Sanction)
        .where(Sanction.organisation_id.is_not_distinct_from(organisation_id))
        .order_by(Sanction.id.desc())
        .limit(most)
    ).all()


def of_member(session: Session, member_id: UUID) -> Sequence[Sanction]:
    """Return what was held against a member, the newest first."""
    return session.scalars(
        select(Sanction).where(Sanction.member_id == member_id).order_by(Sanction.id.desc())
    ).all()


def services_of(session: Session, sanction: Sanction) -> Sequence[Service]:
    """Return the services a sanction is about."""
    return session.scalars(
        select(Service)
        .join(SanctionedService, SanctionedService.service_id == Service.id)
        .where(SanctionedService.sanction_id == sanction.id)
        .order_by(Service.code)
    ).all()


def written(session: Session, sanction: Sanction, *, keyring: Keyring) -> list[Letter]:
    """Return what was written, in order; nothing once the member is erased."""
    member = register.get(session, sanction.member_id)
    sealed, place = sanction.letters_sealed, _place(sanction.id)
    return letters.open_letters(sealed, member, keyring=keyring, place=place)


def _with(session: Session, sanction: Sanction, new: Letter, *, keyring: Keyring) -> bytes:
    said = [*written(session, sanction, keyring=keyring), new]
    return _sealed(session, said, sanction.member_id, sanction.id, keyring=keyring)


def _sealed(
    session: Session,
    said: Sequence[Letter],
    member_id: UUID,
    sanction_id: UUID,
    *,
    keyring: Keyring,
) -> bytes:
    member = register.get(session, member_id)
    return letters.seal_letters(said, member, keyring=keyring, place=_place(sanction_id))


def _place(sanction_id: UUID) -> str:
    return f"sanction/{sanction_id}"
