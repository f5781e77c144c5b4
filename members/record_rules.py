"""Say whether a member's record is what its own history explains: values, standing, seal (7(9))."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from audit.lines import Kind
from audit.models import LedgerLine
from kernel.keyring import Keyring, SealBroken, keyed_hash
from members import register
from members.change_models import DatumChange
from members.models import Member, Standing
from members.record_models import Discrepancy, RecordSeal
from members.standing_models import StandingOrder
from members.standings import AFTER

NOT_IN_RECORD = "number"  # kept in a table of its own, and noted as a change all the same
ORDERED = frozenset({Kind.SUSPENDED, Kind.DECEASED})
WISHED = frozenset({Kind.PAUSED, Kind.RESUMED})


@dataclass(frozen=True)
class Past:
    """One row of the past: when it was written, and every column of it."""

    at: datetime
    id: UUID
    columns: tuple[str, ...]

    @classmethod
    def of(cls, row: Any, at: datetime) -> "Past":  # a row of any table that is only appended to
        """Take every column of `row` as text."""
        names = [column.name for column in row.__table__.columns]
        return cls(at, row.id, tuple(f"{each}={_text(getattr(row, each))}" for each in names))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


def values(
    member: Member, changes: Sequence[DatumChange], *, keyring: Keyring
) -> Iterator[Discrepancy]:
    """Hold the sealed record against its last change, which stamped both with one moment."""
    try:
        claims = register.claims_of(member, keyring=keyring)
    except (SealBroken, ValueError):
        yield Discrepancy.VALUE_UNREADABLE
        return
    stamps = [int(each.changed_at.timestamp()) for each in changes if _is_held(each)]
    if stamps and claims.get("updated_at") != max(stamps):
        yield Discrepancy.VALUE_REPLAYED


def _is_held(change: DatumChange) -> bool:
    return change.claim != NOT_IN_RECORD


def standing(
    member: Member, orders: Sequence[StandingOrder], lines: Sequence[LedgerLine]
) -> Iterator[Discrepancy]:
    """Hold where the member stands against orders in force, and the sealed lines of both."""
    stands = [each for each in orders if each.in_force_at and not each.ended_at]
    told = {str(each.detail.get("reference")) for each in lines if each.kind in ORDERED}
    founded = all(each.reference in told for each in stands)
    wanted = AFTER[stands[-1].kind] if stands else _own_wish(lines)
    if member.standing is not wanted or not founded:
        yield Discrepancy.STANDING_UNFOUNDED


def _own_wish(lines: Sequence[LedgerLine]) -> Standing:
    wishes = [each.kind for each in lines if each.kind in WISHED]
    return Standing.PAUSED if wishes[-1:] == [Kind.PAUSED] else Standing.ACTIVE


def chain(key: bytes, member_id: UUID, past: Iterable[Past]) -> bytes:
    """Return the end of a keyed chain over a member's past: nobody without the key makes it."""
    mac = keyed_hash(key, "record-seal/v1", str(member_id))
    for each in past:
        mac = keyed_hash(key, mac.hex(), *each.columns)
    return mac


def until(past: Iterable[Past], moment: datetime) -> list[Past]:
    """Return the rows up to a moment, in the one order in which they are chained."""
    return sorted((each for each in past if each.at <= moment), key=lambda each: (each.at, each.id))


def history(
    member_id: UUID,
    past: Iterable[Past],
    seal: RecordSeal | None,
    *,
    key: bytes,
    seen_before: bool,
) -> Iterator[Discrepancy]:
    """Hold the past against its seal; who was seen by an earlier round has one."""
    if seal is None:
        if seen_before:
            yield Discrepancy.SEAL_GONE
    elif chain(key, member_id, until(past, seal.until)) != seal.mac:
        yield Discrepancy.HISTORY_CHANGED
