"""Keep that somebody was turned away before anything about them was kept (7(1)).

A slip names the reason, not the person; with its number they come again, and the counter knows
what was missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference, typed_code
from members.admission import DocumentsMissing
from members.application_models import Channel, Document, RefusalSlip

KEPT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What the person takes home."""

    number: str
    code: str
    missing: tuple[Document, ...]
    refused_at: datetime


def record(
    session: Session,
    refused: Refused,
    *,
    channel: Channel,
    now: datetime,
    counter_id: UUID | None = None,
    clerk_id: UUID | None = None,
) -> Slip:
    """Keep a refusal, and return its slip. Call it in a transaction that the refusal survives."""
    missing = refused.missing if isinstance(refused, DocumentsMissing) else ()
    slip = RefusalSlip(
        id=new_id(),
        number=new_reference(),
        code=refused.code,
        missing=_kept(missing),
        channel=channel,
        counter_id=counter_id,
        refused_by=clerk_id,
        refused_at=now,
    )
    session.add(slip)
    session.flush()
    return _read(slip)


def get(session: Session, number: str, *, now: datetime) -> Slip:
    """Return the slip with this number. Raises NotFound, also thirty days later."""
    found = session.scalar(
        select(RefusalSlip).where(
            RefusalSlip.number == typed_code(number), RefusalSlip.refused_at > now - KEPT
        )
    )
    if found is None:
        raise NotFound("slip.not_found")
    return _read(found)


def _kept(missing: Iterable[Document]) -> list[str]:
    return [each.value for each in missing]


def _read(slip: RefusalSlip) -> Slip:
    return Slip(
        number=slip.number,
        code=slip.code,
        missing=tuple(Document(each) for each in slip.missing),
        refused_at=slip.refused_at,
    )
