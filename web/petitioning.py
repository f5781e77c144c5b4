"""What follows when a petition is filed or decided: a line, a notice, the trail (6(3))."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail
from audit.lines import Kind
from idp import organisation_notices
from kernel.errors import NotFound, Refused
from kernel.ids import typed_code
from kernel.keyring import Keyring
from services import findings, petitions, suspensions
from services.eligibility_models import Finding
from services.petition_models import Petition
from services.petitions import Plea
from web import suspending
from web.mails import Mail


def file(
    session: Session,
    finding: Finding,
    plea: Plea,
    *,
    by: UUID | None,
    keyring: Keyring,
    now: datetime,
) -> Petition:
    """Take a petition in and tell its member that it arrived; see `petitions.file`."""
    made = petitions.file(session, finding, plea, keyring=keyring, now=now)
    _tell(session, Kind.PETITION_FILED, Mail.PETITION_RECEIVED, made, now=now)
    record(session, "petition.filed", made, by=by, now=now)
    organisation_notices.enqueue(
        session,
        made.organisation_id,
        organisation_notices.PETITIONED,
        member_id=made.member_id,
        now=now,
    )
    return made


def meant(session: Session, number: str) -> Finding:
    """Return the suspension of a letter's number. Raises Refused `appeal.out_of_scope`."""
    try:
        return findings.suspension(session, typed_code(number))
    except NotFound:
        raise Refused("appeal.out_of_scope") from None  # as for another agency's


def moved(session: Session, petition: Petition, *, by: UUID | None, now: datetime) -> None:
    """Tell the member that something was done, or decided, and what came back."""
    record(session, f"petition.{petition.state.value}", petition, by=by, now=now)
    _tell(session, Kind.PETITION_MOVED, Mail.PETITION_NEWS, petition, now=now)
    if suspensions.is_open_upon(session, petition.member_id, petition.reference):
        _tell(session, Kind.SERVICE_RESTORED, Mail.SERVICE_RESTORED, petition, now=now)


def _tell(session: Session, kind: Kind, words: Mail, petition: Petition, *, now: datetime) -> None:
    suspending.tell(
        session,
        kind,
        words,
        member_id=petition.member_id,
        reference=petition.reference,
        now=now,
    )


def record(
    session: Session, event: str, petition: Petition, *, by: UUID | None, now: datetime
) -> None:
    """Write down what somebody did to a petition."""
    trail.record(
        session,
        event,
        actor=by,
        subject=petition.member_id,
        now=now,
        reference=petition.reference,
        way=petition.way.value,
        **({} if petition.counter_id is None else {"counter": str(petition.counter_id)}),
    )
