"""Write what an operator did by a command on the trail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail

CHANNEL = "cli"


def record(session: Session, event: str, subject: UUID, *, now: datetime) -> None:
    """Write that something was done; a command has no member who acts."""
    trail.record(session, event, actor=None, subject=subject, now=now, channel=CHANNEL)
