"""Plan an audit, announce it, draw its sample, and bring it to an end (regulation 9; 4.16).

planned → (announced) → evidence → findings → action → verified → closed. Each step is one
conditional UPDATE: of two auditors who take it at once, one is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from audit import sampling
from audit.audit_models import (
    Act,
    Audit,
    AuditFinding,
    AuditRequest,
    AuditSample,
    AuditState,
)
from audit.sampling import Draw, Population
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at, new_reference, new_secret

LARGEST_SAMPLE = 500
TOLD = frozenset({AuditState.ACTION, AuditState.VERIFIED, AuditState.CLOSED})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Who is audited, for which period and kinds of acts, how many of them, told before or not."""

    organisation_id: UUID
    counter_id: UUID | None
    since: datetime
    until: datetime
    acts: frozenset[Act]
    size: int
    is_announced: bool


def plan(session: Session, wanted: Plan, *, by: UUID, now: datetime) -> Audit:
    """Enter an audit. Raises Refused `audit.incomplete` or `audit.period`."""
    if not (wanted.acts and 1 <= wanted.size <= LARGEST_SAMPLE):
        raise Refused("audit.incomplete")
    if not wanted.since < wanted.until:
        raise Refused("audit.period")
    audit = Audit(
        id=new_id_at(now),
        reference=new_reference(),
        organisation_id=wanted.organisation_id,
        counter_id=wanted.counter_id,
        since=wanted.since,
        until=wanted.until,
        acts=sorted(wanted.acts),
        size=wanted.size,
        is_announced=wanted.is_announced,
        state=AuditState.PLANNED,
        planned_by=by,
        planned_at=now,
    )
    session.add(audit)
    session.flush()
    return audit


def announce(session: Session, audit: Audit, *, now: datetime) -> None:
    """Tell the agency that it will be audited. Raises Refused `audit.wrong_state`."""
    if not audit.is_announced:
        raise Refused("audit.wrong_state")
    step(session, audit, AuditState.PLANNED, AuditState.ANNOUNCED, announced_at=now)


def draw(
    session: Session,
    audit: Audit,
    *,
    actors: frozenset[UUID],
    clients: frozenset[UUID],
    now: datetime,
) -> Draw:
    """Let the system draw the sample, once, from a seed nobody chose.

    Raises Refused `audit.period` while the period lasts: what is still to be written could not be
    drawn again; or `audit.wrong_state`.
    """
    if audit.until > now:
        raise Refused("audit.period")
    seed = new_secret()
    drawn = sampling.draw(session, _population(audit, actors, clients), seed=seed, size=audit.size)
    before = AuditState.ANNOUNCED if audit.is_announced else AuditState.PLANNED
    step(
        session,
        audit,
        before,
        AuditState.EVIDENCE,
        drawn_at=now,
        seed=seed,
        actors=sorted(map(str, actors)),
        clients=sorted(map(str, clients)),
        population=drawn.population,
        population_hash=drawn.population_hash,
    )
    rows = [
        {"audit_id": audit.id, "place": place, "source": source, "entry_id": entry_id}
        for place, (source, entry_id) in enumerate(drawn.items, 1)
    ]
    if rows:
        session.execute(insert(AuditSample), rows)
    return drawn


def is_reproduced(session: Session, audit: Audit) -> bool:
    """Draw the sample again from what was recorded; False if the ledgers are no longer the same."""
    if audit.seed is None:
        raise Refused("audit.wrong_state")
    actors, clients = (
        frozenset(UUID(each) for each in ids or ()) for ids in (audit.actors, audit.clients)
    )
    again = sampling.draw(
        session, _population(audit, actors, clients), seed=audit.seed, size=audit.size
    )
    kept = tuple((each.source, each.entry_id) for each in sample(session, audit))
    return (again.items, again.population_hash) == (kept, audit.population_hash)


def _population(audit: Audit, actors: frozenset[UUID], clients: frozenset[UUID]) -> Population:
    return Population(
        actors=actors,
        clients=clients,
        acts=frozenset(map(Act, audit.acts)),
        since=audit.since,
        until=audit.until,
    )


