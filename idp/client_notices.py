"""Tell a client that a consent has ended: a security event token, pushed (RFC 8417, RFC 8935).

The client learns which member (by the name only it knows), which purpose and why, and should
delete what it no longer needs. Nothing depends on its answer: from the moment the consent ended
nothing is served, whether the client was told or not.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.models import Client, Organisation, OrganisationKind
from idp import client_events
from idp.client_events import AGAIN, SINCE
from idp.models import Subject
from idp.provider import Provider
from kernel.db import Json, Sessions, transaction
from kernel.ids import new_fraction
from kernel.jobs import JobDelayed, JobImpossible, Work
from kernel.outgoing import AddressForbidden, Answer, CallFailed

KIND = "client.consent_ended"
TYPE = "secevent+jwt"
MARKETING = "client.marketing_ended"
EVENT = "urn:taipei-id:event:consent-ended"
MARKETING_EVENT = "urn:taipei-id:event:marketing-ended"
CONTENT_TYPE = "application/secevent+jwt"
ALGORITHM = "ES256"
TAKEN = range(200, 300)
SPREAD = timedelta(hours=6)  # what many clients hear of, they hear at different times

Send = Callable[..., Answer]  # kernel.outgoing.call, with the settings' hosts


def is_told(session: Session, client_id: UUID, *, member_id: UUID) -> bool:
    """Say whether the client registered where it is told, and knows the member by any name.

    A merchant that only ever met strangers must not learn a stable name from a notice (10(4)).
    """
    return session.scalar(_known(client_id, member_id, Client.notice_uri.is_not(None))) is not None


def is_known(session: Session, client_id: UUID, *, member_id: UUID) -> bool:
    """Say whether the client knows the member by any name, wherever it may be told."""
    return session.scalar(_known(client_id, member_id)) is not None


def some_time_after(now: datetime) -> datetime:
    """Return when to tell a client of what others are told too: at once would join them (10(3))."""
    return now + SPREAD * new_fraction()


def _known(client_id: UUID, member_id: UUID, *more: ColumnElement[bool]) -> Select[UUID]:
    named = exists().where(Subject.member_id == member_id, Subject.sector == Client.sector)
    return (
        select(Client.id)
        .join(Organisation, Organisation.id == Client.organisation_id)
        .where(
            Client.id == client_id,
            or_(Organisation.kind == OrganisationKind.AGENCY, named),
            *more,
        )
    )


def enqueue(
    session: Session,
    *,
    member_id: UUID,
    client_id: UUID,
    purpose_id: UUID,
    reason: str,
    now: datetime,
    kind: str = KIND,
) -> bool:
    """Let the client be told, if it registered where; in the transaction that ends the consent.

    Returns whether it can be. `kind` is `MARKETING` where only that has ended.
    """
    if not is_told(session, client_id, member_id=member_id):
        return False
    payload = {
        "member": str(member_id),
        "client": str(client_id),
        "purpose": str(purpose_id),
        "reason": reason,
    }
    client_events.enqueue(session, client_id, kind, payload, at=now)
    return True


class Push(ABC):
    """Push what a job is about to its client, signed; a subclass says the event."""

    def __init__(self, make: Sessions, provider: Provider, send: Send) -> None:
        """Sign with the provider's keys; `send` posts a body to an address."""
        self._make = make
        self._provider = provider
        self._send = send

    @abstractmethod
    def events(self, client: RegisteredClient, work: Work) -> Json:
        """Return the events of the token, by their URIs (RFC 8417 2.2)."""

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Push the notice; anything but a 2xx is tried again later."""
        with transaction(self._make) as session:
            client = self._provider.directory.find_by_id(
                session, UUID(work.payload["client"]), now=now
            )
            if client is None or client.notice_uri is None:
                return  # it has left, or wants no notices any more
            token = self.signed(session, client, work, now=now)
        try:
            answer = self._send(client.notice_uri, token.encode(), content_type=CONTENT_TYPE)
        except AddressForbidden as forbidden:
            raise JobImpossible(forbidden.code) from None
        except CallFailed as failed:
            raise JobDelayed(failed.code) from None
        if answer.status not in TAKEN:
            raise JobDelayed(f"call.status_{answer.status}")
        with transaction(self._make) as session:
            client_events.taken(session, work, now=now)

    def signed(
        self, session: Session, client: RegisteredClient, work: Work, *, now: datetime
    ) -> str:
        """Return the token of an event for its client (RFC 8417)."""
        claims: dict[str, Any] = {  # JSON of several shapes
            "iss": self._provider.issuer,
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            # The same at every attempt, and when it is sent again: the client tells repeats.
            "jti": client_events.jti_of(UUID(work.payload.get(AGAIN, str(work.id)))),
            "toe": work.payload.get(SINCE, int(work.created_at.timestamp())),
            **self._about(client, work),
            "events": self.events(client, work),
        }
        signer = self._provider.keys.signer(session, now=now)
        return signer.sign(claims, alg=ALGORITHM, typ=TYPE)

    def _about(self, client: RegisteredClient, work: Work) -> Json:
        """Name the member as the client knows them, if it is about one."""
        if "member" not in work.payload:
            return {}
        sub = self._provider.sub_of(UUID(work.payload["member"]), client)
        return {"sub_id": {"format": "iss_sub", "iss": self._provider.issuer, "sub": sub}}


class ConsentEnded(Push):
    """The handler of these jobs."""

    event = EVENT

    def events(self, client: RegisteredClient, work: Work) -> Json:
        """Say which purpose's consent ended, and why."""
        purpose = client.find_purpose_by_id(UUID(work.payload["purpose"]))
        code = None if purpose is None else purpose.code
        return {self.event: {"reason": work.payload["reason"], "purpose": code}}


class MarketingEnded(ConsentEnded):
    """The handler of ended yeses to marketing: the data may stay, advertising may not (PDPA 20)."""

    event = MARKETING_EVENT
