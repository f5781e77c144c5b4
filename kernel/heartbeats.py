"""Let workers say that they are alive, so that people notice when none is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel.db import Base, changed, insert_once

SILENT = timedelta(minutes=5)  # a worker beats every minute
FORGOTTEN = timedelta(days=1)


class Heartbeat(Base):
    """When one worker last said that it is alive."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(128), primary_key=True)
    at: Mapped[datetime]


def beat(session: Session, worker: str, *, now: datetime) -> None:
    """Say that this worker is alive; those long silent are forgotten."""
    name = worker[:128]
    beaten = session.execute(update(Heartbeat).where(Heartbeat.worker == name).values(at=now))
    if not changed(beaten):
        insert_once(session, Heartbeat, {"worker": name, "at": now})
        session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGOTTEN))


def listed(session: Session) -> Sequence[Heartbeat]:
    """Return the workers, the latest sign of life first."""
    return session.scalars(select(Heartbeat).order_by(Heartbeat.at.desc())).all()


def is_silent(beat: Heartbeat, *, now: datetime) -> bool:
    """Say whether a worker has not been heard for longer than it should."""
    return now - beat.at > SILENT
