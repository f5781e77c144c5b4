"""Plan the end of a login or card: how, by which steps, on which day, and what holders keep (3-II).

A plan is published with its day. The day can be moved by a new version that DoIT confirms, and
never taken away.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.wording import Bilingual
from services import publishing
from services.inventory_models import IdentitySystem, PlanVersion

MOST_MILESTONES, LONGEST_PROCESS, LONGEST_LINE = 20, 2000, 300
_MILESTONE = re.compile(r"(\d{4}-\d{2}-\d{2})\s+([^|]{1,200}?)\s*\|\s*([^|]{1,200})")


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """One step, and by when."""

    on: date
    what: Bilingual


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is agreed."""

    process: Bilingual
    replacement: Bilingual
    holders: Bilingual
    milestones: tuple[Milestone, ...]
    sunset_on: date | None


def read_milestones(text: str) -> tuple[Milestone, ...]:
    """Read "2027-01-31 通知持卡人 | Tell the holders", one on a line.

    Raises Refused `plan.incomplete`.
    """
    found = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        match = _MILESTONE.fullmatch(line)
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            raise Refused("plan.incomplete")
        found.append(Milestone(on=day, what=Bilingual(match[2], match[3])))
    if len(found) > MOST_MILESTONES:
        raise Refused("plan.incomplete")
    return tuple(sorted(found, key=lambda each: each.on))


def milestones(row: PlanVersion) -> tuple[Milestone, ...]:
    """Return the steps of a version, in order."""
    return tuple(
        Milestone(on=date.fromisoformat(day), what=Bilingual(zh, en))
        for day, zh, en in row.milestones["steps"]
    )


def save(
    session: Session, system: IdentitySystem, plan: Plan, *, by: UUID, now: datetime
) -> PlanVersion:
    """Keep a draft. Raises Refused `plan.date_missing`, `plan.incomplete`, `publish.waiting`."""
    if plan.sunset_on is None:
        raise Refused("plan.date_missing")
    short = (*plan.replacement, *plan.holders)
    fits = all(0 < len(each.strip()) <= LONGEST_PROCESS for each in plan.process)
    last = max((each.on for each in plan.milestones), default=plan.sunset_on)
    if not fits or not all(0 < len(each.strip()) <= LONGEST_LINE for each in short):
        raise Refused("plan.incomplete")
    if last > plan.sunset_on:
        raise Refused("plan.incomplete")
    content: dict[str, Any] = {
        "milestones": {"steps": [[each.on.isoformat(), *each.what] for each in plan.milestones]},
        "sunset_on": plan.sunset_on,
    }
    for name in ("process", "replacement", "holders"):
        wording: Bilingual = getattr(plan, name)
        content |= {f"{name}_zh": wording.zh.strip(), f"{name}_en": wording.en.strip()}
    return publishing.draft(session, PlanVersion, system.id, content, by=by, now=now)


def published(session: Session, *, on: date) -> list[PlanVersion]:
    """Return the plans in force on a day, the next end first (3-II)."""
    rows = publishing.all_in_force(session, PlanVersion, on=on)
    return sorted(rows, key=lambda row: (row.sunset_on, row.id))
