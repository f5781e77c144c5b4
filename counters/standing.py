"""Work out what a counter can do today: from its rows, every time somebody asks (5(1) to 5(3)).

The desk's permission, the agency's console and the public page all read this, so they agree.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from counters import delegations, training
from counters.models import Clerk, Counter, Delegation, Desk, Matter, Reader
from counters.training import Trained
from kernel.clock import taipei_day


class Status(StrEnum):
    """Whether a counter serves people."""

    OPEN = "open"
    PAPER = "paper"  # every reader is broken: applications are taken, cards are not
    CLOSED = "closed"


class Need(StrEnum):
    """What a counter must have to be open."""

    DELEGATION = "delegation"
    DESK = "desk"
    CLERK = "clerk"
    READER = "reader"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A counter with everything that decides what it can do, as of one day."""

    counter: Counter
    today: date
    delegations: Sequence[Delegation]
    desks: Sequence[Desk]
    clerks: Sequence[Clerk]
    readers: Sequence[Reader]
    training: Mapping[UUID, Trained]  # by member

    @property
    def matters(self) -> frozenset[Matter]:
        """Return what is delegated today; at a training counter everything is tried."""
        if self.counter.is_training:
            return frozenset(Matter)
        return delegations.in_force(self.delegations, self.today)

    @property
    def why_no_matter(self) -> str:
        """Return the code of the refusal where nothing is delegated."""
        return delegations.why_none(self.delegations, self.today)

    @property
    def services(self) -> frozenset[str]:
        """Return the codes of the services covered today."""
        return frozenset(
            code
            for row in self.delegations
            if delegations.state(row, self.today) is delegations.State.EFFECTIVE
            for code in row.services
        )

    @property
    def working_readers(self) -> tuple[Reader, ...]:
        """Return the readers that are not broken."""
        return tuple(each for each in self.readers if each.broken_at is None)

    def is_trained(self, member_id: UUID) -> bool:
        """Say whether a clerk's training counts today; at a training counter one learns."""
        found = self.training.get(member_id)
        return self.counter.is_training or (found is not None and found.counts_on(self.today))

    @property
    def missing(self) -> tuple[Need, ...]:
        """Return what it lacks to be opened (5(1), 5(2))."""
        has = {
            Need.DELEGATION: bool(self.matters),
            Need.DESK: bool(self.desks),
            Need.CLERK: any(self.is_trained(each.member_id) for each in self.clerks),
            Need.READER: bool(self.working_readers),
        }
        return tuple(need for need, is_there in has.items() if not is_there)

    @property
    def status(self) -> Status:
        """Return whether it is open: if the agency opened it, and while nothing is missing."""
        counter = self.counter
        if counter.opened_at is None or counter.ended_at is not None:
            return Status.CLOSED
        match self.missing:
            case ():
                return Status.OPEN
            case (Need.READER,) if self.readers:
                return Status.PAPER
            case _:
                return Status.CLOSED


def of(session: Session, counters: Collection[Counter], *, now: datetime) -> list[Standing]:
    """Return how each counter stands, in the order given; the statements do not grow with them."""
    ids = [each.id for each in counters]
    given = session.scalars(
        select(Delegation).where(Delegation.counter_id.in_(ids)).order_by(Delegation.id.desc())
    )
    desks = session.scalars(
        select(Desk).where(Desk.counter_id.in_(ids), Desk.ended_at.is_(None)).order_by(Desk.id)
    )
    clerks = session.scalars(
        select(Clerk).where(Clerk.counter_id.in_(ids), Clerk.ended_at.is_(None)).order_by(Clerk.id)
    ).all()
    readers = session.scalars(
        select(Reader)
        .where(Reader.counter_id.in_(ids), Reader.ended_at.is_(None))
        .order_by(Reader.id)
    )
    trained = training.trained(session, {each.member_id for each in clerks})
    parts = {
        "delegations": _grouped(given),
        "desks": _grouped(desks),
        "clerks": _grouped(clerks),
        "readers": _grouped(readers),
    }
    return [
        Standing(
            counter=counter,
            today=taipei_day(now),
            training=trained,
            **{name: rows[counter.id] for name, rows in parts.items()},
        )
        for counter in counters
    ]


def _grouped(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    """Sort rows of whichever table by their counter."""
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.counter_id].append(row)
    return grouped
