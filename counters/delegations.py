"""Let a counter act for an agency: drafted → signed → published → effective → over (4, 4.10).

What is stored are acts: that it was signed, published, revoked. Whether it is in force follows from
these and from today, so no job has to end anything at midnight. Each step is one conditional
UPDATE: of two officers who end and extend at once, one is refused.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from clients.models import Organisation
from counters.models import Counter, Delegation, Ground, Holder, Matter, Step
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services.models import OFFERED, Service

LONGEST_PROVISION, LONGEST_NUMBER, LONGEST_COST, LONGEST_GAZETTE = 200, 100, 500, 200
OPEN = (Step.DRAFTED, Step.SIGNED, Step.PUBLISHED)
GROUNDS = {
    Holder.PERSON: (Ground.PRIVATE,),
    Holder.BODY: (Ground.ENTRUSTED, Ground.COMMISSIONED, Ground.PRIVATE),
    Holder.STAFF: (Ground.OWN_STAFF,),
}


class State(StrEnum):
    """What a delegation is today."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    AHEAD = "ahead"  # complete; its first day is still to come
    EFFECTIVE = "effective"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an officer writes into a delegation."""

    ground: Ground
    provision: str
    document_number: str
    matters: frozenset[Matter]
    services: frozenset[str] = frozenset()
    cost: str = ""
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class Citation:
    """Where a delegation was made public (APA 15-III, 16-II)."""

    notice_on: date
    gazette: str


def state(row: Delegation, today: date) -> State:
    """Return what the delegation is on `today`; own staff needs no publication (regulation 4)."""
    if row.step is Step.REVOKED:
        return State.REVOKED
    if today > row.ends_on and row.step is not Step.DRAFTED:
        return State.EXPIRED
    if row.step is Step.DRAFTED:
        return State.DRAFTED
    if row.step is Step.SIGNED and row.ground is not Ground.OWN_STAFF:
        return State.SIGNED
    return State.EFFECTIVE if row.starts_on <= today else State.AHEAD


def in_force(rows: Iterable[Delegation], today: date) -> frozenset[Matter]:
    """Return the matters that are delegated on `today`."""
    return frozenset(
        Matter(each) for row in rows if state(row, today) is State.EFFECTIVE for each in row.matters
    )


def why_none(rows: Collection[Delegation], today: date) -> str:
    """Return the code of the refusal where none of these is in force."""
    states = {state(row, today) for row in rows}
    if State.SIGNED in states:
        return "counter.delegation_unpublished"
    if State.EXPIRED in states and State.AHEAD not in states:
        return "counter.delegation_expired"
    return "counter.not_delegated"


def of_counter(session: Session, counter_id: UUID) -> Sequence[Delegation]:
    """Return a counter's delegations, the newest first."""
    return session.scalars(
        select(Delegation).where(Delegation.counter_id == counter_id).order_by(Delegation.id.desc())
    ).all()


def get(session: Session, delegation_id: UUID, *, organisation_id: UUID) -> Delegation:
    """Return a delegation of a counter of this agency. Raises NotFound."""
    row = session.scalar(
        select(Delegation)
        .join(Counter, Counter.id == Delegation.counter_id)
        .where(Delegation.id == delegation_id, Counter.organisation_id == organisation_id)
    )
    if row is None:
        raise NotFound("counter.not_found")
    return row


def draft(session: Session, counter: Counter, terms: Terms, *, now: datetime) -> Delegation:
    """Write a delegation down; it lets nobody do anything yet.

    Raises Refused `delegation.incomplete`, `delegation.wrong_ground`, `delegation.days_reversed`,
    `delegation.service_unknown` or `delegation.number_used`.
    """
    _require_complete(counter, terms)
    _require_services(session, counter.organisation, terms.services)
    values = {
        "id": new_id(),
        "counter_id": counter.id,
        "ground": terms.ground,
        "provision": terms.provision.strip(),
        "document_number": terms.document_number.strip(),
        "matters": sorted(terms.matters),
        "services": sorted(terms.services),
        "cost": terms.cost.strip(),
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "step": Step.DRAFTED,
        "drafted_at": now,
    }
    if not insert_once(session, Delegation, values):
        raise Refused("delegation.number_used")
    return session.get_one(Delegation, values["id"])


