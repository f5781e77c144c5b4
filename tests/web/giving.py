"""What rows about people stand on in a test, and who gives a member theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import registry
from clients.models import Client
from counters.models import Counter
from kernel.clock import TAIPEI
from kernel.ids import new_reference
from members.models import (
    Member,
)
from services import rules
from services.activations import get_service
from services.eligibility_models import CheckRun, RunState
from tests.counters import town
from tests.services import city as services
from tests.services.checking import DRAFT

ONE, OTHER = UUID(int=1), UUID(int=2)  # officers
DAY = timedelta(days=1)
Traces = Iterator[tuple[str, str]]  # tables, and what shows a row of each in an archive


@dataclass(frozen=True)
class Ground:
    """What rows about people stand on."""

    agency: Client
    counter: Counter
    run: CheckRun


def prepare(session: Session, *, now: datetime) -> None:
    """Make an agency with a counter, a service, and a check of who has that."""
    agency = services.an_agency(session, "welfare")
    town.a_counter(session, agency)
    service, house = get_service(session, "senior_card"), agency.organisation_id
    rule = rules.adopt(session, service, DRAFT, organisation_id=house, by=ONE, now=now)
    run = CheckRun(
        reference=new_reference(),
        service_id=service.id,
        organisation_id=house,
        rule_id=rule.id,
        state=RunState.CLOSED,
        scheduled_on=services.TODAY,
        scheduled_by=ONE,
        scheduled_at=now,
        closed_at=now,
    )
    session.add(run)


def ground_in(session: Session) -> Ground:
    """Return what was prepared."""
    return Ground(
        agency=registry.get(session, "welfare"),
        counter=session.scalars(select(Counter)).one(),
        run=session.scalars(select(CheckRun)).one(),
    )


@dataclass(frozen=True, kw_only=True)
class Giver:
    """Gives one member their rows; `mark` and `now` are nobody else's."""

    session: Session
    ground: Ground
    member: Member
    mark: str
    number: str
    now: datetime

    @property
    def at(self) -> str:
        """Return the moment as an archive says it."""
        return self.now.astimezone(TAIPEI).isoformat(sep=" ", timespec="seconds")

    def add(self, row: Any) -> None:  # rows of many tables
        """Put a row on record."""
        self.session.add(row)
        self.session.flush()