def conclude(session: Session, audit: Audit, *, now: datetime) -> None:
    """End the asking; what was found is written down next.

    Raises Refused `audit.evidence_open` while a request may still be answered, or
    `audit.wrong_state`.
    """
    step(session, audit, AuditState.EVIDENCE, AuditState.FINDINGS)
    waiting = select(AuditRequest.id).where(
        AuditRequest.audit_id == audit.id,
        AuditRequest.answered_at.is_(None),
        AuditRequest.due_at > now,
    )
    if session.scalars(waiting.limit(1)).first() is not None:
        raise Refused("audit.evidence_open")


def report(session: Session, audit: Audit) -> None:
    """Hand the findings over: what is to be put right is the agency's to do from now on.

    Raises Refused `audit.wrong_state`.
    """
    after = AuditState.ACTION if _to_be_done(session, audit) else AuditState.VERIFIED
    step(session, audit, AuditState.FINDINGS, after)


def finish_actions(session: Session, audit: Audit) -> None:
    """Move on once the last action was verified."""
    if not _to_be_done(session, audit):
        step(session, audit, AuditState.ACTION, AuditState.VERIFIED)


def _to_be_done(session: Session, audit: Audit) -> bool:
    left = select(AuditFinding.id).where(
        AuditFinding.audit_id == audit.id,
        AuditFinding.due_on.is_not(None),
        AuditFinding.verified_at.is_(None),
    )
    return session.scalars(left.limit(1)).first() is not None


def close(session: Session, audit: Audit, *, now: datetime) -> None:
    """Close an audit whose actions were all verified. Raises Refused `audit.wrong_state`."""
    step(session, audit, AuditState.VERIFIED, AuditState.CLOSED, closed_at=now)


def hand_over(session: Session, organisation_id: UUID, *, to: UUID) -> None:
    """Let the successor of an agency that is no more answer in what goes on (2(1)).

    What is not drawn yet waits: its sample is of who acted then, not of the successor's people.
    """
    session.execute(
        update(Audit)
        .where(
            Audit.organisation_id == organisation_id,
            Audit.drawn_at.is_not(None),
            Audit.closed_at.is_(None),
        )
        .values(organisation_id=to)
        .execution_options(synchronize_session="fetch")
    )


def close_unanswered(session: Session, audit: Audit, *, now: datetime) -> None:
    """Close what nobody is left to answer in, as it stands. Raises Refused `audit.wrong_state`."""
    if audit.state is AuditState.CLOSED:
        raise Refused("audit.wrong_state")
    step(session, audit, audit.state, AuditState.CLOSED, closed_at=now)


def step(
    session: Session, audit: Audit, before: AuditState, after: AuditState, **values: Any
) -> None:
    """Take a step from the state it starts from. Raises Refused `audit.wrong_state`."""
    moved = session.execute(
        update(Audit)
        .where(Audit.id == audit.id, Audit.state == before)
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("audit.wrong_state")
    session.refresh(audit)


# Looking


def get(session: Session, reference: str, *, organisation_id: UUID | None = None) -> Audit:
    """Return an audit; for an agency only one of its own that it knows of. Raises NotFound."""
    audit = None
    if reference.isascii() and reference.isalnum():
        audit = session.scalar(select(Audit).where(Audit.reference == reference.upper()))
    if audit is None or (
        organisation_id is not None
        and not (audit.organisation_id == organisation_id and is_known(session, audit))
    ):
        raise NotFound("audit.not_found")
    return audit


def listed(session: Session, *, organisation_id: UUID | None = None) -> Sequence[Audit]:
    """Return the audits, the newest first; for an agency those it knows of."""
    statement = select(Audit).order_by(Audit.id.desc())
    if organisation_id is None:
        return session.scalars(statement).all()
    found = session.scalars(statement.where(Audit.organisation_id == organisation_id)).all()
    return [each for each in found if is_known(session, each)]


def is_known(session: Session, audit: Audit) -> bool:
    """Say whether the audited have heard of it: announced, or asked for something."""
    if audit.announced_at is not None or audit.state in TOLD:
        return True
    asked = select(AuditRequest.id).where(AuditRequest.audit_id == audit.id).limit(1)
    return session.scalars(asked).first() is not None


def sample(session: Session, audit: Audit) -> Sequence[AuditSample]:
    """Return the sample in its order."""
    return session.scalars(
        select(AuditSample).where(AuditSample.audit_id == audit.id).order_by(AuditSample.place)
    ).all()
