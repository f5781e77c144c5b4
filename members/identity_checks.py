"""Keep how a member's data were checked: what was seen, by whom, on which day (decision 0064).

The paper is not kept, nor its number. Each datum that it bore out is marked by a keyed hash of its
value at that moment: what changed since is borne out no more, and nobody has to think of it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.ids import new_id
from kernel.keyring import Keyring, keyed_hash
from members.models import CheckKind, IdentityCheck

LABEL = "identity-check/v1"
# The words of OpenID Identity Assurance, as far as the city does it.
TYPES: Mapping[CheckKind, tuple[str, ...]] = {
    CheckKind.DOCUMENT: ("idcard", "residence_permit", "passport"),
    CheckKind.RECORD: ("population_register",),
}
METHODS = ("vpip", "vcrypt", "data")  # seen in person, its chip verified, compared with a register
VERIFIABLE = (
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "gender",
    "birthdate",
    "address",
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One check of a member's data, and what it still bears out."""

    kind: CheckKind
    of_type: str
    method: str
    office: str
    checked_at: datetime
    claims: frozenset[str]


def record(
    session: Session,
    member_id: UUID,
    *,
    kind: CheckKind,
    of_type: str,
    method: str,
    office: str,
    names: Iterable[str],
    held: Mapping[str, Any],
    keyring: Keyring,
    now: datetime,
) -> frozenset[str]:
    """Keep that a check bore out `names`, as far as they are held; return those that are kept."""
    key = keyring.derive(LABEL)
    marks = {
        name: _mark(key, member_id, name, held[name])
        for name in sorted(names)
        if name in VERIFIABLE and name in held
    }
    if marks:
        session.add(
            IdentityCheck(
                id=new_id(),
                member_id=member_id,
                kind=kind,
                of_type=of_type,
                method=method,
                office=office,
                claims=marks,
                checked_at=now,
            )
        )
        session.flush()
    return frozenset(marks)


def of_member(
    session: Session, member_id: UUID, *, held: Mapping[str, Any], keyring: Keyring
) -> tuple[Checked, ...]:
    """Return a member's checks, the newest first, each with what it bears out of `held`."""
    key = keyring.derive(LABEL)
    rows = session.scalars(
        select(IdentityCheck)
        .where(IdentityCheck.member_id == member_id)
        .order_by(IdentityCheck.checked_at.desc(), IdentityCheck.id.desc())
    )
    return tuple(
        Checked(
            kind=row.kind,
            of_type=row.of_type,
            method=row.method,
            office=row.office,
            checked_at=row.checked_at,
            claims=frozenset(
                name
                for name, mark in row.claims.items()
                if name in held and mark == _mark(key, member_id, name, held[name])
            ),
        )
        for row in rows
    )


def _mark(key: bytes, member_id: UUID, name: str, value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return keyed_hash(key, str(member_id), name, text).hex()
