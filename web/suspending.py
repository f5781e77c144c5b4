"""What follows when a service is suspended or given back: a line and a notice, at once (6(3))."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from kernel.keyring import Keyring
from services import findings
from services.eligibility_models import CheckRun, Finding
from services.findings import Verdict
from web import notices
from web.mails import Mail


def confirm(
    session: Session,
    run: CheckRun,
    references: Iterable[str],
    verdict: Verdict,
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> list[Finding]:
    """Confirm findings as a second person and tell each member in this very transaction.

    Raises what `findings.confirm` does.
    """
    suspended = findings.confirm(session, run, references, verdict, by=by, keyring=keyring, now=now)
    for each in suspended:
        tell(
            session,
            Kind.SERVICE_SUSPENDED,
            Mail.SERVICE_SUSPENDED,
            member_id=each.member_id,
            reference=each.reference,
            now=now,
        )
        trail.record(
            session,
            "service.suspended",
            actor=by,
            subject=each.member_id,
            now=now,
            reference=each.reference,
            run=run.reference,
            fact=each.fact.value,
        )
    return suspended


def tell(
    session: Session, kind: Kind, words: Mail, *, member_id: UUID, reference: str, now: datetime
) -> None:
    """Write a line with the number of a decision, and a notice in the member's own language."""
    footprint.record(session, kind, member_id=member_id, now=now, reference=reference)
    notices.mail(session, words, member_id=member_id, language=notices.OWN, now=now)
