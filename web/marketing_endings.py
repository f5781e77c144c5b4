"""What follows when a member's yes to marketing ends: the merchant hears of it at once (PDPA 20).

By a signed event where it registered an address for those, else by a letter to its contact. Only
who knows the member by name can have a yes, and only they are told.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from idp import client_notices
from web import contact_mails


def tell(
    session: Session, *, member_id: UUID, client_id: UUID, purpose_id: UUID, now: datetime
) -> None:
    """Let the client be told, in the transaction that ends the yes."""
    if not client_notices.is_known(session, client_id, member_id=member_id):
        return
    pushed = client_notices.enqueue(
        session,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason="refused",
        now=now,
        kind=client_notices.MARKETING,
    )
    if not pushed:
        contact_mails.enqueue_marketing(session, client_id, member_id=member_id, now=now)
