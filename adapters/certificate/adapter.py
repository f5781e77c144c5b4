"""Prove who you are with a certificate: the card's key signs, the authority says whose it is."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from adapters import web_eid
from adapters.certificate import at_desk, checks, devices, holders, page_signed, pinning, revocation
from adapters.certificate.answers import Answers
from adapters.certificate.checks import Checked
from adapters.certificate.models import BoundCertificate
from adapters.certificate.ocsp import Fetch
from adapters.certificate.pinning import Pinned
from adapters.certificate.revocation_lists import serial_bytes
from adapters.certificate.shown import Shown
from adapters.contract import (
    Capabilities,
    Challenge,
    Context,
    NotProven,
    Proof,
    ProofKind,
    text_of,
)
from carriers import bindings
from carriers.models import Binding, CarrierKind, Suspension
from kernel import outgoing, prebuilt
from kernel.errors import Refused
from kernel.ids import new_secret
from kernel.outgoing import CallFailed
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual

LIFETIME = timedelta(minutes=5)  # as long as a card program's window stays open
PATIENCE_SECONDS = 3.0
KEY_BYTES = 32

_FIND = (
    select(
        Binding.id,
        Binding.member_id,
        Binding.suspension,
        BoundCertificate.issuer_key_id,
        BoundCertificate.serial,
    )
    .join(BoundCertificate, BoundCertificate.binding_id == Binding.id)
    .where(Binding.fingerprint == bindparam("fingerprint"), Binding.released_at.is_(None))
)
_RENEW = (
    update(BoundCertificate)
    .where(BoundCertificate.binding_id == bindparam("key"))
    .values(
        profile=bindparam("of"),
        issuer_key_id=bindparam("issuer"),
        serial=bindparam("number"),
        ends_at=bindparam("ends"),
    )
)


class CertificateAdapter:
    """A citizen's card signs origin and nonce after its PIN; its certificate names the holder."""

    name = "certificate"

    def __init__(
        self, *, pinned: Pinned, key: bytes, fetch: Fetch, page_signed: bool = False
    ) -> None:
        """Believe what is `pinned`; hash holders under `key`; ask responders by `fetch`.

        With `page_signed` programs are believed as well that take their text from the page.
        """
        self.page_signed = page_signed
        self.pinned = pinned
        self.fetch = fetch
        self._key = key
        self._answers = Answers()

    @property
    def capabilities(self) -> Capabilities:
        """Return what the pinned profiles allow."""
        return Capabilities(
            label=Bilingual("憑證", "Certificate"),
            proofs=(ProofKind.SIGNATURE,),
            holder_verification=any(each.holder_verified for each in self.pinned.profiles),
            needs_script=True,
            fields=("token",),
            certified=True,
        )

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return a nonce to sign, together with our origin."""
        nonce = new_secret()
        public = {"nonce": nonce, "origin": context.origin}
        asked = Challenge(nonce=nonce, expires_at=now + LIFETIME, public=public)
        if not self.page_signed:
            return asked
        return replace(asked, public={**public, "text": page_signed.text(context, asked)})

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return proof that the certificate's holder is here.

        Raises NotProven, whose `reason` is the refusal of the first check the certificate failed;
        Refused `challenge.expired`.
        """
        return self.prove(session, self.shown(context, challenge, answer, now=now), now=now)

    def shown(
        self, context: Context, challenge: Challenge, answer: Mapping[str, object], *, now: datetime
    ) -> Shown:
        """Return the certificate whose key signed the challenge; it is not checked yet.

        Raises NotProven, Refused `challenge.expired`.
        """
        challenge.require_fresh(now=now)
        text = text_of(answer, "token", longest=web_eid.MOST_CHARACTERS)
        if self.page_signed and page_signed.is_one(text):
            certificate = page_signed.signed(context, challenge, text)
            return Shown(certificate=certificate, origin_bound=False)
        token = web_eid.read(text)
        web_eid.require_signed(token, origin=context.origin, nonce=challenge.nonce)
        return Shown(certificate=token.certificate, origin_bound=True)

    def check(self, session: Session, der: bytes, *, now: datetime) -> Checked:
        """Return a certificate that may be believed and certainly holds now.

        Raises Refused `carrier.certificate_…` for every other.
        """
        pinned = self.pinned
        checked = checks.check(der, pinned.profiles, known_weak=pinned.known_weak, now=now)
        revocation.require_good(session, checked, self.fetch, self._answers, now=now)
        return checked

    def is_held_by(self, session: Session, member_id: UUID) -> bool:
        """Say whether this member could show a certificate now (adapters.contract.Held)."""
        return bindings.has_usable(session, member_id, CarrierKind.CERTIFICATE)

    def find_shown(self, session: Session, kind: str, number: str, *, now: datetime) -> UUID | None:
        """Return the binding of the certificate or device read (adapters.contract.ReadsAtDesk)."""
        return at_desk.find(session, kind, number, now=now)

    def fingerprint_of(self, checked: Checked) -> str:
        """Return by what the holder is known here."""
        return holders.fingerprint_of(checked, self._key)

    def prove(self, session: Session, shown: Shown, *, now: datetime) -> Proof:
        """Return proof of the holder of a certificate whose key was shown to be there.

        Raises NotProven.
        """
        device = devices.shown(session, shown.certificate)
        if device is not None:
            return _proof_of(device, shown, now=now)
        try:
            checked = self.check(session, shown.certificate, now=now)
        except Refused as refused:
            raise NotProven(refused.code) from None
        found = self._bound(session, checked)
        self._keep_renewed(session, found, checked, now=now)
        return Proof(
            member_id=found.member_id,
            kind=ProofKind.SIGNATURE,
            holder_verified=checked.profile.holder_verified,
            hardware=checked.profile.hardware,
            origin_bound=shown.origin_bound,
            at=now,
            carrier_id=found.id,
            certified=True,
        )

    def _bound(
        self, session: Session, checked: Checked
    ) -> Row[UUID, UUID, Suspension | None, bytes, bytes]:
        fingerprint = self.fingerprint_of(checked)
        found = session.connection().execute(_FIND, {"fingerprint": fingerprint}).one_or_none()
        if found is None:
            raise NotProven("carrier.not_bound")
        # One that was revoked has been followed by this one, which its authority vouches for.
        if found.suspension not in {None, Suspension.REVOKED}:
            raise NotProven(
                "carrier.reported_lost", member_id=found.member_id, suspended_carrier=found.id
            )
        return found

    def _keep_renewed(
        self,
        session: Session,
        found: Row[UUID, UUID, Suspension | None, bytes, bytes],
        checked: Checked,
        *,
        now: datetime,
    ) -> None:
        """Remember the certificate shown last: it is the one whose revocation will matter."""
        kept = kept_of(checked)
        if (found.issuer_key_id, found.serial) != (kept["issuer"], kept["number"]):
            session.connection().execute(_RENEW, {"key": found.id, **kept})
            bindings.record_renewed(
                session, found.id, member_id=found.member_id, reason="shown", now=now
            )


