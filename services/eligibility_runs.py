"""Check who still fulfils a service's rule (6(3)): the agency looks, a second person verifies.

scheduled → running → closed, or halted until somebody else agrees (REGULATION 4.5). A check that
would take the service from three in ten is halted: more likely the check is wrong than they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring
from services import rules
from services.eligibility_models import CheckRun, Finding, FindingState, RunState
from services.models import Activation, ActivationNote, Service
from services.references import References

BRAKE_PERCENT = 30
TOGETHER = timedelta(days=30)  # checks so close to one another count as one
BATCH = 1000
LONGEST_REASON = 600  # characters


def schedule(
    session: Session,
    service: Service,
    on: date,
    *,
    organisation_id: UUID,
    by: UUID,
    now: datetime,
) -> CheckRun:
    """Plan a check by the rule that will be in force; a service has one at a time.

    Raises Refused `service.not_yours`, `eligibility.backdated`, `eligibility.rule_missing` or
    `eligibility.run_open`.
    """
    if service.organisation_id != organisation_id:
        raise Refused("service.not_yours")
    if on < taipei_day(now):
        raise Refused("eligibility.backdated")
    rule = rules.rule_in_force(session, service.id, on=on)
    if rule is None:
        raise Refused("eligibility.rule_missing")
    run_id = new_id()
    values = {
        "id": run_id,
        "reference": new_reference(),
        "service_id": service.id,
        "organisation_id": organisation_id,
        "rule_id": rule.id,
        "state": RunState.SCHEDULED,
        "scheduled_on": on,
        "scheduled_by": by,
        "scheduled_at": now,
    }
    if not insert_once(session, CheckRun, values):
        raise Refused("eligibility.run_open")
    return session.get_one(CheckRun, run_id)


def listed(session: Session, organisation_id: UUID, *, most: int) -> Sequence[CheckRun]:
    """Return the checks of an agency's services, the newest first."""
    return session.scalars(
        select(CheckRun).where(_is_of(organisation_id)).order_by(CheckRun.id.desc()).limit(most)
    ).all()


def _is_of(organisation_id: UUID) -> ColumnElement[bool]:
    """Return whether a check is this agency's: who took a service over goes on with its checks."""
    theirs = select(Service.id).where(Service.organisation_id == organisation_id)
    return CheckRun.service_id.in_(theirs)


def halted(session: Session) -> Sequence[CheckRun]:
    """Return the checks of all agencies that wait for somebody to agree."""
    return session.scalars(
        select(CheckRun).where(CheckRun.state == RunState.HALTED).order_by(CheckRun.halted_at)
    ).all()


