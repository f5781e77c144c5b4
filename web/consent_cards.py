"""Gather what the account pages show of a member's consents: one card a purpose."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from flask import url_for

from clients import names
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.names import Named
from consent import ledger
from consent.catalogue import MARKETING, in_order
from consent.models import Consent, Decision, EndReason
from idp import grants
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web import pages, scope
from web.views import ClientView, client_view

SOON = timedelta(days=14)
UNUSED = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class PurposeView:
    """The purpose of a consent, as listed."""

    name: Bilingual


@dataclass(frozen=True, kw_only=True)
class ConsentCard:
    """Everything a member agreed to for one purpose."""

    client: ClientView
    contact: str | None
    purpose: PurposeView
    claims: list[Bilingual]
    given_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    withdraw_url: str
    receipt_id: UUID
    receipt_url: str
    given_on: frozenset[UUID]  # the receipts of what is given
    client_id: UUID
    purpose_id: UUID
    ends_soon: bool
    unused: bool
    marketing: bool | None  # what was said to it; None if it was not asked
    stop_url: str


@dataclass(frozen=True, kw_only=True)
class EndedConsent:
    """A consent that is over; its client may be, too."""

    client: Named
    claims: list[Bilingual]
    ended_at: datetime
    reason: str
    receipt_url: str


def live(member_id: UUID, *, now: datetime) -> list[ConsentCard]:
    """Return the member's consents in force, the newest first."""
    rows = [
        each
        for each in ledger.listed(scope.db(), member_id=member_id)
        if each.ended_at is None and now < each.expires_at
    ]
    used = grants.last_used(scope.db(), member_id=member_id)
    by_purpose = groupby(sorted(rows, key=_purpose_of), key=_purpose_of)
    cards = (_card(key, list(group), used.get(key)) for key, group in by_purpose)
    return sorted((card for card in cards if card), key=lambda card: card.given_at, reverse=True)


def get(purpose_id: UUID, member_id: UUID, *, now: datetime) -> ConsentCard:
    """Return the member's consent to one purpose. Raises NotFound if none is in force."""
    card = next((each for each in live(member_id, now=now) if each.purpose_id == purpose_id), None)
    if card is None:
        raise NotFound("consent.not_found")
    return card


def _purpose_of(consent: Consent) -> UUID:
    return consent.purpose_id


def _client(client_id: UUID) -> RegisteredClient | None:
    return scope.rooms().provider.directory.find_by_id(scope.db(), client_id, now=scope.now())


def _card(
    purpose_id: UUID, rows: list[Consent], last_used_at: datetime | None
) -> ConsentCard | None:
    client = _client(rows[0].client_id)
    purpose = None if client is None else client.find_purpose_by_id(purpose_id)
    if client is None or purpose is None:
        return None
    given_at = max(each.given_at for each in rows)
    expires_at = min(each.expires_at for each in rows)
    newest = max(rows, key=lambda each: each.given_at)
    return ConsentCard(
        client=client_view(client),
        contact=client.contact,
        purpose=PurposeView(name=purpose.name),
        claims=_labels(rows, but=MARKETING),  # it has a line of its own
        given_at=given_at,
        expires_at=expires_at,
        last_used_at=last_used_at,
        withdraw_url=url_for("account.withdraw_page", purpose_id=purpose_id),
        receipt_id=newest.receipt_id,
        given_on=frozenset(each.receipt_id for each in rows if each.decision is Decision.GIVEN),
        receipt_url=url_for("account.receipt", receipt_id=newest.receipt_id),
        client_id=client.id,
        purpose_id=purpose_id,
        ends_soon=not any(each.once for each in rows) and expires_at - scope.now() <= SOON,
        unused=scope.now() - max(given_at, last_used_at or given_at) > UNUSED,
        marketing=_marketing(rows, purpose),
        stop_url=url_for("account.stop_marketing", purpose_id=purpose_id),
    )


def _marketing(rows: Iterable[Consent], purpose: RegisteredPurpose) -> bool | None:
    """Return what the member said to marketing, as long as the purpose still asks."""
    said = {each.decision is Decision.GIVEN for each in rows if each.claim == MARKETING}
    return said.pop() if said and MARKETING in purpose.approved else None


def _labels(rows: Iterable[Consent], *, but: str = "") -> list[Bilingual]:
    given = (each.claim for each in rows if each.decision is Decision.GIVEN)
    return [claim.label for claim in in_order(given) if claim.name != but]


def ended() -> list[EndedConsent]:
    """Return the visitor's consents that ended and that no newer one replaced, newest first."""
    in_stead = pages.say("由代理您的人撤回了")
    words = {
        EndReason.WITHDRAWN: pages.say("您撤回了"),
        EndReason.EXPIRED: pages.say("到期了"),
        EndReason.OVERRULED: pages.say("依更正的出生日期，改由法定代理人決定"),
        EndReason.CLIENT_ENDED: pages.say("本服務不再提供資料給它"),
    }
    over = [
        each
        for each in ledger.listed(scope.db(), member_id=scope.member_id())
        if each.end_reason in words
    ]
    clients = names.of_clients(scope.db(), {each.client_id for each in over})
    found = []
    for _, group in groupby(over, key=lambda each: (each.ended_at, each.receipt_id, each.ended_as)):
        rows = list(group)
        first = rows[0]
        client = clients.get(first.client_id)
        if client is not None and first.ended_at is not None and first.end_reason is not None:
            found.append(
                EndedConsent(
                    client=client,
                    claims=_labels(rows),
                    ended_at=first.ended_at,
                    reason=in_stead if first.ended_as else words[first.end_reason],
                    receipt_url=url_for("account.receipt", receipt_id=first.receipt_id),
                )
            )
    return found
