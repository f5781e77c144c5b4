"""Know members by their identity numbers, of which one follows another (8(1), 10(1)).

A number is no key: it changes with naturalisation, with the new make of 2021, with a correction.
Each that a member ever held finds them, and is nobody else's. To look one up it is hashed under a
key of its own: half a billion numbers are tried in minutes, and a salt would not help.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.keyring import Keyring, keyed_hash, seal, unseal
from members.models import Member
from members.number_models import HeldNumber
from members.numbers import IdentityNumber, recognise
from members.profile import open_data_key

KEY_VERSION = 1


def enter(
    session: Session, member: Member, number: IdentityNumber, *, keyring: Keyring, now: datetime
) -> bool:
    """Make `number` the member's own, and the one before a former one; False if it was already.

    Raises Refused `member.already_exists` if another member holds or held it, and
    `idno.changed_meanwhile` if a colleague entered another number at this moment.
    """
    number_hash = hashed(number, keyring=keyring)
    holder = session.scalar(select(HeldNumber).where(HeldNumber.number_hash == number_hash))
    if holder is not None:
        return _have_again(session, holder, member, now=now)
    _end_current(session, member.id, now=now)
    number_id = new_id()
    values = {
        "id": number_id,
        "member_id": member.id,
        "kind": number.kind,
        "key_version": KEY_VERSION,
        "number_hash": number_hash,
        "value_sealed": seal(
            open_data_key(member, keyring=keyring), number.value.encode(), place=place_of(number_id)
        ),
        "since": now,
    }
    if insert_once(session, HeldNumber, values):
        return True
    raise _lost_the_race(session, number_hash)


def find(session: Session, number: IdentityNumber, *, keyring: Keyring) -> UUID | None:
    """Return whose number this is, or once was."""
    return session.scalar(
        select(HeldNumber.member_id).where(
            HeldNumber.number_hash == hashed(number, keyring=keyring)
        )
    )


def find_all(session: Session, hashes: Collection[bytes]) -> dict[bytes, UUID]:
    """Return whose each of these hashes of numbers is, or once was; strangers' are left out."""
    found = select(HeldNumber.number_hash, HeldNumber.member_id)
    rows = session.execute(found.where(HeldNumber.number_hash.in_(hashes)))
    return {row.number_hash: row.member_id for row in rows}


def hashed(number: IdentityNumber, *, keyring: Keyring) -> bytes:
    """Return what a number is looked up by."""
    return hasher(keyring)(number)


def hasher(keyring: Keyring) -> Callable[[IdentityNumber], bytes]:
    """Return `hashed` with its key at hand, for very many numbers."""
    key = keyring.derive(f"identity-number/v{KEY_VERSION}")
    return lambda number: keyed_hash(key, number.value)


def current(session: Session, member: Member, *, keyring: Keyring) -> IdentityNumber | None:
    """Return the number the member holds now, if it was entered."""
    held = session.scalar(
        select(HeldNumber).where(HeldNumber.member_id == member.id, HeldNumber.until.is_(None))
    )
    return None if held is None else _opened(held, member, keyring=keyring)


def former(session: Session, member: Member, *, keyring: Keyring) -> list[IdentityNumber]:
    """Return the numbers the member held before, the first first."""
    found = select(HeldNumber).where(
        HeldNumber.member_id == member.id, HeldNumber.until.is_not(None)
    )
    rows = session.scalars(found.order_by(HeldNumber.since)).all()
    return [_opened(each, member, keyring=keyring) for each in rows]


def ever(session: Session, member: Member, *, keyring: Keyring) -> list[IdentityNumber]:
    """Return every number the member holds or held."""
    rows = session.scalars(select(HeldNumber).where(HeldNumber.member_id == member.id)).all()
    return [_opened(each, member, keyring=keyring) for each in rows]


def _opened(held: HeldNumber, member: Member, *, keyring: Keyring) -> IdentityNumber:
    data_key = open_data_key(member, keyring=keyring)
    return recognise(unseal(data_key, held.value_sealed, place=place_of(held.id)).decode())


def _have_again(session: Session, holder: HeldNumber, member: Member, *, now: datetime) -> bool:
    """Give a member a former number back: a change that was corrected."""
    if holder.member_id != member.id:
        raise Refused("member.already_exists")
    if holder.until is None:
        return False
    _end_current(session, member.id, now=now)
    session.execute(
        update(HeldNumber).where(HeldNumber.id == holder.id).values(since=now, until=None)
    )
    return True


def _end_current(session: Session, member_id: UUID, *, now: datetime) -> bool:
    ended = session.execute(
        update(HeldNumber)
        .where(HeldNumber.member_id == member_id, HeldNumber.until.is_(None))
        .values(until=now)
    )
    return changed(ended) == 1


def _lost_the_race(session: Session, number_hash: bytes) -> Refused:
    taken = select(HeldNumber.id).where(HeldNumber.number_hash == number_hash)
    is_taken = session.scalar(taken) is not None
    return Refused("member.already_exists" if is_taken else "idno.changed_meanwhile")


def place_of(number_id: UUID) -> str:
    """Return where the value of a held number is sealed."""
    return f"held_number/{number_id}"
