"""Tie the personas' cards to their accounts, once: who removed or lost one, keeps it so."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adapters.agent.signing import PinRequest, Signing
from adapters.agent.ways import PivWay
from adapters.certificate import enrolment as certificates
from adapters.certificate import pinning, revocation_lists
from adapters.certificate.adapter import CertificateAdapter
from adapters.contract import Context
from adapters.keycard import enrolment as keycards
from adapters.keycard.adapter import KeyCardAdapter, create
from adapters.smartcard import enrolment as smartcards
from adapters.smartcard.numbers import Seen
from carriers.models import Binding
from demo import authority, wallet
from demo.cards.readers import SoftReaders
from demo.wallet import Owned
from kernel.keyring import Keyring
from members import register
from members.models import Member

READER = "Issuer"


class Issuer:
    """Whoever personalises a card knows its PIN."""

    def ask(self, request: PinRequest) -> str:  # noqa: ARG002  # the protocol's
        """Return it."""
        return wallet.PIN


def settle(session: Session, keyring: Keyring, *, origin: str, now: datetime) -> None:
    """Bind what was never bound yet."""
    for card in wallet.owned():
        member = _holder(session, card)
        if member is None:
            continue
        if card.kind == "chip-card":
            _bind_chip_card(session, keyring, card, member.id, origin=origin, now=now)
        elif card.kind != "certificate":  # that needs the authority's word (bind_certificates)
            _bind_number(session, card, member.id, now=now)


def _holder(session: Session, card: Owned) -> Member | None:
    return None if card.owner is None else register.find_by_login(session, card.owner.login_id)


def bind_certificates(session: Session, keyring: Keyring, pins: Path, *, now: datetime) -> None:
    """Say anew that nothing is revoked, and bind the personas' certificates once."""
    adapter = CertificateAdapter(
        pinned=pinning.read(pins), key=keyring.derive("adapter/certificate/v1"), fetch=_nobody
    )
    (issuer,) = adapter.pinned.issuers
    listed = authority.nothing_revoked(wallet.authority_key(), now=now)
    revocation_lists.load(session, issuer, listed, now=now)
    for card in wallet.owned():
        member = _holder(session, card)
        if card.kind == "certificate" and member is not None:
            _bind_certificate(session, adapter, card, member.id, now=now)


def _nobody(_url: str, _body: bytes) -> None:
    """Ask no responder: the list decides."""


def _bind_certificate(
    session: Session, adapter: CertificateAdapter, card: Owned, member_id: UUID, *, now: datetime
) -> None:
    der = wallet.certificate_of(card, now=now)
    if card.owner is None or _was_bound(
        session, adapter.fingerprint_of(adapter.check(session, der, now=now))
    ):
        return
    certificates.finish(
        session,
        adapter,
        der,
        member_id=member_id,
        member_name=str(card.owner.claims["name"]),
        last_four=wallet.LAST_FOUR,
        on_record=frozenset(),
        name="",
        acr="",
        now=now,
    )


def _bind_chip_card(
    session: Session,
    keyring: Keyring,
    card: Owned,
    member_id: UUID,
    *,
    origin: str,
    now: datetime,
) -> None:
    adapter: KeyCardAdapter = create({"key": keyring.derive("adapter/key-card/v1")})
    context = Context(origin=origin)
    challenge = adapter.begin(context, now=now)
    answer = {"token": _signed(card, origin, challenge.nonce, now=now)}
    shown = adapter.shown(context, challenge, answer, now=now)
    if not _was_bound(session, shown.fingerprint):
        keycards.finish(
            session,
            adapter,
            context,
            challenge,
            answer,
            member_id=member_id,
            name="",
            acr="",
            now=now,
        )


def _signed(card: Owned, origin: str, nonce: str, *, now: datetime) -> str:
    readers = SoftReaders({READER: wallet.made(card, now=now)})
    signing = Signing(readers, [PivWay(readers)], Issuer())
    return json.dumps(signing.token(origin=origin, nonce=nonce, reader=READER))


def _bind_number(session: Session, card: Owned, member_id: UUID, *, now: datetime) -> None:
    adapter = wallet.adapter()
    kind = wallet.TICKET_KIND if card.kind == "ticket" else wallet.CITY_KIND
    seen, numbers = Seen(kind, card.uid), adapter.reading.numbers
    if _was_bound(session, numbers.fingerprint_of(seen, member_id)):
        return
    challenge = adapter.begin(Context(origin=""), now=now)
    smartcards.finish(
        session,
        adapter,
        challenge,
        {"card": numbers.voucher(seen, nonce=challenge.nonce)},
        member_id=member_id,
        name="",
        acr="",
        now=now,
    )


def _was_bound(session: Session, fingerprint: str) -> bool:
    return bool(session.scalar(select(exists().where(Binding.fingerprint == fingerprint))))
