"""Ask the audited for evidence, take the answer, and note by the clock that none came (9)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import audits, numbered
from audit.audit_models import Audit, AuditRequest, AuditSample, AuditState
from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import new_id_at
from kernel.keyring import Keyring

LONGEST = 4000


def ask(
    session: Session,
    audit: Audit,
    words: str,
    *,
    places: Sequence[int],
    due_at: datetime,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> AuditRequest:
    """Ask for something, about acts of the sample or in general.

    Raises Refused `audit.incomplete`, `audit.due` or `audit.wrong_state`.
    """
    audits.step(session, audit, AuditState.EVIDENCE, AuditState.EVIDENCE)  # one after the other
    known = set(
        session.scalars(select(AuditSample.place).where(AuditSample.audit_id == audit.id)).all()
    )
    if not words.strip() or not set(places) <= known:
        raise Refused("audit.incomplete")
    if due_at <= now:
        raise Refused("audit.due")
    request_id = new_id_at(now)
    request = AuditRequest(
        id=request_id,
        audit_id=audit.id,
        number=numbered.following(session, AuditRequest, audit),
        places=[str(each) for each in sorted(set(places))],
        words_sealed=seal(words, request_id, "words", keyring=keyring),
        asked_by=by,
        asked_at=now,
        due_at=due_at,
    )
    session.add(request)
    session.flush()
    return request


def answer(
    session: Session,
    request: AuditRequest,
    words: str,
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Answer in time.

    Raises Refused `audit.incomplete`, `audit.obstruction` once the due time has passed, or
    `audit.wrong_state` if it was answered.
    """
    if not words.strip():
        raise Refused("audit.incomplete")
    answered = session.execute(
        update(AuditRequest)
        .where(
            AuditRequest.id == request.id,
            AuditRequest.answered_at.is_(None),
            AuditRequest.due_at > now,
        )
        .values(
            answer_sealed=seal(words, request.id, "answer", keyring=keyring),
            answered_by=by,
            answered_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(request)
    if not changed(answered):
        if request.answered_at is not None:
            raise Refused("audit.wrong_state")
        raise Refused("audit.obstruction")


def give_time(session: Session, request: AuditRequest, *, due_at: datetime, now: datetime) -> None:
    """Give an unanswered request a new due time; that one was missed stays on record.

    Raises Refused `audit.due` or `audit.wrong_state`.
    """
    audit = session.get_one(Audit, request.audit_id)
    audits.step(session, audit, AuditState.EVIDENCE, AuditState.EVIDENCE)  # while it is asked
    session.refresh(request)
    if due_at <= max(now, request.due_at):
        raise Refused("audit.due")
    values: dict[str, datetime] = {"due_at": due_at}
    if is_obstructed(request, now=now) and request.missed_at is None:
        values["missed_at"] = request.due_at
    given = session.execute(
        update(AuditRequest)
        .where(AuditRequest.id == request.id, AuditRequest.answered_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not changed(given):
        raise Refused("audit.wrong_state")
    session.refresh(request)


def is_obstructed(request: AuditRequest, *, now: datetime) -> bool:
    """Say whether no answer came by the due time: by the clock, and by nobody's hand."""
    return request.answered_at is None and request.due_at <= now


def shown(session: Session, audit: Audit) -> set[int]:
    """Return the places of the sample that the audited were asked about, and so may see."""
    return {
        int(place)
        for each in numbered.of_audit(session, AuditRequest, audit)
        for place in each.places
    }


# What was written is sealed: it may be about people


def seal(words: str, row_id: UUID, part: str, *, keyring: Keyring) -> bytes:
    """Seal what somebody wrote into a row of an audit."""
    plain = words.strip()[:LONGEST].encode("utf-8", "replace")
    return keyring.seal(plain, place=f"audit/{row_id}/{part}")


def read(sealed: bytes | None, row_id: UUID, part: str, *, keyring: Keyring) -> str:
    """Return what was written; nothing if nothing was."""
    if sealed is None:
        return ""
    return keyring.unseal(sealed, place=f"audit/{row_id}/{part}").decode()
