"""Note which steps of a published plan were done, when, and what shows it (3-II; states 4.9).

A mark is about the step, not the version: a new agreement that keeps the step keeps its mark. What
was marked or taken back later changes no earlier day.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services import plans, publishing
from services.inventory_models import IdentitySystem, MilestoneMark, PlanVersion
from services.plans import Milestone

LONGEST_EVIDENCE = 300  # characters


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A step on a day, and its mark if it was done by then."""

    step: Milestone
    mark: MilestoneMark | None
    on: date

    @property
    def is_late(self) -> bool:
        """Say whether its day passed without it."""
        return self.mark is None and self.step.on < self.on


@dataclass(frozen=True, kw_only=True)
class Done:
    """On which day a step was done, and by what that can be seen."""

    on: date
    evidence: str


def progress(
    session: Session, found: Collection[PlanVersion], *, on: date
) -> Mapping[UUID, list[Progress]]:
    """Return the steps of these plans as they stood on a day, by system."""
    marks = session.scalars(
        select(MilestoneMark).where(
            MilestoneMark.system_id.in_([each.system_id for each in found]),
            MilestoneMark.marked_on <= on,
            or_(MilestoneMark.taken_back_on.is_(None), MilestoneMark.taken_back_on > on),
        )
    )
    known = {(each.system_id, each.due_on, each.what): each for each in marks}
    return {
        plan.system_id: [
            Progress(step=step, mark=known.get((plan.system_id, *key(step))), on=on)
            for step in plans.milestones(plan)
        ]
        for plan in found
    }


def key(step: Milestone) -> tuple[date, str]:
    """Return by what a step is known from version to version: its day and its Chinese words."""
    return step.on, step.what.zh


def mark(
    session: Session,
    system: IdentitySystem,
    step: tuple[date, str],
    done: Done,
    *,
    by: UUID,
    now: datetime,
) -> MilestoneMark:
    """Note that a step of the plan in force was done.

    Raises NotFound for no such step, Refused `milestone.day_invalid` for a day to come,
    `milestone.evidence_missing` or `milestone.done_already`.
    """
    today, evidence = taipei_day(now), done.evidence.strip()
    if done.on > today:
        raise Refused("milestone.day_invalid")
    if not 0 < len(evidence) <= LONGEST_EVIDENCE:
        raise Refused("milestone.evidence_missing")
    _require_planned(session, system, step, on=today)
    mark_id = new_id()
    values = {
        "id": mark_id,
        "system_id": system.id,
        "due_on": step[0],
        "what": step[1],
        "done_on": done.on,
        "evidence": evidence,
        "marked_by": by,
        "marked_at": now,
        "marked_on": today,
    }
    if not insert_once(session, MilestoneMark, values):
        raise Refused("milestone.done_already")
    return session.get_one(MilestoneMark, mark_id)


def _require_planned(
    session: Session, system: IdentitySystem, step: tuple[date, str], *, on: date
) -> None:
    plan = publishing.find_in_force(session, PlanVersion, system.id, on=on)
    if plan is None or step not in {key(each) for each in plans.milestones(plan)}:
        raise NotFound("publish.not_found")


def take_back(
    session: Session, system: IdentitySystem, mark_id: UUID, *, by: UUID, now: datetime
) -> None:
    """Note that a mark was wrong; it stays on record. Raises NotFound."""
    taken = session.execute(
        update(MilestoneMark)
        .where(
            MilestoneMark.id == mark_id,
            MilestoneMark.system_id == system.id,
            MilestoneMark.taken_back_on.is_(None),
        )
        .values(taken_back_by=by, taken_back_on=taipei_day(now))
        .execution_options(synchronize_session=False)
    )
    if changed(taken) != 1:
        raise NotFound("publish.not_found")