def get(session: Session, reference: str, *, organisation_id: UUID | None) -> CheckRun:
    """Return a check and keep others from changing it until the transaction ends.

    Raises NotFound, also for another agency's; None is the Bureau, which sees every one.
    """
    if not (reference.isascii() and reference.isalnum()):
        raise NotFound("eligibility.not_found")
    where = [CheckRun.reference == reference.upper()]
    if organisation_id is not None:
        where.append(_is_of(organisation_id))
    found = session.scalar(
        select(CheckRun).where(*where).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("eligibility.not_found")
    return found


def start(session: Session, run: CheckRun, *, now: datetime) -> None:
    """Begin on the planned day or later, and count who has the service.

    Raises Refused `eligibility.run_early` or `case.wrong_state`.
    """
    if taipei_day(now) < run.scheduled_on:
        raise Refused("eligibility.run_early")
    counted = select(func.count(ActivationNote.id)).where(*_holding(run))
    _move(
        session,
        run,
        CheckRun.state == RunState.SCHEDULED,
        state=RunState.RUNNING,
        started_at=now,
        holders=session.scalar(counted) or 0,
    )


@dataclass(frozen=True, kw_only=True)
class Holder:
    """One line for the agency: our name, and the agency's own case, by which it knows whom."""

    reference: str
    case: str
    since: date | None


def holders(session: Session, run: CheckRun, keyring: Keyring) -> Iterator[Holder]:
    """Give everybody who has the service now, in the order of their names: it says nothing.

    Raises Refused `case.wrong_state` for a check that has not begun, or is over.
    """
    require_running(run)
    names = References(keyring, run.service_id)
    rows = session.execute(
        select(ActivationNote.member_id, ActivationNote.reference, ActivationNote.since).where(
            *_holding(run)
        )
    )
    found = [Holder(reference=names.of(who), case=case, since=day) for who, case, day in rows]
    yield from sorted(found, key=lambda each: each.reference)


def require_running(run: CheckRun) -> None:
    """Raise Refused `case.wrong_state` unless the check goes on, `eligibility.halted` if halted."""
    if run.state is RunState.HALTED:
        raise Refused("eligibility.halted")
    if run.state is not RunState.RUNNING:
        raise Refused("case.wrong_state")


def _holding(run: CheckRun) -> tuple[ColumnElement[bool], ...]:
    return (
        ActivationNote.service_id == run.service_id,
        ActivationNote.state == Activation.ACTIVATED,
    )


# The brake


@dataclass(frozen=True)
class Share:
    """How many would lose the service, of how many."""

    findings: int
    holders: int

    @property
    def percent(self) -> int:
        """Return the share in whole per cents, rounded down."""
        return 100 * self.findings // self.holders if self.holders else 0

    @property
    def is_too_much(self) -> bool:
        """Say whether somebody else has to agree first."""
        return self.findings > 0 and 100 * self.findings >= BRAKE_PERCENT * self.holders


def share(session: Session, run: CheckRun, *, now: datetime) -> Share:
    """Return the share, with what checks of the last thirty days took: a few small ones are one."""
    here = session.scalar(
        select(func.count(Finding.id)).where(
            Finding.run_id == run.id, Finding.state != FindingState.DISMISSED
        )
    )
    before = session.scalar(
        select(func.count(Finding.id))
        .join(CheckRun, CheckRun.id == Finding.run_id)
        .where(
            CheckRun.service_id == run.service_id,
            CheckRun.id != run.id,
            Finding.state == FindingState.CONFIRMED,
            Finding.restored_at.is_(None),
            Finding.decided_at > now - TOGETHER,
        )
    )
    earlier = before or 0
    return Share((here or 0) + earlier, (run.holders or 0) + earlier)


def brake(session: Session, run: CheckRun, *, now: datetime) -> bool:
    """Halt a check that would take the service from too many; say whether it is halted now."""
    found = share(session, run, now=now)
    if found.is_too_much and found.findings > (run.released_findings or 0):
        _move(
            session,
            run,
            CheckRun.state == RunState.RUNNING,
            state=RunState.HALTED,
            halted_at=now,
        )
    return run.state is RunState.HALTED


def release(session: Session, run: CheckRun, reason: str, *, by: UUID, now: datetime) -> None:
    """Let a halted check go on, as somebody who did not plan it, with a written reason.

    Raises Refused `eligibility.reason_missing`, `eligibility.second_person` or `case.wrong_state`.
    """
    if not reason.strip():
        raise Refused("eligibility.reason_missing")
    if by == run.scheduled_by:
        raise Refused("eligibility.second_person")
    _move(
        session,
        run,
        CheckRun.state == RunState.HALTED,
        state=RunState.RUNNING,
        released_by=by,
        released_at=now,
        released_findings=share(session, run, now=now).findings,
        release_reason=reason.strip()[:LONGEST_REASON],
    )


def close(session: Session, run: CheckRun, *, now: datetime) -> None:
    """End a check in which nothing waits for a second person; or one that did not begin.

    Raises Refused `eligibility.findings_open` or `case.wrong_state`.
    """
    waiting = select(func.count(Finding.id)).where(
        Finding.run_id == run.id, Finding.state == FindingState.VERIFYING
    )
    if session.scalar(waiting):
        raise Refused("eligibility.findings_open")
    _move(session, run, CheckRun.closed_at.is_(None), state=RunState.CLOSED, closed_at=now)


def _move(
    session: Session,
    run: CheckRun,
    before: ColumnElement[bool],
    **values: Any,  # columns of several types
) -> None:
    moved = session.execute(
        update(CheckRun)
        .where(CheckRun.id == run.id, before)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("case.wrong_state")
    session.refresh(run)
