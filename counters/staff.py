"""Give a counter its desks and its clerks (regulation 5(2), 5(3)).

A clerk is a member who signs in as themselves. A natural person's counter is that person: it has
one clerk at a time, which the database keeps too.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from counters.models import Clerk, Counter, Desk, Holder, Reader
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import register
from members.models import Standing

LONGEST_DESK = 64  # characters


def add_desk(session: Session, counter: Counter, name: str, *, now: datetime) -> UUID:
    """Add a desk and return its id. Raises Refused `counter.incomplete` or `.desk_exists`."""
    name = name.strip()
    if not name or len(name) > LONGEST_DESK:
        raise Refused("counter.incomplete")
    desk_id = new_id()
    values = {"id": desk_id, "counter_id": counter.id, "name": name, "added_at": now}
    if not insert_once(session, Desk, values):
        raise Refused("counter.desk_exists")
    return desk_id


def remove_desk(session: Session, counter: Counter, desk_id: UUID, *, now: datetime) -> None:
    """Take a desk away, and whoever sat there keeps the post. Raises NotFound."""
    mine = (Desk.id == desk_id) & (Desk.counter_id == counter.id) & Desk.ended_at.is_(None)
    if changed(session.execute(update(Desk).where(mine).values(ended_at=now))) != 1:
        raise NotFound("counter.not_found")
    session.execute(update(Clerk).where(Clerk.desk_id == desk_id).values(desk_id=None))


def appoint(
    session: Session,
    counter: Counter,
    member_id: UUID,
    *,
    desk_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Give a member a post at the counter and return its id.

    Raises NotFound; Refused `counter.clerk_not_active`, `.clerk_exists` or `.one_person`.
    """
    if register.get(session, member_id).standing is not Standing.ACTIVE:
        raise Refused("counter.clerk_not_active")
    if desk_id is not None:
        _require_desk(session, counter, desk_id)
    clerk_id = new_id()
    values = {
        "id": clerk_id,
        "counter_id": counter.id,
        "member_id": member_id,
        "desk_id": desk_id,
        "is_alone": counter.holder is Holder.PERSON,
        "appointed_at": now,
    }
    if insert_once(session, Clerk, values):
        return clerk_id
    if _holds_a_post(session, counter, member_id):
        raise Refused("counter.clerk_exists")
    raise Refused("counter.one_person")


def _require_desk(session: Session, counter: Counter, desk_id: UUID) -> None:
    mine = (Desk.id == desk_id) & (Desk.counter_id == counter.id) & Desk.ended_at.is_(None)
    if session.scalar(select(Desk.id).where(mine)) is None:
        raise NotFound("counter.not_found")


def _holds_a_post(session: Session, counter: Counter, member_id: UUID) -> bool:
    held = select(Clerk.id).where(
        Clerk.counter_id == counter.id, Clerk.member_id == member_id, Clerk.ended_at.is_(None)
    )
    return session.scalar(held) is not None


def all_of(session: Session, member_id: UUID) -> Sequence[tuple[Clerk, Counter]]:
    """Return every place the member works or worked at as a clerk, the oldest first."""
    rows = session.execute(
        select(Clerk, Counter)
        .join(Counter, Counter.id == Clerk.counter_id)
        .where(Clerk.member_id == member_id)
        .order_by(Clerk.id)
    )
    return [(row[0], row[1]) for row in rows]


def get(session: Session, counter: Counter, clerk_id: UUID) -> Clerk:
    """Return a clerk of this counter whose post has not ended. Raises NotFound."""
    clerk = session.scalar(
        select(Clerk).where(
            Clerk.id == clerk_id, Clerk.counter_id == counter.id, Clerk.ended_at.is_(None)
        )
    )
    if clerk is None:
        raise NotFound("counter.not_found")
    return clerk


def sit_at(session: Session, clerk: Clerk, reader: Reader) -> None:
    """Bind the clerk's work to a registered reader (5(1))."""
    session.execute(
        update(Clerk)
        .where(Clerk.id == clerk.id)
        .values(reader_id=reader.id)
        .execution_options(synchronize_session="fetch")
    )


def mirror(session: Session, clerk_id: UUID, case_id: UUID | None) -> None:
    """Let the screen that faces the citizen show a case, or none."""
    session.execute(update(Clerk).where(Clerk.id == clerk_id).values(mirrored=case_id))


def dismiss(session: Session, counter: Counter, clerk_id: UUID, *, now: datetime) -> UUID:
    """End a post; from this moment the person does nothing here. Returns whose. Raises NotFound."""
    clerk = get(session, counter, clerk_id)
    ended = session.execute(
        update(Clerk)
        .where(Clerk.id == clerk.id, Clerk.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )
    if changed(ended) != 1:
        raise NotFound("counter.not_found")
    return clerk.member_id
