"""Find whom an incident touched and write to each, step by step, in the worker (PDPA 12)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import affected, footprint
from audit.incident_models import Incident
from audit.lines import Kind
from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.jobs import Work
from members import application_looks
from members.models import Member, Standing
from web import notices
from web.mails import Mail

GATHER, TELL = "incident.gather", "incident.tell"
AT_ONCE = 200  # members told in one transaction
SETTLED = timedelta(minutes=2)  # by then every line of a moment is in the ledger, or never will be
NO_WAIT = timedelta(0)


def begin(
    session: Session, kind: str, incident: Incident, *, now: datetime, wait: timedelta = NO_WAIT
) -> None:
    """Let the worker begin, in the caller's transaction; after a `wait`."""
    jobs.enqueue(session, kind, {"incident": str(incident.id)}, now=now, run_at=now + wait)


class Gatherer:
    """The handler that reads the ledger on by one step and asks for the next."""

    def __init__(self, make: Sessions) -> None:
        """Read by `make`."""
        self._make = make

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Take one step; another worker that was quicker has taken it."""
        try:
            with transaction(self._make) as session:
                incident = _of(session, work.payload)
                if not affected.gather(session, incident, made=application_looks.made, now=now):
                    begin(session, GATHER, incident, now=now)
        except Refused:
            return


class Teller:
    """The handler that writes to some of the touched and asks for the rest."""

    def __init__(self, make: Sessions) -> None:
        """Read and write by `make`."""
        self._make = make

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Write to some: notice, footprint and mark are one transaction."""
        with transaction(self._make) as session:
            incident = _of(session, work.payload)
            some = affected.untold(session, incident, most=AT_ONCE)
            here = set() if incident.is_drill else _still_here(session, some)
            for member_id in some:
                is_here = member_id in here
                new = affected.mark_told(session, incident, member_id, is_written=is_here, now=now)
                if new and is_here:
                    _tell(session, incident, member_id, now=now)
            if len(some) == AT_ONCE:
                begin(session, TELL, incident, now=now)


def _of(session: Session, payload: Any) -> Incident:  # JSON
    return session.get_one(Incident, UUID(payload["incident"]))


def _still_here(session: Session, some: list[UUID]) -> set[UUID]:
    statement = select(Member.id).where(Member.id.in_(some), Member.standing != Standing.CLOSED)
    return set(session.scalars(statement))


def _tell(session: Session, incident: Incident, member_id: UUID, *, now: datetime) -> None:
    footprint.record(
        session, Kind.INCIDENT_TOLD, member_id=member_id, now=now, reference=incident.reference
    )
    notices.mail(session, Mail.INCIDENT, member_id=member_id, language=notices.OWN, now=now)
