"""Know who acts for whom by law: entered at the counter, ending by the clock or the court (4.17).

Nobody ends a link online: whose child it is is not theirs to click away. A death ends nothing that
is written down, for it may be taken back (0094): where either is dead the link is not in force.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, literal, or_, select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members.models import Capacity, Evidence, GuardianLink, Member, Relation, Standing


def may_be(relation: Relation, declared: Capacity | None) -> bool:
    """Say whether what a court declared about somebody lets them be this to another.

    Who is under guardianship acts for nobody. Who is under assistance is nobody's guardian or
    assistant, and stays a parent (Civil Code 15-2, 1086, 1096, 1113-1).
    """
    is_still_parent = declared is Capacity.ASSISTED and relation is Relation.PARENT
    return declared is None or is_still_parent


def link(
    session: Session,
    *,
    ward_id: UUID,
    guardian_id: UUID,
    relation: Relation,
    evidence: Evidence,
    until: datetime | None,
    now: datetime,
) -> None:
    """Enter that one member acts for another: a minor until `until`, an adult while declared so.

    A link that came to its end makes room for the next. Raises Refused `guardian.is_ward`,
    `guardian.of_age` or `guardian.already_linked`.
    """
    if ward_id == guardian_id:
        raise Refused("guardian.is_ward")
    if until is not None and until <= now:
        raise Refused("guardian.of_age")
    _make_room(session, ward_id, guardian_id, until=until, now=now)
    values = {
        "id": new_id(),
        "ward_id": ward_id,
        "guardian_id": guardian_id,
        "relation": relation,
        "evidence": evidence,
        "started_at": now,
        "ends_at": until,
    }
    if not insert_once(session, GuardianLink, values):
        raise Refused("guardian.already_linked")


def _make_room(
    session: Session, ward_id: UUID, guardian_id: UUID, *, until: datetime | None, now: datetime
) -> None:
    """End what ended by the clock; and what a declaration takes the place of, before eighteen."""
    ends_at = GuardianLink.ends_at
    is_over = ends_at <= now
    session.execute(
        update(GuardianLink)
        .where(
            GuardianLink.ward_id == ward_id,
            GuardianLink.guardian_id == guardian_id,
            GuardianLink.ended_at.is_(None),
            ends_at.is_not(None) if until is None else is_over,
        )
        .values(ended_at=case((is_over, ends_at), else_=literal(now, ends_at.type)))
        .execution_options(synchronize_session=False)
    )


def guardians_of(session: Session, ward_id: UUID, *, now: datetime) -> Sequence[GuardianLink]:
    """Return the links to those who act for the member at `now`, the oldest first."""
    return _active(session, GuardianLink.ward_id == ward_id, now=now)


def wards_of(session: Session, guardian_id: UUID, *, now: datetime) -> Sequence[GuardianLink]:
    """Return the links to those for whom the member acts at `now`, the oldest first."""
    return _active(session, GuardianLink.guardian_id == guardian_id, now=now)


def all_of(session: Session, member_id: UUID) -> Sequence[GuardianLink]:
    """Return the links of either side, those that are over included, the oldest first."""
    either = or_(GuardianLink.ward_id == member_id, GuardianLink.guardian_id == member_id)
    return session.scalars(select(GuardianLink).where(either).order_by(GuardianLink.id)).all()


def _active(session: Session, of: ColumnElement[bool], *, now: datetime) -> Sequence[GuardianLink]:
    return session.scalars(
        select(GuardianLink).where(of, *_in_force(now)).order_by(GuardianLink.id)
    ).all()


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    by_the_clock = or_(GuardianLink.ends_at.is_(None), GuardianLink.ends_at > now)
    both = Member.id.in_((GuardianLink.ward_id, GuardianLink.guardian_id))
    is_anybody_gone = exists().where(both, Member.standing == Standing.CLOSED)
    return GuardianLink.ended_at.is_(None), by_the_clock, ~is_anybody_gone


def find(
    session: Session, link_id: UUID, *, guardian_id: UUID, now: datetime
) -> GuardianLink | None:
    """Return the guardian's link in force, held until this transaction ends: it acts or is over."""
    return session.scalar(
        select(GuardianLink)
        .where(GuardianLink.id == link_id, GuardianLink.guardian_id == guardian_id, *_in_force(now))
        .with_for_update()
    )


def end(session: Session, *, ward_id: UUID, guardian_id: UUID, now: datetime) -> None:
    """End a link early. Raises NotFound if none is in force."""
    ended = session.execute(
        update(GuardianLink)
        .where(
            GuardianLink.ward_id == ward_id,
            GuardianLink.guardian_id == guardian_id,
            GuardianLink.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if not changed(ended):
        raise NotFound("guardian.not_linked")


def reckon(session: Session, ward_id: UUID, *, until: datetime) -> None:
    """Let who acts for a minor do so until the birth date, corrected, says; that may be past."""
    session.execute(
        update(GuardianLink)
        .where(
            GuardianLink.ward_id == ward_id,
            GuardianLink.ends_at.is_not(None),
            GuardianLink.ended_at.is_(None),
        )
        .values(ends_at=until)
    )


def end_all_of(session: Session, guardian_id: UUID, *, now: datetime) -> int:
    """End every link of somebody who cannot act for others; return how many."""
    ended = session.execute(
        update(GuardianLink)
        .where(GuardianLink.guardian_id == guardian_id, GuardianLink.ended_at.is_(None))
        .values(ended_at=now)
    )
    return changed(ended)


def require_no_wards(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Keep who acts for another by law. Raises Refused `account.deletion_blocked_guardian`."""
    if wards_of(session, member_id, now=now):
        raise Refused("account.deletion_blocked_guardian")
