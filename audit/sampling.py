"""Draw the sample of an audit: from a recorded seed, so that anybody can draw it again (9).

Each act is ranked by a hash of the seed and its id, and the lowest ranks are the sample: one pass
over the ledgers, whatever their order, and nobody can tell in advance which acts they are.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from audit.audit_models import Act, Source
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from audit.views import APPLICATION, WITH_CASE, WITHOUT_CASE
from kernel.ids import first_id_at

AT_ONCE = 5000
PREFIXES = {  # of the events in the trail that are such acts
    Act.LOOKS: ("record.viewed", APPLICATION),
    Act.CASES: ("case.",),
    Act.DESK: ("counter.", "delegation.", "officer.", "clerk."),
}
LOOKS = (WITH_CASE, WITHOUT_CASE)  # at members
Item = tuple[Source, UUID]


@dataclass(frozen=True, kw_only=True)
class Population:
    """Whose acts of which kinds in which period: `since` is included, `until` is not."""

    actors: frozenset[UUID]
    clients: frozenset[UUID]
    acts: frozenset[Act]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Draw:
    """The sample in its order, and what it was drawn from."""

    items: tuple[Item, ...]
    population: int
    population_hash: str


def draw(session: Session, whole: Population, *, seed: str, size: int) -> Draw:
    """Return the sample; the same seed and the same ledgers give the same one."""
    counted, key = _Counted(_acts(session, whole)), seed.encode()
    items = nsmallest(size, counted, key=lambda item: rank(key, item))
    return Draw(tuple(items), counted.number, counted.digest.hexdigest())


def rank(key: bytes, item: Item) -> bytes:
    """Return where an act stands in the lottery of a seed."""
    return hmac.digest(key, _written(item), "sha256")


def _written(item: Item) -> bytes:
    return item[0].value.encode() + item[1].bytes


class _Counted:
    """Pass acts on, counting and hashing them."""

    def __init__(self, acts: Iterator[Item]) -> None:
        self._acts = acts
        self.number = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[Item]:
        for item in self._acts:
            self.number += 1
            self.digest.update(_written(item))
            yield item


def _acts(session: Session, whole: Population) -> Iterator[Item]:
    """Give every act in the order it was written; the ids carry the moment."""
    prefixes = [each for act in sorted(whole.acts) for each in PREFIXES.get(act, ())]
    if prefixes and whole.actors:
        trail = select(TrailEntry.id).where(
            TrailEntry.actor.in_(whole.actors),
            or_(*(TrailEntry.event.startswith(each, autoescape=True) for each in prefixes)),
            *_within(TrailEntry, whole),
        )
        for entry_id in session.scalars(
            trail.order_by(TrailEntry.id), execution_options={"yield_per": AT_ONCE}
        ):
            yield Source.TRAIL, entry_id
    if Act.RELEASES in whole.acts and whole.clients:
        ledger = select(LedgerLine.id).where(
            LedgerLine.client_id.in_(whole.clients),
            LedgerLine.kind == Kind.RELEASED,
            *_within(LedgerLine, whole),
        )
        for line_id in session.scalars(
            ledger.order_by(LedgerLine.id), execution_options={"yield_per": AT_ONCE}
        ):
            yield Source.LEDGER, line_id


def _within(
    table: type[TrailEntry | LedgerLine], whole: Population
) -> Sequence[ColumnElement[bool]]:
    return table.id >= first_id_at(whole.since), table.id < first_id_at(whole.until)
