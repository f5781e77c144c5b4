"""Read what the nightly check holds together of some members, a statement for each kind."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from audit.models import RARE, LedgerLine
from members.change_models import DatumChange
from members.models import Member
from members.record_models import RecordSeal
from members.record_rules import ORDERED, WISHED, Past
from members.standing_models import StandingOrder
from services.models import ActivationEvent, ActivationNote, Service

# Word for word, so that the partial index answers to it.
_RARE: ColumnElement[bool] = literal_column(RARE)


@dataclass
class Record:
    """What there is of one member; each list is in the order in which it was written."""

    member: Member
    changes: list[DatumChange] = field(default_factory=list)
    orders: list[StandingOrder] = field(default_factory=list)
    lines: list[LedgerLine] = field(default_factory=list)
    notes: list[ActivationNote] = field(default_factory=list)
    events: list[ActivationEvent] = field(default_factory=list)
    seals: list[RecordSeal] = field(default_factory=list)

    @property
    def seal(self) -> RecordSeal | None:
        """Return the seal, if an earlier round left one."""
        return self.seals[0] if self.seals else None

    def past(self) -> Iterable[Past]:
        """Return every row that is only appended to."""
        yield from (Past.of(each, each.changed_at) for each in self.changes)
        yield from (Past.of(each, each.at) for each in self.events)


def read(session: Session, ids: Collection[UUID], *, locked: bool = False) -> dict[UUID, Record]:
    """Return the records of members by id, but for those who were erased.

    Locked, nobody writes a value, a standing or a note meanwhile: what is read then belongs
    together.
    """
    found = {
        each.id: Record(each)
        for each in session.scalars(_fresh(select(Member).where(Member.id.in_(ids)), locked=locked))
        if each.data_key_sealed
    }
    notes = select(ActivationNote).where(ActivationNote.member_id.in_(ids))
    queries = {
        "notes": _fresh(notes, locked=locked),
        "events": _of(ActivationEvent, ids).order_by(ActivationEvent.at, ActivationEvent.id),
        "changes": _of(DatumChange, ids).order_by(DatumChange.changed_at, DatumChange.id),
        "orders": _of(StandingOrder, ids).order_by(StandingOrder.id),
        "lines": _of(LedgerLine, ids)
        .where(_RARE, LedgerLine.kind.in_(sorted(ORDERED | WISHED)))
        .order_by(LedgerLine.id),
        "seals": _of(RecordSeal, ids),
    }
    for name, query in queries.items():
        for row in session.scalars(query):
            if row.member_id in found:
                getattr(found[row.member_id], name).append(row)
    return found


def codes(session: Session) -> dict[UUID, str]:
    """Return the code of every service."""
    return {each.id: each.code for each in session.execute(select(Service.id, Service.code))}


def _of(table: Any, ids: Collection[UUID]) -> Select[Any]:  # any table with a member's id
    return _fresh(select(table).where(table.member_id.in_(ids)), locked=False)


def _fresh(statement: Select[Any], *, locked: bool) -> Select[Any]:
    statement = statement.execution_options(populate_existing=True)
    return statement.with_for_update() if locked else statement
