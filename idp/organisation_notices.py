"""Tell an organisation's clients what waits for it: applications, petitions, the end of a contract.

Pushed as consent endings are (`client_notices`). Of a member they learn the name only they know,
and of the matter only that it is there: what it says is read in the console.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.models import Client, Review
from idp import client_events
from idp.client_notices import Push
from kernel.db import Json
from kernel.jobs import Work

APPLIED = "client.activation_applied"
PETITIONED = "client.petition_filed"
CONTRACT_ENDED = "client.contract_ended"
EVENTS = {
    APPLIED: "urn:taipei-id:event:activation-applied",
    PETITIONED: "urn:taipei-id:event:petition-filed",
    CONTRACT_ENDED: "urn:taipei-id:event:contract-ended",
}


def enqueue(
    session: Session, organisation_id: UUID, kind: str, *, member_id: UUID | None, now: datetime
) -> None:
    """Let each of the organisation's clients be told that takes events."""
    listening = select(Client.id).where(
        Client.organisation_id == organisation_id,
        Client.notice_uri.is_not(None),
        Client.disabled_at.is_(None),
        Client.review == Review.APPROVED,
    )
    about = {} if member_id is None else {"member": str(member_id)}
    for client_id in session.scalars(listening):
        payload = {**about, "client": str(client_id)}
        client_events.enqueue(session, client_id, kind, payload, at=now)


class SomethingWaits(Push):
    """The handler of all of these."""

    def events(self, client: RegisteredClient, work: Work) -> Json:  # noqa: ARG002  # the seam
        """Say what it is, and nothing about it."""
        return {EVENTS[work.kind]: {}}
