"""What follows when a member asks: it is on record, who must act is told, the member gets word."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, summaries, trail
from audit.lines import Kind
from clients import names
from clients.models import OrganisationKind
from clients.names import Named
from consent.acting import Acting
from idp import client_notices, member_notices
from idp.member_notices import ASKED
from kernel.ids import new_reference
from kernel.keyring import Keyring
from members import requests
from members.models import SubjectRequest
from members.requests import Wish
from web import contact_mails, notices
from web.contact_mails import About
from web.mails import Mail


def make(
    session: Session,
    wish: Wish,
    *,
    member_id: UUID,
    keyring: Keyring,
    now: datetime,
    by: Acting | None = None,
) -> SubjectRequest:
    """Receive a request and pass it on to its recipient; see `members.requests.make`.

    `by` is who makes it in the member's stead.
    """
    request = requests.make(session, wish, member_id=member_id, keyring=keyring, now=now)
    record(session, Kind.REQUEST_MADE, request, now=now, by=by)
    if request.client_id is not None:
        tell(session, request.client_id, request, stage="asked", now=now)
    notices.mail(
        session, Mail.REQUEST_RECEIVED, member_id=member_id, language=wish.language, now=now
    )
    return request


def tell(session: Session, client_id: UUID, request: About, *, stage: str, now: datetime) -> None:
    """Let a client be told of a request: by a signed event, or else by mail to its contact."""
    reference = (
        request.reference if stage == ASKED else _number_for(session, client_id, request, now)
    )
    pushed = member_notices.enqueue_request(
        session,
        client_id,
        member_id=request.member_id,
        reference=reference,
        kind=request.kind.value,
        claims=request.claims,
        stage=stage,
        now=now,
    )
    if not pushed:
        contact_mails.enqueue(
            session, client_id, request, reference=reference, stage=stage, now=now
        )


def _number_for(session: Session, client_id: UUID, request: About, now: datetime) -> str:
    """Return a number that only this client has: one number for all would join them (10(3))."""
    number = new_reference()
    trail.record(
        session,
        "request.told",
        actor=None,
        subject=client_id,
        now=now,
        reference=request.reference,
        told=number,
    )
    return number


def recipients(session: Session, member_id: UUID) -> dict[UUID, Named]:
    """Return the clients that know the member: where data went, and agencies signed in to.

    A shop that only ever got yes or no, at a till or at a sign-in, knows nobody and hears nothing:
    a letter about somebody would be the first name it has (regulation 10(4)).
    """
    received = summaries.receivers(session, member_id=member_id)
    known = names.of_clients(session, received)
    return {
        key: named
        for key, named in known.items()
        if named.kind == OrganisationKind.AGENCY
        or (received[key] and client_notices.is_known(session, key, member_id=member_id))
    }


def tell_recipients(session: Session, request: SubjectRequest, *, now: datetime) -> None:
    """Let every client that ever received the member's data hear what was done (PDPA 11-V)."""
    for client_id in recipients(session, request.member_id):
        tell(session, client_id, request, stage="done", now=now)


def moved(session: Session, request: SubjectRequest, step: str, *, now: datetime) -> None:
    """Put a step of the city on record, and let the member look."""
    record(session, Kind.REQUEST_MOVED, request, now=now)
    trail.record(
        session,
        f"request.{step}",
        actor=None,
        subject=request.id,
        now=now,
        reference=request.reference,
        channel="cli",
    )
    notices.mail(
        session,
        Mail.REQUEST_NEWS,
        member_id=request.member_id,
        language=request.language,
        now=now,
    )


def record(
    session: Session,
    kind: Kind,
    request: SubjectRequest,
    *,
    now: datetime,
    by: Acting | None = None,
    whose: UUID | None = None,
) -> None:
    """Write the member's line about a request, or that of `whose` footprint it is beside."""
    footprint.record(
        session,
        kind,
        member_id=whose or request.member_id,
        client_id=request.client_id,
        purpose_id=request.purpose_id,
        claims=request.claims,
        now=now,
        reference=request.reference,
        request=request.kind.value,
        **({} if by is None else by.detail()),
    )
