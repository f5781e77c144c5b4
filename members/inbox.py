"""Tell members something inside their accounts, and keep what they have read apart (7(9), 9-III).

A message is a code with ids, as a letter's job is: whoever steals the table learns no datum. It is
gone with its member, and after `KEPT` by itself; what happened stays in the footprint.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from kernel.db import Moment, changed
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from members.inbox_models import UNREAD, InboxMessage
from members.models import Member

KEPT = timedelta(days=365)
PAGE = 50
_UNREAD: ColumnElement[bool] = text(UNREAD)  # type: ignore[assignment]  # a condition all the same
_table = InboxMessage.__table__
# Selected from the member: to write to nobody costs as much as to write to somebody.
_APPEND = Prebuilt(
    insert(InboxMessage).from_select(
        ["id", "member_id", "kind", "facts", "sent_at"],
        select(
            bindparam("id", type_=_table.c.id.type),
            Member.id,
            bindparam("kind", type_=_table.c.kind.type),
            bindparam("facts", type_=JSON()),
            bindparam("sent_at", type_=Moment()),
        ).where(Member.id == bindparam("member_id")),
        include_defaults=False,
    )
)
_COUNT = Prebuilt(
    select(func.count().label("unread"))
    .select_from(InboxMessage)
    .where(InboxMessage.member_id == bindparam("member_id"), _UNREAD)
)


def deliver(
    session: Session,
    member_id: UUID,
    *,
    kind: str,
    facts: Mapping[str, str],
    now: datetime,
) -> UUID:
    """Write one message in the caller's transaction; `facts` are codes and ids, never data.

    To an id that is no member's nothing is written, at the same cost.
    """
    message_id = new_id()
    given = {
        "id": message_id,
        "member_id": member_id,
        "kind": kind,
        "facts": dict(facts),
        "sent_at": now,
    }
    _APPEND.write(session, given)
    return message_id


@dataclass(frozen=True)
class Page:
    """Messages, the newest first, and where the next page goes on; None at the end."""

    messages: Sequence[InboxMessage]
    older: UUID | None


def page(
    session: Session,
    member_id: UUID,
    *,
    unread_only: bool = False,
    kinds: Collection[str] = (),
    before: UUID | None = None,
    size: int = PAGE,
) -> Page:
    """Return up to `size` messages older than the message `before`; no `kinds` means all."""
    statement = select(InboxMessage).where(InboxMessage.member_id == member_id)
    if unread_only:
        statement = statement.where(_UNREAD)
    if kinds:
        statement = statement.where(InboxMessage.kind.in_(sorted(kinds)))
    if before is not None:
        statement = statement.where(InboxMessage.id < before)
    found = session.scalars(statement.order_by(InboxMessage.id.desc()).limit(size + 1)).all()
    shown = found[:size]
    return Page(shown, shown[-1].id if len(found) > size else None)


def get(session: Session, message_id: UUID, *, member_id: UUID) -> InboxMessage:
    """Return one message. Raises NotFound, also for another's."""
    message = session.get(InboxMessage, message_id)
    if message is None or message.member_id != member_id:
        raise NotFound("message.not_found")
    return message


def unread(session: Session, member_id: UUID) -> int:
    """Return how many messages the member has not read."""
    (counted,) = _COUNT.all(session, {"member_id": member_id})
    return int(counted.unread)


def mark(session: Session, message_id: UUID, *, member_id: UUID, read_at: datetime | None) -> None:
    """Mark one message as read, or with None as unread. Raises NotFound, also for another's."""
    marked = session.execute(
        update(InboxMessage)
        .where(InboxMessage.id == message_id, InboxMessage.member_id == member_id)
        .values(read_at=read_at)
    )
    if not changed(marked):
        raise NotFound("message.not_found")


def mark_all(session: Session, member_id: UUID, *, until: UUID, now: datetime) -> int:
    """Mark what came up to the message `until`, the newest that was seen; return how many."""
    marked = session.execute(
        update(InboxMessage)
        .where(InboxMessage.member_id == member_id, InboxMessage.id <= until, _UNREAD)
        .values(read_at=now)
    )
    return changed(marked)
