"""What follows when a consent ends: its grants end, the client is told, the member too.

All in the transaction that ended it: once it commits, no worker anywhere serves those grants.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients import names
from clients.models import OrganisationKind
from consent import approvals, endings, ledger
from consent.acting import Acting
from consent.catalogue import MARKETING
from consent.models import EndReason
from idp import client_notices, grants
from idp.models import GrantEnd
from kernel import clock
from kernel.db import Sessions, transaction
from web import marketing_endings, notices
from web.mails import Mail

BATCH = 200
MERCHANT = OrganisationKind.MERCHANT.value


def withdrawn(
    session: Session,
    *,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    language: str,
    now: datetime,
) -> None:
    """Follow up on a withdrawal by the member (regulation 10(3))."""
    _end_on_record(
        session,
        Kind.CONSENT_WITHDRAWN,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason=EndReason.WITHDRAWN,
        grant_end=GrantEnd.WITHDRAWN,
        now=now,
    )
    notices.mail(session, Mail.CONSENT_WITHDRAWN, member_id=member_id, language=language, now=now)


def withdrawn_by(
    session: Session, by: Acting, *, client_id: UUID, purpose_id: UUID, now: datetime
) -> None:
    """Follow up on a withdrawal in the member's stead; the letters are `web.proxy_acts`'."""
    _end_on_record(
        session,
        Kind.CONSENT_WITHDRAWN,
        member_id=by.member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason=EndReason.WITHDRAWN,
        grant_end=GrantEnd.WITHDRAWN,
        now=now,
        **by.detail(),
    )


def left(session: Session, member_id: UUID, *, told: Collection[UUID] = (), now: datetime) -> None:
    """End everything a member who leaves agreed to (10-I(1)); they need no word of it.

    Clients hear of it at different times: what many heard in one second would join the member's
    names (10(3)). Those `told` hear that the account is gone, which says that its consents are.
    """
    approvals.take_back_all(session, member_id=member_id, now=now)
    for purpose_id in ledger.purposes_of(session, member_id=member_id):
        client_id = ledger.withdraw(session, member_id=member_id, purpose_id=purpose_id, now=now)
        of = {"member_id": member_id, "purpose_id": purpose_id}
        grants.end_for_purpose(session, **of, reason=GrantEnd.STANDING, now=now)
        at = client_notices.some_time_after(now)
        if client_id not in told:
            _tell(session, **of, client_id=client_id, reason=EndReason.WITHDRAWN, at=at)
        if endings.has_ended(session, MARKETING, now=now, **of):
            marketing_endings.tell(session, **of, client_id=client_id, now=at)


def overruled(
    session: Session, member_id: UUID, *, client_id: UUID, purpose_id: UUID, now: datetime
) -> None:
    """End what a corrected birth date says was never the member's alone to give."""
    ledger.overrule(session, member_id=member_id, purpose_id=purpose_id, now=now)
    _end_on_record(
        session,
        Kind.CONSENT_OVERRULED,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason=EndReason.OVERRULED,
        grant_end=GrantEnd.STANDING,
        now=now,
    )


def expire(make: Sessions, *, now: datetime) -> int:
    """End what has run out, a batch a transaction; return how many consents ended.

    Nothing was released from the moment it ran out; this only puts it on record and tells the
    clients.
    """
    ended, at = 0, clock.going_on_from(now)
    while batch := _expire_some(make, now=at()):  # clients ask for what is not older than a moment
        ended += batch
    return ended


def _expire_some(make: Sessions, *, now: datetime) -> int:
    with transaction(make) as session:
        ended = endings.expire(session, most=BATCH, now=now)
        for each in ended.unmarketed:
            marketing_endings.tell(
                session,
                member_id=each.member_id,
                client_id=each.client_id,
                purpose_id=each.purpose_id,
                now=now,
            )
        for each in ended.emptied:
            _end(
                session,
                member_id=each.member_id,
                client_id=each.client_id,
                purpose_id=each.purpose_id,
                reason=EndReason.EXPIRED,
                grant_end=GrantEnd.EXPIRED,
                now=now,
            )
        return ended.count


def end_with_clients(make: Sessions, *, now: datetime) -> int:
    """End what was agreed to with clients that are no more; return for how many purposes.

    Nothing was released from the moment a client ended; this puts it on record, where the member
    reads it. The client is not told: it is served no longer, and what it was given has ended.
    """
    ended, at = 0, clock.going_on_from(now)
    while batch := _end_some_with_clients(make, now=at()):
        ended += batch
    return ended


def _end_some_with_clients(make: Sessions, *, now: datetime) -> int:
    with transaction(make) as session:
        left = endings.left_by_clients(session, most=BATCH)
        for each in left:
            if endings.end_with_client(session, each, now=now):
                footprint.record(
                    session,
                    Kind.CONSENT_CLIENT_ENDED,
                    member_id=each.member_id,
                    client_id=each.client_id,
                    purpose_id=each.purpose_id,
                    now=now,
                )
        return len(left)


def _end_on_record(
    session: Session,
    kind: Kind,
    *,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    reason: EndReason,
    grant_end: GrantEnd,
    now: datetime,
    **detail: Any,  # what a line may hold
) -> None:
    _end(
        session,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason=reason,
        grant_end=grant_end,
        now=now,
    )
    footprint.record(
        session,
        kind,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        now=now,
        **detail,
    )


def _end(
    session: Session,
    *,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    reason: EndReason,
    grant_end: GrantEnd,
    now: datetime,
) -> None:
    grants.end_for_purpose(
        session, member_id=member_id, purpose_id=purpose_id, reason=grant_end, now=now
    )
    of = {"member_id": member_id, "purpose_id": purpose_id}
    _tell(session, **of, client_id=client_id, reason=reason, at=now)
    is_swept = reason is EndReason.EXPIRED  # the sweep tells of marketing by itself
    if not is_swept and endings.has_ended(session, MARKETING, now=now, **of):
        marketing_endings.tell(session, client_id=client_id, now=now, **of)


def _tell(
    session: Session,
    *,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    reason: EndReason,
    at: datetime,
) -> None:
    """Let the client be told, but no merchant by a stable name of whom it met as a stranger.

    It may know that name from another purpose; the sign-outs of the same moment name the visits of
    this one, and would join the two (10(4)).
    """
    client = names.of_clients(session, [client_id]).get(client_id)
    is_merchant = client is not None and client.kind == MERCHANT  # an agency knows everybody
    if is_merchant and not endings.was_identified(
        session, member_id=member_id, purpose_id=purpose_id
    ):
        return
    client_notices.enqueue(
        session,
        member_id=member_id,
        client_id=client_id,
        purpose_id=purpose_id,
        reason=reason.value,
        now=at,
    )
