"""Tell members that a declaration, or who acts for whom by law, was entered by command (4.17)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from web import notices
from web.mails import Mail


def tell(session: Session, *member_ids: UUID, now: datetime) -> None:
    """Leave a line in the footprint of each, and a letter: what is wrong is noticed by them."""
    for each in member_ids:
        footprint.record(session, Kind.LAW_NOTED, member_id=each, now=now)
        notices.mail(session, Mail.LAW_NOTED, member_id=each, language=notices.OWN, now=now)
