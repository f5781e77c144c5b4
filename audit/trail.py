"""Write down what happened to the system; what concerns a member is in `audit.footprint`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from audit.models import TrailEntry
from kernel.ids import new_id_at
from kernel.prebuilt import Prebuilt

_APPEND = Prebuilt(insert(TrailEntry), given="id at event actor subject detail".split())


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
    _APPEND.write(
        session,
        {
            "id": new_id_at(now),
            "at": now,
            "event": event,
            "actor": actor,
            "subject": subject,
            "detail": detail,
        },
    )
