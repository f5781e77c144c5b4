"""Keep that somebody was sent away, and take the matter up again by the number of the slip (7(1)).

What is kept names nobody: a refusal comes before anything about the person is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from counters.case_models import CaseMatter, IntakeRefusal
from counters.documents import Need
from kernel.db import changed
from kernel.ids import new_reference


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What somebody came for, as far as a refusal keeps it."""

    counter_id: UUID
    clerk_id: UUID
    matter: CaseMatter
    person_kind: str
    age: str
    service: str
    by_proxy: bool
    language: str


def record(
    session: Session, visit: Visit, code: str, missing: tuple[Need, ...] = (), *, now: datetime
) -> IntakeRefusal:
    """Keep a refusal and return it: its number stands on the slip."""
    refusal = IntakeRefusal(
        number=new_reference(),
        counter_id=visit.counter_id,
        clerk_id=visit.clerk_id,
        matter=visit.matter,
        person_kind=visit.person_kind,
        age=visit.age,
        service=visit.service,
        by_proxy=visit.by_proxy,
        code=code,
        missing=[str(each) for each in missing],
        language=visit.language,
        refused_at=now,
    )
    session.add(refusal)
    session.flush()
    return refusal


def find(session: Session, number: str) -> IntakeRefusal | None:
    """Return the refusal with this number, however it was typed."""
    typed = number.strip().upper()
    if not (typed.isascii() and typed.isalnum()):
        return None
    return session.scalar(select(IntakeRefusal).where(IntakeRefusal.number == typed))


def resume(session: Session, number: str, *, now: datetime) -> bool:
    """Note that the person came again and the matter was taken in; False if it was before."""
    resumed = session.execute(
        update(IntakeRefusal)
        .where(IntakeRefusal.number == number.strip().upper(), IntakeRefusal.resumed_at.is_(None))
        .values(resumed_at=now)
    )
    return changed(resumed) == 1