def _proof_of(device: prebuilt.Row, shown: Shown, *, now: datetime) -> Proof:
    """Return proof of a device we certified: a key, not known to be in hardware or guarded."""
    try:
        devices.require_live(device, now=now)
    except Refused as refused:
        raise NotProven(refused.code, member_id=device.member_id) from None
    return Proof(
        member_id=device.member_id,
        kind=ProofKind.SIGNATURE,
        origin_bound=shown.origin_bound,
        at=now,
        carrier_id=device.id,
        certified=True,
    )


def kept_of(checked: Checked) -> dict[str, object]:
    """Return what is kept of a certificate beside its binding."""
    return {
        "of": checked.profile.name,
        "issuer": checked.issuer.key_id,
        "number": serial_bytes(checked.certificate.serial_number),
        "ends": checked.certificate.not_valid_after_utc,
    }


def responder(private_hosts: Collection[str] = ()) -> Fetch:
    """Return a way to ask responders: not followed elsewhere, and given up after three seconds."""

    def fetch(url: str, body: bytes) -> bytes | None:
        try:
            answer = outgoing.call(
                url,
                body,
                content_type="application/ocsp-request",
                private_hosts=private_hosts,
                seconds=PATIENCE_SECONDS,
                signed=True,
            )
        except CallFailed:
            return None
        return answer.body if answer.status == 200 else None  # noqa: PLR2004  # HTTP's own word

    return fetch


def create(settings: Mapping[str, object]) -> CertificateAdapter:
    """Make the adapter from `certificates`, `private_hosts` and `key`. Raises SettingsInvalid."""
    path, key, hosts = (settings.get(each) for each in ("certificates", "key", "private_hosts"))
    if not isinstance(path, Path):
        raise SettingsInvalid(
            "certificates: the adapter 'certificate' needs the file that pins its issuers; "
            "docs/certificates.md shows one"
        )
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        raise SettingsInvalid("key: must be 32 bytes")
    fetch = responder(hosts if isinstance(hosts, tuple) else ())
    return CertificateAdapter(
        pinned=pinning.read(path),
        key=key,
        fetch=fetch,
        page_signed=settings.get("page_signed") is True,
    )
