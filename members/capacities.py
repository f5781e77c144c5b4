"""Know what a court declared about an adult: entered and lifted at the counter (Civil Code 14).

A declaration that is lifted takes with it who acts for the adult because of it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from members import holding
from members.models import Capacity, CapacityNote, GuardianLink

_DECLARED = Prebuilt(
    select(CapacityNote.capacity).where(
        CapacityNote.member_id == bindparam("member"), CapacityNote.lifted_at.is_(None)
    )
)


def note(
    session: Session,
    member_id: UUID,
    capacity: Capacity,
    *,
    source: str,
    declared_on: date,
    now: datetime,
) -> None:
    """Enter a declaration. Raises Refused `capacity.source_missing` or `capacity.already_noted`.

    By what the member acts, or others for them, is held from here on: some of it may end with it.
    """
    if not source.strip():
        raise Refused("capacity.source_missing")
    holding.hold(session, member_id)
    values = {
        "id": new_id(),
        "member_id": member_id,
        "capacity": capacity,
        "source": source.strip()[:64],
        "declared_on": declared_on,
        "noted_at": now,
    }
    if not insert_once(session, CapacityNote, values):
        raise Refused("capacity.already_noted")


def find(session: Session, member_id: UUID) -> Capacity | None:
    """Return what is declared about the member now."""
    row = _DECLARED.one_or_none(session, {"member": member_id})
    declared: Capacity | None = None if row is None else row.capacity
    return declared


def all_of(session: Session, member_id: UUID) -> Sequence[CapacityNote]:
    """Return what was ever declared about the member, the oldest first."""
    return session.scalars(
        select(CapacityNote).where(CapacityNote.member_id == member_id).order_by(CapacityNote.id)
    ).all()


def lift(session: Session, member_id: UUID, *, now: datetime) -> Sequence[UUID]:
    """End a declaration, and who acts because of it; return who that was.

    Raises NotFound if there is none.
    """
    lifted = session.execute(
        update(CapacityNote)
        .where(CapacityNote.member_id == member_id, CapacityNote.lifted_at.is_(None))
        .values(lifted_at=now)
    )
    if not changed(lifted):
        raise NotFound("capacity.not_noted")
    return session.scalars(
        update(GuardianLink)
        .where(
            GuardianLink.ward_id == member_id,
            GuardianLink.ends_at.is_(None),
            GuardianLink.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(GuardianLink.guardian_id)
        .execution_options(synchronize_session=False)
    ).all()
