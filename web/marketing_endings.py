"""What follows when a member's yes to marketing ends: the merchant hears of it at once (PDPA 20).

By a signed event where it registered an address for those, else by a letter to its contact. Only
who knows the member by name can have a yes, and only they are told.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients.directory import RegisteredPurpose
from consent import endings, ledger, rules
from consent.catalogue import MARKETING
from idp import client_notices
from kernel.errors import NotFound
from web import contact_mails


def end_without_data(
    session: Session,
    purpose: RegisteredPurpose,
    *,
    decided: AbstractSet[str],
    member_id: UUID,
    receipt_id: UUID,
    now: datetime,
) -> None:
    """End a yes that an answer left without the data it is about (docs/decisions/0040).

    `decided` are the claims the answer was about: who has only answered the first page, where a
    purpose is told anew, comes to those data on the next.
    """
    if MARKETING not in purpose.approved or rules.IDENTIFYING.isdisjoint(decided):
        return
    decisions = ledger.decisions(session, member_id=member_id, purpose_id=purpose.id)
    if not any(each.claim == MARKETING and each.given for each in decisions):
        return
    if rules.identified_until(rules.terms_of(purpose), decisions, now=now) is not None:
        return
    of = {"member_id": member_id, "purpose_id": purpose.id}
    try:
        stopped = endings.stop(session, MARKETING, now=now, **of)
    except NotFound:  # another tab just stopped it, or it ran out and the sweep tells
        return
    footprint.record(
        session,
        Kind.CONSENT_WITHDRAWN,
        member_id=member_id,
        client_id=stopped.client_id,
        purpose_id=purpose.id,
        claims={MARKETING},
        basis=[str(receipt_id)],
        now=now,
    )
    tell(session, client_id=stopped.client_id, now=now, **of)


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