def _require_complete(counter: Counter, terms: Terms) -> None:
    said = {terms.provision: LONGEST_PROVISION, terms.document_number: LONGEST_NUMBER}
    if not terms.matters or not all(0 < len(each.strip()) <= most for each, most in said.items()):
        raise Refused("delegation.incomplete")
    if len(terms.cost) > LONGEST_COST:
        raise Refused("delegation.incomplete")
    if terms.ground is Ground.PRIVATE and not terms.cost.strip():
        raise Refused("delegation.incomplete")  # APA 16-III
    if terms.ground not in GROUNDS[counter.holder]:
        raise Refused("delegation.wrong_ground")
    if terms.starts_on > terms.ends_on:
        raise Refused("delegation.days_reversed")


def _require_services(session: Session, agency: Organisation, codes: Collection[str]) -> None:
    """Refuse what is no open service of this agency (regulation 5(4))."""
    known = session.scalars(
        select(Service.code).where(
            Service.code.in_(sorted(codes)),
            Service.organisation_id == agency.id,
            Service.state.in_(OFFERED),
        )
    )
    if set(known) != set(codes):
        raise Refused("delegation.service_unknown")


def sign(session: Session, row: Delegation, *, now: datetime) -> None:
    """Note that both sides signed. Raises Refused `delegation.wrong_state`."""
    _move(session, row, Delegation.step == Step.DRAFTED, step=Step.SIGNED, signed_at=now)


def publish(session: Session, row: Delegation, citation: Citation, *, now: datetime) -> None:
    """Note where it was made public; it is in force from its first day on, not before the notice.

    Raises Refused `delegation.citation_missing` or `delegation.wrong_state`.
    """
    _move(
        session,
        row,
        Delegation.step == Step.SIGNED,
        step=Step.PUBLISHED,
        **_cited(citation, now=now),
    )


def extend(
    session: Session,
    row: Delegation,
    until: date,
    citation: Citation | None,
    *,
    seen: date,
    now: datetime,
) -> None:
    """Let a delegation in force last longer, by a new notice; `seen` is the end the officer saw.

    One that is over is not brought back: that is a new one. Raises Refused
    `delegation.citation_missing`, `delegation.days_reversed` or `delegation.wrong_state`.
    """
    if row.ground is not Ground.OWN_STAFF and citation is None:
        raise Refused("delegation.citation_missing")
    if until <= seen:
        raise Refused("delegation.days_reversed")
    complete = Step.SIGNED if row.ground is Ground.OWN_STAFF else Step.PUBLISHED
    _move(
        session,
        row,
        (Delegation.step == complete)
        & (Delegation.ends_on == seen)
        & (Delegation.ends_on >= taipei_day(now)),
        ends_on=until,
        **({} if citation is None else _cited(citation, now=now)),
    )


def revoke(session: Session, row: Delegation, *, now: datetime) -> None:
    """End a delegation at once. Raises Refused `delegation.wrong_state`."""
    _move(session, row, Delegation.step.in_(OPEN), step=Step.REVOKED, revoked_at=now)


def _cited(citation: Citation, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a citation; a gazette of a day to come does not exist yet."""
    if not citation.gazette.strip() or citation.notice_on > taipei_day(now):
        raise Refused("delegation.citation_missing")
    return {"notice_on": citation.notice_on, "gazette": citation.gazette.strip()[:LONGEST_GAZETTE]}


def _move(
    session: Session,
    row: Delegation,
    only: ColumnElement[bool],
    **values: Any,  # columns of several types
) -> None:
    moved = session.execute(
        update(Delegation)
        .where(Delegation.id == row.id, only)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("delegation.wrong_state")
    session.refresh(row)
