"""Tell a client what a member asked of it or of the city, or that the member is gone.

Pushed as consent endings are (`client_notices`), under the name only that client knows. What the
member wrote stays here; the reference number leads to it.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp import client_events
from idp.client_notices import Push, is_told, some_time_after
from kernel.db import Json
from kernel.jobs import Work

REQUESTED = "client.subject_request"
PURGED = "client.account_purged"
REQUEST_EVENT = "urn:taipei-id:event:subject-request"
ASKED = "asked"
PURGED_EVENT = "https://schemas.openid.net/secevent/risc/event-type/account-purged"  # RISC 2.1


def enqueue_request(
    session: Session,
    client_id: UUID,
    *,
    member_id: UUID,
    reference: str,
    kind: str,
    claims: Iterable[str],
    stage: str,
    now: datetime,
) -> bool:
    """Let the client be told of a request, and say whether it can be.

    `stage` is `asked` where the client is to act, `done` where the city already did and the client
    holds the same data (PDPA 11-V).
    """
    if not is_told(session, client_id, member_id=member_id):
        return False
    payload = {
        "member": str(member_id),
        "client": str(client_id),
        "reference": reference,
        "kind": kind,
        "claims": sorted(claims),
        "stage": stage,
    }
    at = now if stage == ASKED else some_time_after(now)
    client_events.enqueue(session, client_id, REQUESTED, payload, at=at)
    return True


def enqueue_purged(session: Session, client_id: UUID, *, member_id: UUID, now: datetime) -> bool:
    """Let the client be told that the account is gone, and say whether it can be."""
    if not is_told(session, client_id, member_id=member_id):
        return False
    payload = {"member": str(member_id), "client": str(client_id)}
    client_events.enqueue(session, client_id, PURGED, payload, at=some_time_after(now))
    return True


class SubjectRequested(Push):
    """The handler of requests."""

    def events(self, client: RegisteredClient, work: Work) -> Json:  # noqa: ARG002  # the seam
        """Say what is asked, about which claims."""
        names = ("reference", "kind", "claims", "stage")
        return {REQUEST_EVENT: {name: work.payload[name] for name in names}}


class AccountPurged(Push):
    """The handler of deleted accounts."""

    def events(self, client: RegisteredClient, work: Work) -> Json:  # noqa: ARG002  # the seam
        """Say that the account was deleted for good."""
        return {PURGED_EVENT: {}}
