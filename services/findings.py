"""Take in what a check found, and let a second person confirm or dismiss it (6(3), 10-II).

A finding alone suspends nobody. Whoever brought it in never confirms it: the database refuses.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.keyring import Keyring
from members import letters, register
from members.letters import Author, Letter
from services import eligibility_runs as runs
from services import suspensions
from services.eligibility_models import CheckRun, FactCode, Finding, FindingState
from services.models import Activation, ActivationNote
from services.references import References
from services.suspensions import Act

COLUMNS = ["reference", "fact"]
MOST_ROWS = 20_000
MOST_AT_ONCE = 50  # decided in one transaction: a page
LONGEST_EVIDENCE = 64


@dataclass(kw_only=True)
class Report:
    """What became of an upload; a name of nobody's and another agency's look alike."""

    taken: int = 0
    known: int = 0  # brought in before: once is as good as twice
    unknown: list[int] = field(default_factory=list)  # lines


def read(text: str) -> list[tuple[str, FactCode]]:
    """Return the rows of a CSV file with the columns `reference` and `fact`, in this order.

    Raises Refused `eligibility.file_invalid`.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if row]
    except csv.Error:
        raise Refused("eligibility.file_invalid") from None
    if not 1 < len(rows) <= MOST_ROWS or [each.strip() for each in rows[0]] != COLUMNS:
        raise Refused("eligibility.file_invalid")
    try:
        return [(reference.strip(), FactCode(fact.strip())) for reference, fact in rows[1:]]
    except ValueError:  # another number of columns, or no such fact
        raise Refused("eligibility.file_invalid") from None


def take_in(
    session: Session,
    run: CheckRun,
    rows: Sequence[tuple[str, FactCode]],
    *,
    by: UUID,
    keyring: Keyring,
    now: datetime,
) -> Report:
    """Keep what was found about people who have the service; then see whether it is too much.

    Raises Refused `case.wrong_state` or `eligibility.halted`.
    """
    runs.require_running(run)
    report, names = Report(), References(keyring, run.service_id)
    numbered = [
        (number, names.member(reference), fact)
        for number, (reference, fact) in enumerate(rows, start=2)  # below the heading
    ]
    for first in range(0, len(numbered), runs.BATCH):
        batch = numbered[first : first + runs.BATCH]
        theirs = _cases(session, run, {who for _, who, _ in batch if who is not None})
        for number, member_id, fact in batch:
            if member_id is None or member_id not in theirs:
                report.unknown.append(number)
                continue
            values = {
                "id": new_id(),
                "reference": new_reference(),
                "run_id": run.id,
                "member_id": member_id,
                "case": theirs[member_id],
                "fact": fact,
                "state": FindingState.VERIFYING,
                "found_by": by,
                "found_at": now,
            }
            if insert_once(session, Finding, values):
                report.taken += 1
            else:
                report.known += 1
    runs.brake(session, run, now=now)
    return report


