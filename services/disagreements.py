"""Count by service which notes members or agencies' files call wrong, for who oversees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.wording import Bilingual
from services.consolidation_models import Conflict
from services.models import ActivationNote, Service


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """How many notes of a service are in question, and since when the oldest."""

    service: Bilingual
    count: int
    since: datetime


def disputed(session: Session) -> Sequence[Disagreement]:
    """Return the services with notes in dispute, the longest in question first (10-II)."""
    return _counted(
        session,
        ActivationNote,
        ActivationNote.disputed_at,
        ActivationNote.dispute.is_not(None),  # by its unique index
    )


def contradicted(session: Session) -> Sequence[Disagreement]:
    """Return the services whose agencies' files contradict notes, the longest first (4.7)."""
    return _counted(session, Conflict, Conflict.opened_at, Conflict.resolved_at.is_(None))


def _counted(
    session: Session,
    table: type[ActivationNote] | type[Conflict],
    since: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    is_open: ColumnElement[bool],
) -> Sequence[Disagreement]:
    oldest = func.min(since)
    rows = session.execute(
        select(Service.name_zh, Service.name_en, func.count(), oldest)
        .join(table, table.service_id == Service.id)
        .where(is_open)
        .group_by(Service.id, Service.name_zh, Service.name_en)
        .order_by(oldest)
    )
    return [
        Disagreement(service=Bilingual(zh, en), count=count, since=first)
        for zh, en, count, first in rows
        if first is not None
    ]
