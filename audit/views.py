"""Report who of the city looked at people's records, and who did without a case (regulation 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import Session

from audit.models import APPLICATIONS, WATCHED, LedgerLine, TrailEntry
from kernel.ids import first_id_at

WITH_CASE, WITHOUT_CASE = "record.viewed", "record.viewed_without_case"
APPLICATION = "application.viewed"  # by its number, before it made a member


@dataclass(frozen=True)
class Looks:
    """How often one officer looked, and how often without a case."""

    actor: UUID | None
    times: int
    without_case: int


@dataclass(frozen=True)
class Unfounded:
    """One look without a case, with the reason that was typed."""

    at: datetime
    actor: UUID | None
    reason: str


def is_a_look() -> ColumnElement[bool]:
    """Pick looks at members and at applications, in the words of the two indexes."""
    at_members = TrailEntry.event.in_((WITH_CASE, WITHOUT_CASE))
    return or_(and_(text(WATCHED), at_members), text(APPLICATIONS))


def by_officer(session: Session, *, since: datetime) -> list[Looks]:
    """Return the officers who looked since then, most looks without a case first."""
    counted = session.execute(
        select(TrailEntry.actor, TrailEntry.event, func.count())
        .where(is_a_look(), *_since(since))
        .group_by(TrailEntry.actor, TrailEntry.event)
    ).all()
    found: dict[UUID | None, dict[str, int]] = {}
    for actor, event, times in counted:
        found.setdefault(actor, {})[event] = times
    looks = [
        Looks(actor, sum(times.values()), times.get(WITHOUT_CASE, 0))
        for actor, times in found.items()
    ]
    return sorted(looks, key=lambda each: (-each.without_case, -each.times, str(each.actor)))


def exceptions(session: Session, *, since: datetime, most: int) -> Sequence[Unfounded]:
    """Return looks without a case, the newest first."""
    entries = session.scalars(
        select(TrailEntry)
        .where(TrailEntry.event == WITHOUT_CASE, *_since(since))
        .order_by(TrailEntry.id.desc())
        .limit(most)
    ).all()
    lines = [UUID(each.detail["line"]) for each in entries]
    reasons = {
        line.id: str(line.detail.get("reason", ""))
        for line in session.scalars(select(LedgerLine).where(LedgerLine.id.in_(lines)))
    }
    return [
        Unfounded(each.at, each.actor, reasons.get(line, ""))
        for each, line in zip(entries, lines, strict=True)
    ]


def _since(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Bound the entries by their key, which carries the moment, and by the moment itself."""
    return TrailEntry.id >= first_id_at(moment), TrailEntry.at >= moment
