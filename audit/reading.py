"""Read a footprint a page at a time, as fast for the last page as for the first.

Pages go on from the last id seen (keyset), every filter has an index that ends in the id, and each
line is compared with its seal on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal_column, select
from sqlalchemy.orm import Session, aliased

from audit.lines import FIRST, Kind, Line, link
from audit.models import RARE, LedgerLine, LedgerSeal
from kernel.errors import NotFound
from kernel.ids import first_id_at

PAGE = 100
COMMON_KINDS = frozenset({Kind.RELEASED, Kind.SIGNED_IN})
_Before = aliased(LedgerSeal)
# Word for word, so that the partial index answers to it.
_RARE: ColumnElement[bool] = literal_column(RARE)


class Standing(StrEnum):
    """How a line compares with what was sealed."""

    SOUND = "sound"
    WAITING = "waiting"
    BROKEN = "broken"


@dataclass(frozen=True)
class Shown:
    """A line and whether it still is what was sealed."""

    line: Line
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which lines are wanted; what is not given does not narrow."""

    since: datetime | None = None
    until: datetime | None = None  # exclusive
    client_id: UUID | None = None
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class Page:
    """Lines, the newest first, and where the next page goes on; None at the end."""

    shown: Sequence[Shown]
    older: UUID | None


def page(
    session: Session,
    member_id: UUID,
    filters: Filters,
    *,
    before: UUID | None = None,
    size: int = PAGE,
) -> Page:
    """Return up to `size` lines older than the line `before`."""
    statement = _lines(member_id).where(*_conditions(filters))
    if before is not None:
        statement = statement.where(LedgerLine.id < before)
    rows = session.execute(statement.order_by(LedgerLine.id.desc()).limit(size + 1)).all()
    shown = [_shown(row) for row in rows[:size]]
    return Page(shown, shown[-1].line.id if len(rows) > size else None)


def get(session: Session, member_id: UUID, line_id: UUID) -> Shown:
    """Return one line. Raises NotFound, also for somebody else's."""
    row = session.execute(_lines(member_id).where(LedgerLine.id == line_id)).one_or_none()
    if row is None:
        raise NotFound("footprint.not_found")
    return _shown(row)


def _lines(member_id: UUID) -> Select[Any]:
    return (
        select(
            *LedgerLine.__table__.columns,
            LedgerSeal.position,
            LedgerSeal.hash,
            _Before.hash.label("before"),
        )
        .outerjoin(LedgerSeal, LedgerSeal.line_id == LedgerLine.id)
        .outerjoin(
            _Before,
            (_Before.member_id == LedgerSeal.member_id)
            & (_Before.position == LedgerSeal.position - 1),
        )
        .where(LedgerLine.member_id == member_id)
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.since is not None:
        conditions.append(LedgerLine.id >= first_id_at(filters.since))
    if filters.until is not None:
        conditions.append(LedgerLine.id < first_id_at(filters.until))
    if filters.client_id is not None:
        conditions.append(LedgerLine.client_id == filters.client_id)
    if filters.kinds:
        conditions.append(LedgerLine.kind.in_(sorted(filters.kinds)))
        if not filters.kinds & COMMON_KINDS:
            conditions.append(_RARE)
    return conditions


def _shown(row: Row[Any]) -> Shown:
    line = Line.of(row)
    if row.hash is None:
        return Shown(line, Standing.WAITING)
    sound = link(row.before or FIRST, line.form()) == row.hash
    return Shown(line, Standing.SOUND if sound else Standing.BROKEN)


def clients_of(session: Session, member_id: UUID) -> list[UUID]:
    """Return the clients that appear in the footprint, in as many steps as there are clients."""
    mine = (LedgerLine.member_id == member_id, LedgerLine.client_id.is_not(None))
    first = (
        select(LedgerLine.client_id.label("client_id"))
        .where(*mine)
        .order_by(LedgerLine.client_id)
        .limit(1)
        .subquery()
    )
    found = select(first.c.client_id).cte("found", recursive=True)
    following = (
        select(LedgerLine.client_id)
        .where(*mine, LedgerLine.client_id > found.c.client_id)
        .order_by(LedgerLine.client_id)
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    steps = found.union_all(select(following).where(found.c.client_id.is_not(None)))
    statement = select(steps.c.client_id).where(steps.c.client_id.is_not(None))
    return list(session.scalars(statement))
