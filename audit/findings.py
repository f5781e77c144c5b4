"""Write down what an audit found, and follow what is done about it until it is verified (9)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from audit import audits, numbered
from audit.asking import seal
from audit.audit_models import Audit, AuditFinding, AuditState, Grade
from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import new_id_at
from kernel.keyring import Keyring
from kernel.lines import printable


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found; with what is to be done about it by when, unless it is only a remark."""

    grade: Grade
    clause: str
    words: str
    action: str
    due_on: date | None


def find(
    session: Session, audit: Audit, found: Found, *, by: UUID, keyring: Keyring, now: datetime
) -> AuditFinding:
    """Record a finding. Raises Refused `audit.incomplete`, `audit.due` or `audit.wrong_state`."""
    audits.step(session, audit, AuditState.FINDINGS, AuditState.FINDINGS)  # one after the other
    clause = printable(found.clause).strip()[:64]
    acts = bool(found.action.strip())
    if not (found.words.strip() and clause) or acts != (found.due_on is not None):
        raise Refused("audit.incomplete")
    if found.grade is not Grade.REMARK and not acts:
        raise Refused("audit.incomplete")
    if found.due_on is not None and found.due_on <= taipei_day(now):
        raise Refused("audit.due")
    finding_id = new_id_at(now)
    finding = AuditFinding(
        id=finding_id,
        audit_id=audit.id,
        number=numbered.following(session, AuditFinding, audit),
        grade=found.grade,
        clause=clause,
        words_sealed=seal(found.words, finding_id, "words", keyring=keyring),
        recorded_by=by,
        recorded_at=now,
        action_sealed=seal(found.action, finding_id, "action", keyring=keyring) if acts else None,
        due_on=found.due_on,
    )
    session.add(finding)
    session.flush()
    return finding


def report_done(
    session: Session,
    finding: AuditFinding,
    words: str,
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Let the agency say what it did. Raises Refused `audit.incomplete` or `audit.wrong_state`."""
    if not words.strip():
        raise Refused("audit.incomplete")
    done = seal(words, finding.id, "done", keyring=keyring)
    _change(
        session,
        finding,
        AuditFinding.done_at.is_(None),
        done_sealed=done,
        done_by=by,
        done_at=now,
    )


def verify(
    session: Session, audit: Audit, finding: AuditFinding, *, by: UUID, now: datetime
) -> None:
    """Accept what was done; after the last the audit is verified.

    Raises Refused `audit.second_person` or `audit.wrong_state`.
    """
    audits.step(session, audit, AuditState.ACTION, AuditState.ACTION)  # one after the other
    session.refresh(finding)
    if by == finding.done_by:
        raise Refused("audit.second_person")
    _change(session, finding, AuditFinding.done_at.is_not(None), verified_by=by, verified_at=now)
    audits.finish_actions(session, audit)


def send_back(session: Session, finding: AuditFinding, words: str, *, keyring: Keyring) -> None:
    """Say why what was done is not enough. Raises Refused `audit.incomplete` or `.wrong_state`."""
    if not words.strip():
        raise Refused("audit.incomplete")
    _change(
        session,
        finding,
        AuditFinding.done_at.is_not(None),
        done_at=None,
        returned_sealed=seal(words, finding.id, "returned", keyring=keyring),
    )


def _change(
    session: Session, finding: AuditFinding, before: ColumnElement[bool], **values: object
) -> None:
    """Change an action that is the agency's to do now."""
    at_work = select(Audit.id).where(Audit.state == AuditState.ACTION)
    moved = session.execute(
        update(AuditFinding)
        .where(
            AuditFinding.id == finding.id,
            AuditFinding.audit_id.in_(at_work),
            AuditFinding.due_on.is_not(None),
            AuditFinding.verified_at.is_(None),
            before,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("audit.wrong_state")
    session.refresh(finding)


def is_overdue(finding: AuditFinding, *, now: datetime) -> bool:
    """Say whether the day of an action passed before the agency did it."""
    return (
        finding.due_on is not None and finding.done_at is None and finding.due_on < taipei_day(now)
    )
