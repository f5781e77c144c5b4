"""What follows when a service ends: its holders are told, its datum leaves no more (3-II(d)).

Who still waits for a decision is told that there will be none.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.jobs import Work
from services import activation_requests, lifecycle
from services.models import Activation, ActivationNote, Service
from services.request_models import ActivationRequest
from web import notices
from web.mails import Mail

KIND = "service.closing"
PAGE = 200  # holders written to in one transaction
FIRST = UUID(int=0)


def run(make: Sessions, *, now: datetime) -> None:
    """Close the services whose last day has come, and end what was applied for at closed ones."""
    with transaction(make) as session:
        for service in lifecycle.close_due(session, now=now):
            closed(session, service, now=now)
        for row in activation_requests.end_closed(session, most=PAGE, now=now):
            _refused(session, row, now=now)


def closed(session: Session, service: Service, *, now: datetime) -> None:
    """Write down that a service ended by the calendar: on its last day, or with its agency."""
    trail.record(
        session, "service.closed", actor=None, subject=service.id, now=now, code=service.code
    )


def _refused(session: Session, row: ActivationRequest, *, now: datetime) -> None:
    """Write down that an application ended with its service, and tell who made it."""
    trail.record(
        session,
        "activation.refuse",
        actor=None,
        subject=row.id,
        now=now,
        reference=row.reference,
        code="service.closed",
    )
    who, words = row.member_id, Mail.SERVICE_OVER
    footprint.record(session, Kind.SERVICE_OVER, member_id=who, now=now, reference=row.reference)
    notices.mail(session, words, member_id=who, language=notices.OWN, now=now)


def tell_holders(
    session: Session,
    service_id: UUID,
    *,
    words: Mail = Mail.SERVICE_ENDS,
    now: datetime,
    after: UUID = FIRST,
) -> None:
    """Let everybody who has the service be told that it will end, or did, page by page."""
    payload = {"service": str(service_id), "words": words.value, "after": str(after)}
    jobs.enqueue(session, KIND, payload, now=now)


def answer_disputing(session: Session, service_id: UUID, *, now: datetime) -> None:
    """Tell whoever said that a note is wrong that no agency is left to look into it (PDPA 13)."""
    disputing = select(ActivationNote.member_id).where(
        ActivationNote.service_id == service_id, ActivationNote.dispute.is_not(None)
    )
    for member_id in session.scalars(disputing).all():
        words = Mail.DISPUTE_ORPHANED
        notices.mail(session, words, member_id=member_id, language=notices.OWN, now=now)


class HolderTeller:
    """The handler of these jobs."""

    def __init__(self, make: Sessions) -> None:
        """Write the letters in transactions of `make`."""
        self._make = make

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Let one page of holders be written to, and the next page be next."""
        service_id = UUID(work.payload["service"])
        words = Mail(work.payload.get("words", Mail.SERVICE_ENDS))  # older jobs name none
        page = (
            select(ActivationNote.id, ActivationNote.member_id)
            .where(
                ActivationNote.service_id == service_id,
                ActivationNote.state == Activation.ACTIVATED,
                ActivationNote.id > UUID(work.payload["after"]),
            )
            .order_by(ActivationNote.id)
            .limit(PAGE)
        )
        with transaction(self._make) as session:
            rows = session.execute(page).all()
            for row in rows:
                notices.mail(session, words, member_id=row.member_id, language=notices.OWN, now=now)
            if len(rows) == PAGE:
                tell_holders(session, service_id, words=words, now=now, after=rows[-1].id)
