"""Write down what happened and what was disclosed; nothing here is ever changed or deleted."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from audit.models import Disclosure, TrailEntry
from kernel.ids import new_id

_APPEND = insert(TrailEntry)
_APPEND_DISCLOSURE = insert(Disclosure)


def record(
    session: Session,
    event: str,
    *,
    actor: UUID | None,
    subject: UUID | None = None,
    now: datetime,
    **detail: str | int | bool | list[str],
) -> None:
    """Append one line to the trail. `detail` holds codes, counts and claim names only."""
    session.connection().execute(
        _APPEND,
        {
            "id": new_id(),
            "at": now,
            "event": event,
            "actor": actor,
            "subject": subject,
            "detail": detail,
        },
    )


def record_disclosure(
    session: Session,
    claims: Iterable[str],
    *,
    channel: str,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    grant_id: UUID,
    now: datetime,
) -> None:
    """Append one release to the ledger: the names of the claims that left (regulation 10(3))."""
    session.connection().execute(
        _APPEND_DISCLOSURE,
        {
            "id": new_id(),
            "at": now,
            "member_id": member_id,
            "client_id": client_id,
            "purpose_id": purpose_id,
            "grant_id": grant_id,
            "channel": channel,
            "claims": sorted(claims),
        },
    )