def _cases(session: Session, run: CheckRun, member_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the agency's cases of who has the service, or is part of this check already."""
    among = list(member_ids)
    now = select(ActivationNote.member_id, ActivationNote.reference.label("case")).where(
        ActivationNote.service_id == run.service_id,
        ActivationNote.state == Activation.ACTIVATED,
        ActivationNote.member_id.in_(among),
    )
    before = select(Finding.member_id, Finding.case).where(
        Finding.run_id == run.id, Finding.member_id.in_(among)
    )
    return {row.member_id: row.case for row in session.execute(now.union_all(before))}


# Deciding


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a second person says about findings: in which file it was verified, and why."""

    evidence: str
    reason: str


def waiting(
    session: Session, run: CheckRun, *, after: UUID | None = None
) -> Sequence[tuple[Finding, str]]:
    """Return a page of the findings that wait, each with the agency's own case."""
    later = () if after is None else (Finding.id > after,)
    return _with_cases(session, run, FindingState.VERIFYING, *later, most=MOST_AT_ONCE)


def _with_cases(
    session: Session,
    run: CheckRun,
    state: FindingState,
    *where: ColumnElement[bool],
    most: int | None = None,
) -> Sequence[tuple[Finding, str]]:
    rows = session.execute(
        select(Finding, Finding.case)
        .where(Finding.run_id == run.id, Finding.state == state, *where)
        .order_by(Finding.id)
        .limit(most)
    )
    return [(finding, case) for finding, case in rows]


def confirmed(session: Session, run: CheckRun) -> Sequence[tuple[Finding, str]]:
    """Return what was confirmed, each with the case the agency noted before."""
    return _with_cases(session, run, FindingState.CONFIRMED)


def tally(session: Session, run: CheckRun) -> dict[tuple[FindingState, FactCode], int]:
    """Return how many findings there are, by what became of them and what was found."""
    rows = session.execute(
        select(Finding.state, Finding.fact, func.count(Finding.id))
        .where(Finding.run_id == run.id)
        .group_by(Finding.state, Finding.fact)
    )
    return Counter({(state, fact): count for state, fact, count in rows})


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
    """Suspend the service for those whose finding is verified; return them, to be told.

    Who gave the service up meanwhile is left alone. Raises Refused `service.suspend_unverified`
    for who brought the finding in, or without file and reason; `right.presumption_keeps` where
    records differ and nothing else was found; `case.self_dealing`; `eligibility.halted`;
    `case.wrong_state` when somebody else was faster.
    """
    runs.require_running(run)
    if runs.brake(session, run, now=now):
        raise Refused("eligibility.halted")
    evidence = verdict.evidence.strip()[:LONGEST_EVIDENCE]
    if not evidence or not verdict.reason.strip():
        raise Refused("service.suspend_unverified")
    suspended = []
    for finding in _chosen(session, run, references):
        if finding.found_by == by:
            raise Refused("service.suspend_unverified")
        if finding.fact is FactCode.RECORDS_DIFFER:
            raise Refused("right.presumption_keeps")
        act = Act(
            member_id=_not_oneself(finding, by),
            service=run.service,
            actor=by,
            reference=finding.reference,
        )
        is_done = suspensions.suspend(session, act, now=now)
        _decide(
            session,
            finding,
            FindingState.CONFIRMED if is_done else FindingState.DISMISSED,
            by=by,
            now=now,
            evidence=evidence,
            reason_sealed=_sealed(session, finding, verdict.reason, keyring=keyring, now=now),
        )
        if is_done:
            suspended.append(finding)
    return suspended


def dismiss(
    session: Session, run: CheckRun, references: Iterable[str], *, by: UUID, now: datetime
) -> int:
    """Let findings fall, as a second person; return how many.

    Raises Refused `eligibility.second_person`, `case.self_dealing` or `case.wrong_state`.
    """
    chosen = _chosen(session, run, references)
    for finding in chosen:
        if finding.found_by == by:
            raise Refused("eligibility.second_person")
        _not_oneself(finding, by)
        _decide(session, finding, FindingState.DISMISSED, by=by, now=now)
    return len(chosen)


def people(session: Session, run: CheckRun, references: Iterable[str]) -> set[UUID]:
    """Return whom the chosen findings are about."""
    return {each.member_id for each in _chosen(session, run, references)}


def _chosen(session: Session, run: CheckRun, references: Iterable[str]) -> Sequence[Finding]:
    wanted = sorted(set(references))[:MOST_AT_ONCE]
    return session.scalars(
        select(Finding)
        .where(Finding.run_id == run.id, Finding.reference.in_(wanted))
        .order_by(Finding.id)
    ).all()


def _not_oneself(finding: Finding, by: UUID) -> UUID:
    if finding.member_id == by:
        raise Refused("case.self_dealing")
    return finding.member_id


def _decide(
    session: Session,
    finding: Finding,
    state: FindingState,
    *,
    by: UUID,
    now: datetime,
    **values: Any,  # columns of several types
) -> None:
    moved = session.execute(
        update(Finding)
        .where(Finding.id == finding.id, Finding.state == FindingState.VERIFYING)
        .values(state=state, decided_by=by, decided_at=now, **values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("case.wrong_state")
    session.refresh(finding)


def _sealed(
    session: Session, finding: Finding, reason: str, *, keyring: Keyring, now: datetime
) -> bytes:
    member = register.get(session, finding.member_id)
    written = letters.letter(Author.CITY, "decision", reason, now=now)
    return letters.seal_letters([written], member, keyring=keyring, place=_place(finding))


def _place(finding: Finding) -> str:
    return f"eligibility_finding/{finding.id}"


# What a member reads


def suspensions_of(session: Session, member_id: UUID) -> Sequence[Finding]:
    """Return the findings upon which services of a member were suspended, the newest first."""
    return session.scalars(
        select(Finding)
        .where(Finding.member_id == member_id, Finding.state == FindingState.CONFIRMED)
        .order_by(Finding.id.desc())
    ).all()


def suspension(session: Session, reference: str, *, member_id: UUID | None = None) -> Finding:
    """Return one of them by its number. Raises NotFound, also for another member's."""
    found = None
    if reference.isascii() and reference.isalnum():
        where = [Finding.reference == reference.upper(), Finding.state == FindingState.CONFIRMED]
        if member_id is not None:
            where.append(Finding.member_id == member_id)
        found = session.scalar(select(Finding).where(*where))
    if found is None:
        raise NotFound("eligibility.not_found")
    return found


def reason(session: Session, finding: Finding, *, keyring: Keyring) -> list[Letter]:
    """Return why it was confirmed; nothing once the member is erased."""
    member = register.get(session, finding.member_id)
    if finding.reason_sealed is None:
        return []
    return letters.open_letters(
        finding.reason_sealed, member, keyring=keyring, place=_place(finding)
    )
