"""Keep the list of what identifies people, agency by agency, and say what is overdue (3-I)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import Organisation
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import milestones, publishing, waivers
from services.inventory_models import (
    IdentitySystem,
    Integration,
    PlanVersion,
    SystemKind,
    Waiver,
)
from services.milestones import Progress

LONGEST_NAME = 100  # characters
SETTLED = (Integration.INTEGRATED, Integration.RETIRED)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One system on a day: what excuses it, what is planned for it."""

    system: IdentitySystem
    waiver: Waiver | None  # the one that counts on the day
    plan: PlanVersion | None
    on: date
    steps: Sequence[Progress] = ()  # of the plan

    @property
    def is_excused(self) -> bool:
        """Say whether a waiver counts on the day."""
        return self.waiver is not None

    @property
    def late_steps(self) -> int:
        """Return how many steps of its plan were not done by their day."""
        return sum(each.is_late for each in self.steps)

    @property
    def is_overdue(self) -> bool:
        """Say whether its deadline passed without an end of the matter (AT3.1)."""
        done = self.system.status in SETTLED or self.is_excused
        return not done and self.system.deadline < self.on


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How far an agency has come."""

    organisation: Organisation
    lines: tuple[Line, ...]

    @property
    def living(self) -> int:
        """Return how many systems are not retired."""
        return sum(each.system.status is not Integration.RETIRED for each in self.lines)

    @property
    def integrated(self) -> int:
        """Return how many are integrated."""
        return sum(each.system.status is Integration.INTEGRATED for each in self.lines)

    @property
    def excused(self) -> int:
        """Return how many a waiver excuses."""
        return sum(each.is_excused for each in self.lines)

    @property
    def overdue(self) -> int:
        """Return how many are red."""
        return sum(each.is_overdue for each in self.lines)

    @property
    def percent(self) -> int:
        """Return the share of the living that are integrated; 100 where there is nothing to do."""
        return 100 * self.integrated // self.living if self.living else 100


def enter(
    session: Session,
    organisation_id: UUID,
    kind: SystemKind,
    name: Bilingual,
    *,
    deadline: date,
    now: datetime,
) -> IdentitySystem:
    """Put a system on the list; it has no status yet. Raises Refused `inventory.incomplete`."""
    if not all(0 < len(each.strip()) <= LONGEST_NAME for each in name):
        raise Refused("inventory.incomplete")
    system = IdentitySystem(
        organisation_id=organisation_id,
        kind=kind,
        name_zh=name.zh.strip(),
        name_en=name.en.strip(),
        status=None,
        deadline=deadline,
        entered_at=now,
        changed_at=now,
    )
    session.add(system)
    session.flush()
    return system


def mine(session: Session, system_id: UUID, *, organisation_id: UUID) -> IdentitySystem:
    """Return a system of this agency. Raises NotFound, also for another agency's."""
    system = get(session, system_id)
    if system.organisation_id != organisation_id:
        raise NotFound("inventory.not_found")
    return system


def get(session: Session, system_id: UUID) -> IdentitySystem:
    """Return a system. Raises NotFound."""
    system = session.get(IdentitySystem, system_id)
    if system is None:
        raise NotFound("inventory.not_found")
    return system


def set_status(
    session: Session, system: IdentitySystem, status: Integration, *, now: datetime
) -> None:
    """Note how far a system has come.

    Raises Refused `waiver.not_granted` or `waiver.expired` for one that nothing excuses.
    """
    if status is Integration.EXEMPTED:
        waivers.require(session, system.id, on=clock.taipei_day(now))
    session.execute(
        update(IdentitySystem)
        .where(IdentitySystem.id == system.id)
        .values(status=status, changed_at=now)
    )


def set_deadline(session: Session, system: IdentitySystem, day: date, *, now: datetime) -> None:
    """Let DoIT set another deadline."""
    session.execute(
        update(IdentitySystem)
        .where(IdentitySystem.id == system.id)
        .values(deadline=day, changed_at=now)
    )


def lines(session: Session, *, on: date, organisation_id: UUID | None = None) -> list[Line]:
    """Return every system, or one agency's, with what counts for it on a day."""
    rows = select(IdentitySystem)
    if organisation_id is not None:
        rows = rows.where(IdentitySystem.organisation_id == organisation_id)
    systems: Sequence[IdentitySystem] = session.scalars(rows).all()
    excused = waivers.counting(session, on=on)
    plans = {row.system_id: row for row in publishing.all_in_force(session, PlanVersion, on=on)}
    steps = milestones.progress(session, plans.values(), on=on)
    found = [
        Line(
            system=each,
            waiver=excused.get(each.id),
            plan=plans.get(each.id),
            on=on,
            steps=steps.get(each.id, ()),
        )
        for each in systems
    ]
    return sorted(found, key=lambda each: (each.system.organisation.name_zh, each.system.name_zh))


def coverage(found: Sequence[Line]) -> list[Coverage]:
    """Return how far each agency has come, those with something overdue first."""
    by_agency: dict[UUID, list[Line]] = {}
    for each in found:
        by_agency.setdefault(each.system.organisation_id, []).append(each)
    rows = [
        Coverage(organisation=of[0].system.organisation, lines=tuple(of))
        for of in by_agency.values()
    ]
    return sorted(rows, key=lambda each: (-each.overdue, each.organisation.name_zh))
