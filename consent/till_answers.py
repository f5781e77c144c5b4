"""Answer a till: yes or no to one offer, without a name and without a reason (10-I(4), 10-II).

"No" means that the city cannot confirm it here. It is no evidence that a right does not exist.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.models import PurposeKind
from consent import till_codes
from consent.models import TillCode
from kernel.db import Json
from kernel.errors import Refused
from kernel.ids import new_number, new_reference
from kernel.keyring import Keyring
from kernel.prebuilt import Prebuilt, Row
from members.models import Member, Standing
from members.profile import open_claims

CLAIM = "offer_eligible"  # the one thing a till is told
RETRY = timedelta(seconds=60)  # in which a till whose line broke is told the same again
CODE_REFUSED = "till.code_refused"  # unknown, too old, used: alike, or guessing would pay

_FIND = Prebuilt(
    select(
        *TillCode.__table__.columns,
        Member.standing,
        Member.data_key_sealed,
        Member.profile_sealed,
    )
    .join(Member, Member.id == TillCode.member_id)
    .where(TillCode.code_hash == bindparam("code_hash"))
)
_USE = Prebuilt(
    update(TillCode)
    .where(
        TillCode.id == bindparam("of"),
        TillCode.used_at.is_(None),
        TillCode.expires_at > bindparam("used_at"),
    )
    .values(
        {
            name: bindparam(name)
            for name in ("used_at", "client_id", "purpose_id", "eligible", "number", "receipt")
        }
    )
)


class Decide(Protocol):
    """Say whether a member may use an offer; built in the room of services.

    Raises Refused `flow.purpose_not_offer` if the offer is not in force.
    """

    def __call__(
        self, session: Session, *, purpose_id: UUID, member_id: UUID, held: Json, now: datetime
    ) -> bool:
        """Return True only if what the city holds and knows confirms it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Till:
    """What answers rest on: who decides, and the keys of this installation."""

    decide: Decide
    keyring: Keyring
    key: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a till is told. The number stands on the member's phone, too."""

    offer: str
    eligible: bool
    number: str
    receipt: str
    at: datetime


def answer(
    session: Session, typed: str, *, offer: str, client: RegisteredClient, till: Till, now: datetime
) -> Answer:
    """Use up the code and return the answer to `offer`, one of the client's own.

    Asking again within a minute returns the same answer. Raises Refused `flow.purpose_not_offer`,
    and `till.code_refused` for every code that cannot be answered, whatever the reason.
    """
    purpose = _offer(client, offer)
    row = _find(session, typed, till)
    if row.used_at is None:
        used = _use(session, row, client, purpose, till, now=now)
        if used is not None:
            return used
        row = _find(session, typed, till)  # another till was faster, or this one asked twice
    return _again(row, client, purpose, now=now)


def _offer(client: RegisteredClient, code: str) -> RegisteredPurpose:
    purpose = client.find_purpose(code)
    if purpose is None or purpose.kind is not PurposeKind.OFFER:
        raise Refused("flow.purpose_not_offer")
    return purpose


def _find(session: Session, typed: str, till: Till) -> Row:
    code = till_codes.read(typed)
    if code is None:
        raise Refused(CODE_REFUSED)
    of = {"code_hash": till_codes.hash_of(code, key=till.key)}
    row = _FIND.one_or_none(session, of)
    if row is None:
        raise Refused(CODE_REFUSED)
    return row


def _use(
    session: Session,
    row: Row,
    client: RegisteredClient,
    purpose: RegisteredPurpose,
    till: Till,
    *,
    now: datetime,
) -> Answer | None:
    """Decide, then take the code by one conditional UPDATE; None if somebody else has it."""
    given = Answer(
        offer=purpose.code,
        eligible=_decided(session, row, purpose, till, now=now),
        number=new_number(),
        receipt=new_reference(),
        at=now,
    )
    values = {
        "of": row.id,
        "used_at": now,
        "client_id": client.id,
        "purpose_id": purpose.id,
        "eligible": given.eligible,
        "number": given.number,
        "receipt": given.receipt,
    }
    if _USE.run(session, values) != 1:
        return None
    footprint.record(
        session,
        Kind.TILL_ANSWERED,
        member_id=row.member_id,
        now=now,
        client_id=client.id,
        purpose_id=purpose.id,
        claims={CLAIM},
        answer="yes" if given.eligible else "no",
        receipt=given.receipt,
    )
    return given


def _decided(
    session: Session, row: Row, purpose: RegisteredPurpose, till: Till, *, now: datetime
) -> bool:
    """Return the decision; a suspended or closed member is a "no" that costs what others cost."""
    active = row.standing is Standing.ACTIVE
    held = _held(row, till.keyring) if row.data_key_sealed else {}  # opened for nothing, perhaps
    confirmed = till.decide(
        session,
        purpose_id=purpose.id,
        member_id=row.member_id,
        held=held if active else {},
        now=now,
    )
    return confirmed and active


def _held(row: Row, keyring: Keyring) -> Json:
    return open_claims(
        keyring,
        member_id=row.member_id,
        data_key_sealed=row.data_key_sealed,
        profile_sealed=row.profile_sealed,
    )


def _again(
    row: Row, client: RegisteredClient, purpose: RegisteredPurpose, *, now: datetime
) -> Answer:
    same = (row.client_id, row.purpose_id) == (client.id, purpose.id)
    if row.used_at is None or not same or now >= row.used_at + RETRY:
        raise Refused(CODE_REFUSED)
    return Answer(
        offer=purpose.code,
        eligible=row.eligible,
        number=row.number,
        receipt=row.receipt,
        at=row.used_at,
    )
