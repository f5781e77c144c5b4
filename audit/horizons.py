"""Know up to which moment everything was seen: what a sealer need not look at again."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import LedgerCheckpoint, TrailCheckpoint

PATIENCE = timedelta(minutes=10)  # longer than a transaction lasts
Checkpoint = LedgerCheckpoint | TrailCheckpoint


def since(session: Session, before: Checkpoint | None, *, now: datetime) -> datetime | None:
    """Return the moment from which something may still be unsealed; None: ever since.

    A clock that went ahead made checkpoints over a time that had not come. Once it is set right,
    what happens then is looked for from the last checkpoint of a time that had.
    """
    if before is None:
        return None
    if not _is_ahead(before, now=now):
        return before.horizon - PATIENCE
    model = type(before)
    found = select(model.horizon).where(model.horizon <= now).order_by(model.number.desc())
    seen = session.scalar(found.limit(1))
    return None if seen is None else seen - PATIENCE


def after(before: Checkpoint | None, last_at: datetime, *, now: datetime, full: bool) -> datetime:
    """Return the horizon of a new checkpoint whose last line is of `last_at`."""
    # After a full batch more may be waiting: the next look begins where this one stopped.
    horizon = min(now, last_at) if full else now
    if before is None or _is_ahead(before, now=now):
        return horizon
    return max(horizon, before.horizon)


def _is_ahead(before: Checkpoint, *, now: datetime) -> bool:
    return before.horizon - PATIENCE > now  # less than that is looked at again anyway
