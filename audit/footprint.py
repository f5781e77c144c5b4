"""Write a member's footprint; nothing in it is ever changed or deleted.

One INSERT a line, prebuilt: the links between lines are computed when they are sealed, so no
sign-in waits for another (docs/decisions/0014).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from kernel import metrics
from kernel.errors import Refused
from kernel.ids import new_id_at
from kernel.prebuilt import Prebuilt

DECIDED = frozenset(
    {Kind.CONSENT_GIVEN, Kind.CONSENT_APPROVED, Kind.CONSENT_REFUSED, Kind.CONSENT_WITHDRAWN}
)
LONGEST = 200  # characters of a reason
_APPEND = Prebuilt(
    insert(LedgerLine),
    given="id at member_id kind client_id purpose_id claims basis detail".split(),
)


def record(
    session: Session,
    kind: Kind,
    *,
    member_id: UUID,
    now: datetime,
    client_id: UUID | None = None,
    purpose_id: UUID | None = None,
    claims: Iterable[str] = (),
    basis: Iterable[str] = (),
    **detail: str | int | bool | list[str],
) -> UUID:
    """Append one line and return its id.

    `claims` are names, `basis` the ids of the receipts it rests on, `detail` codes, counts and
    ids: never a value from the member's record.
    """
    if kind in DECIDED:
        metrics.CONSENTS.labels(kind.value).inc()
    line_id = new_id_at(now)
    _APPEND.write(
        session,
        {
            "id": line_id,
            "at": now,
            "member_id": member_id,
            "kind": kind.value,
            "client_id": client_id,
            "purpose_id": purpose_id,
            "claims": sorted(claims),
            "basis": sorted(basis),
            "detail": detail,
        },
    )
    return line_id


def record_view(
    session: Session,
    *,
    member_id: UUID,
    claims: Iterable[str],
    office: tuple[str, str],
    role: tuple[str, str],
    viewer: str,
    case: str = "",
    reason: str = "",
    now: datetime,
) -> UUID:
    """Append that a person of the city looked at the member's record (regulation 9, 10(3)).

    `office` and `role` are said in Chinese and English; `viewer` is the masked name; `case` is a
    case number. Raises Refused `view.without_reason` without a case or a reason: nobody looks
    just so.
    """
    case, reason = case.strip(), reason.strip()[:LONGEST]
    if not case and not reason:
        raise Refused("view.without_reason")
    return record(
        session,
        Kind.VIEWED,
        member_id=member_id,
        now=now,
        claims=claims,
        office=list(office),
        role=list(role),
        viewer=viewer,
        case=case,
        reason=reason,
    )
