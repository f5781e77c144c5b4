"""Let one officer draft a rule of approval and another put it into force; count what it did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import approval_rules
from members.application_models import Application, Channel, PersonKind, State
from members.rule_models import ApprovalRule, RuleDraft, RuleRun, RuleVerdict

MONTH = timedelta(days=30)  # as long as a rejected application is kept


def propose(
    session: Session,
    *,
    kinds: Collection[PersonKind],
    channels: Collection[Channel],
    youngest: int,
    sample_per_mille: int,
    document_no: str,
    by: UUID,
    now: datetime,
) -> RuleDraft:
    """Draft the next version.

    Raises Refused `rule.incomplete`, `rule.out_of_bounds`, or `rule.draft_open` while another
    waits.
    """
    approval_rules.require_sound(kinds, channels, youngest, sample_per_mille, document_no)
    draft_id = new_id()
    values = {
        "id": draft_id,
        "kinds": sorted(kinds),
        "channels": sorted(channels),
        "youngest": youngest,
        "sample_per_mille": sample_per_mille,
        "document_no": document_no.strip()[:64],
        "one_open": True,
        "proposed_by": by,
        "proposed_at": now,
    }
    if not insert_once(session, RuleDraft, values):
        raise Refused("rule.draft_open")
    return session.get_one(RuleDraft, draft_id)


def waiting(session: Session) -> RuleDraft | None:
    """Return the draft that waits for a second officer."""
    return session.scalar(select(RuleDraft).where(RuleDraft.closed_at.is_(None)))


def adopt(session: Session, draft_id: UUID, *, by: UUID, now: datetime) -> ApprovalRule:
    """Put a draft into force, as the second officer.

    Raises Refused `rule.second_person`, or NotFound for a draft that is closed.
    """
    draft = session.get(RuleDraft, draft_id)
    if draft is not None and draft.proposed_by == by:
        raise Refused("rule.second_person")
    _close(session, draft_id, now=now, adopted_by=by)
    found = session.get_one(RuleDraft, draft_id)
    return approval_rules.adopt(
        session,
        kinds=[PersonKind(each) for each in found.kinds],
        channels=[Channel(each) for each in found.channels],
        youngest=found.youngest,
        sample_per_mille=found.sample_per_mille,
        document_no=found.document_no,
        by=by,
        now=now,
    )


def drop(session: Session, draft_id: UUID, *, now: datetime) -> None:
    """Take a draft back. Raises NotFound for one that is closed."""
    _close(session, draft_id, now=now, adopted_by=None)


def _close(session: Session, draft_id: UUID, *, now: datetime, adopted_by: UUID | None) -> None:
    closed = session.execute(
        update(RuleDraft)
        .where(RuleDraft.id == draft_id, RuleDraft.closed_at.is_(None))
        .values(closed_at=now, adopted_by=adopted_by)
        .execution_options(synchronize_session="fetch")
    )
    if not changed(closed):
        raise NotFound("rule.not_found")


@dataclass(frozen=True)
class Report:
    """What one version did in the last thirty days."""

    version: int
    approved: int  # by the rule alone
    left: int  # to a person, for a reason
    drawn: int  # it would have approved; the lot fell on a person
    looked_at: int  # of the drawn, decided by that person
    overturned: int  # of the looked at, turned down

    @property
    def share(self) -> str:
        """Return how many of a hundred that were looked at a person decided otherwise."""
        return "–" if not self.looked_at else f"{100 * self.overturned / self.looked_at:.1f} %"


def report(session: Session, *, now: datetime) -> Sequence[Report]:
    """Count the last thirty days by version, the newest first."""
    sampled = RuleRun.verdict == RuleVerdict.SAMPLED
    decided = Application.state.in_((State.APPROVED, State.REJECTED))
    rows = session.execute(
        select(
            RuleRun.rule_version,
            _count(RuleRun.verdict == RuleVerdict.APPROVED),
            _count(RuleRun.verdict == RuleVerdict.PERSON),
            _count(sampled),
            _count(sampled & decided),
            _count(sampled & (Application.state == State.REJECTED)),
        )
        .join(Application, Application.id == RuleRun.application_id)
        .where(RuleRun.ran_at >= now - MONTH)
        .group_by(RuleRun.rule_version)
        .order_by(RuleRun.rule_version.desc())
    )
    return [Report(*(int(each) for each in row)) for row in rows]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
