"""Write what is on record about a member, by the rule of each datum: the one door (2(8)5, 7(9)).

RULES is data: what members change themselves, what needs a document and DoIT's review, and what
only its source may say. Every write leaves the old value, sealed, and where the new one came from.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.ids import new_id
from kernel.keyring import Keyring, seal, unseal
from members import register
from members.change_models import Channel, DatumChange
from members.models import Member, Standing
from members.profile import open_data_key, reseal


class Rule(StrEnum):
    """Who may change a datum."""

    SELF = "self"  # contact data: the member, on the site or at a counter
    EVIDENCE = "evidence"  # a document, then DoIT's review
    SOURCE = "source"  # only the authority that keeps it


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(
            ("email", "phone_number", "contact_address", "preferred_username", "locale"), Rule.SELF
        ),
        **dict.fromkeys(
            ("name", "family_name", "given_name", "middle_name", "birthdate", "gender"),
            Rule.EVIDENCE,
        ),
        **dict.fromkeys(("number", "residence", "address"), Rule.EVIDENCE),
        "household_district": Rule.SOURCE,
    }
)
# Approved for each rule (7(9), 8(5)); what is not named here is not.
APPROVED: Mapping[Rule, frozenset[Channel]] = MappingProxyType(
    {
        Rule.SELF: frozenset({Channel.MEMBER, Channel.COUNTER, Channel.AGREED}),
        Rule.EVIDENCE: frozenset({Channel.CITY, Channel.INTERFACE, Channel.AGREED}),
        Rule.SOURCE: frozenset({Channel.INTERFACE, Channel.AGREED}),
    }
)
NAMES_A_PROGRAM = frozenset({Channel.INTERFACE, Channel.AGREED})
VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a value comes from: through which channel, by whose hand, for which case."""

    channel: Channel
    actor_id: UUID | None = None
    counter_id: UUID | None = None
    case_reference: str = ""
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that happened, opened: the old value, and where the new one came from."""

    id: UUID
    claim: str
    old: Any  # JSON of several shapes; None where nothing was held
    source: Source
    at: datetime


def require_approved(claim: str, source: Source) -> None:
    """Let a value in only through a channel approved for it, and for a case unless the member's.

    Raises Refused `update.channel_not_approved` (7(9), 8(5)); whatever has no rule is not written.
    """
    rule = RULES.get(claim)
    is_named = source.channel not in NAMES_A_PROGRAM or bool(source.basis.strip())
    has_case = source.channel is Channel.MEMBER or bool(source.case_reference.strip())
    if rule is None or source.channel not in APPROVED[rule] or not has_case or not is_named:
        raise Refused("update.channel_not_approved")


def write(
    session: Session,
    member_id: UUID,
    values: Mapping[str, Any],  # claims are JSON; None takes one away
    source: Source,
    *,
    verified: AbstractSet[str] = frozenset(),
    keyring: Keyring,
    now: datetime,
) -> list[DatumChange]:
    """Write values over what is held; return what changed, which may be nothing.

    `verified` are those shown to reach the member, which counts though the value stays what it was.
    Raises NotFound, Refused `member.closed` or what `require_approved` raises: then nothing was
    written.
    """
    for claim in values:
        require_approved(claim, source)
    member = _locked(session, member_id)
    held = register.claims_of(member, keyring=keyring)
    changed = {claim: value for claim, value in values.items() if held.get(claim) != value}
    rows = [
        _noted(session, member, claim, held.get(claim), source, keyring=keyring, now=now)
        for claim in sorted(changed)
    ]
    shown = verified & values.keys()
    marks = {VERIFIED[each]: each in shown for each in changed.keys() | shown if each in VERIFIED}
    if rows or any(held.get(mark) != is_theirs for mark, is_theirs in marks.items()):
        merged = held | changed | marks | {"updated_at": int(now.timestamp())}
        kept = {claim: value for claim, value in merged.items() if value is not None}
        member.profile_sealed = reseal(member, kept, keyring=keyring)
    session.flush()
    return rows


def _locked(session: Session, member_id: UUID) -> Member:
    session.get(Member, member_id, with_for_update=True, populate_existing=True)
    member = register.get(session, member_id)
    if member.standing is Standing.CLOSED or not member.data_key_sealed:
        raise Refused("member.closed")
    return member


def note(
    session: Session,
    member_id: UUID,
    claim: str,
    source: Source,
    *,
    keyring: Keyring,
    now: datetime,
) -> DatumChange:
    """Note where a value that is kept elsewhere came from: an identity number.

    Raises what `write` raises.
    """
    require_approved(claim, source)
    member = _locked(session, member_id)
    return _noted(session, member, claim, None, source, keyring=keyring, now=now)


def _noted(
    session: Session,
    member: Member,
    claim: str,
    old: Any,  # JSON of several shapes
    source: Source,
    *,
    keyring: Keyring,
    now: datetime,
) -> DatumChange:
    change_id, sealed = new_id(), None
    if old is not None:
        data_key, text = open_data_key(member, keyring=keyring), json.dumps(old).encode()
        sealed = seal(data_key, text, place=_place(change_id))
    row = DatumChange(
        id=change_id,
        member_id=member.id,
        claim=claim,
        old_sealed=sealed,
        channel=source.channel,
        actor_id=source.actor_id,
        counter_id=source.counter_id,
        case_reference=source.case_reference.strip()[:64] or None,
        basis=source.basis.strip()[:64] or None,
        changed_at=now,
    )
    session.add(row)
    return row


def _place(change_id: UUID) -> str:
    return f"datum_change/{change_id}"


def history(session: Session, member: Member, *, keyring: Keyring) -> list[Change]:
    """Return every change of the member's data, the newest first, with the old values.

    For the member and the auditor only (AT2.8.5d).
    """
    rows = session.scalars(
        select(DatumChange)
        .where(DatumChange.member_id == member.id)
        .order_by(DatumChange.changed_at.desc(), DatumChange.id.desc())
    ).all()
    return [opened(row, member, keyring=keyring) for row in rows]


def opened(row: DatumChange, member: Member, *, keyring: Keyring) -> Change:
    """Return a change with its old value unsealed."""
    old = None
    if row.old_sealed is not None:
        data_key = open_data_key(member, keyring=keyring)
        old = json.loads(unseal(data_key, row.old_sealed, place=_place(row.id)))
    return Change(
        id=row.id,
        claim=row.claim,
        old=old,
        source=Source(
            channel=row.channel,
            actor_id=row.actor_id,
            counter_id=row.counter_id,
            case_reference=row.case_reference or "",
            basis=row.basis or "",
        ),
        at=row.changed_at,
    )


def sources(changes: Sequence[Change]) -> dict[str, Change]:
    """Return the newest change of each claim: where its present value came from."""
    return {each.claim: each for each in reversed(changes)}
