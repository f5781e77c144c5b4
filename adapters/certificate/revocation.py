"""Decide whether a certificate still holds: ask first, then look it up; in doubt it does not.

Fails closed: while nobody can say, nobody signs in with the certificate, and the person is told to
try again or another way (`carrier.certificate_uncheckable`).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from adapters.certificate import ocsp, revocation_lists
from adapters.certificate.answers import Answers
from adapters.certificate.checks import Checked
from adapters.certificate.ocsp import Fetch, Status
from kernel.errors import Refused


def status_of(
    session: Session, checked: Checked, fetch: Fetch, answers: Answers, *, now: datetime
) -> Status:
    """Return what is known of a certificate now, by its responder or else by the list."""
    listed = revocation_lists.find(session, checked.issuer, checked.certificate.serial_number)
    if listed is not None and listed.revoked:
        return Status.REVOKED  # until a newer list says otherwise, whatever a responder says
    if checked.issuer.ocsp_url:
        answer = _asked(checked, fetch, answers, now=now)
        if answer is not Status.UNAVAILABLE:
            return answer
    is_acquitted = listed is not None and now < listed.until
    return Status.GOOD if is_acquitted else Status.UNAVAILABLE


def _asked(checked: Checked, fetch: Fetch, answers: Answers, *, now: datetime) -> Status:
    if answers.has_good(checked, now=now):
        return Status.GOOD
    said = ocsp.ask(checked, fetch, now=now)
    if said.status is Status.GOOD:
        answers.keep(checked, until=said.until, now=now)
    return said.status


def require_good(
    session: Session, checked: Checked, fetch: Fetch, answers: Answers, *, now: datetime
) -> None:
    """Let only a certificate pass that certainly holds.

    Raises Refused `carrier.certificate_revoked` or `carrier.certificate_uncheckable`.
    """
    status = status_of(session, checked, fetch, answers, now=now)
    if status is Status.UNAVAILABLE:
        raise Refused("carrier.certificate_uncheckable")
    if status is not Status.GOOD:
        raise Refused("carrier.certificate_revoked")
