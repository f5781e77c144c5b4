"""Prove who you are with a chip card: it signs origin and nonce after its PIN."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from adapters.contract import Capabilities, Challenge, Context, NotProven, Proof, ProofKind
from adapters.keycard import reading
from adapters.keycard.models import KeyCard
from adapters.keycard.reading import Shown
from carriers.models import Binding
from kernel.ids import new_secret
from kernel.prebuilt import Prebuilt
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual

LIFETIME = timedelta(minutes=5)  # as long as a card program's window stays open

_FIND = (
    select(Binding.id, Binding.member_id, Binding.suspended_at)
    .join(KeyCard, KeyCard.binding_id == Binding.id)
    .where(Binding.fingerprint == bindparam("fingerprint"), Binding.released_at.is_(None))
)
_SHOWN = Prebuilt(
    select(Binding.id)
    .join(KeyCard, KeyCard.binding_id == Binding.id)
    .where(Binding.fingerprint == bindparam("fingerprint"), Binding.released_at.is_(None))
)
_HELD = select(
    exists().where(
        KeyCard.binding_id == Binding.id,
        Binding.member_id == bindparam("member"),
        Binding.released_at.is_(None),
        Binding.suspended_at.is_(None),
    )
)


class KeyCardAdapter:
    """A card the member tied to the account; the card program lets it sign only after its PIN."""

    name = "key-card"
    capabilities = Capabilities(
        label=Bilingual("晶片卡", "Chip card"),
        proofs=(ProofKind.SIGNATURE,),
        holder_verification=True,
        needs_script=True,
        fields=("token",),
    )

    def __init__(self, key: bytes) -> None:
        """Hash the cards' keys under `key`."""
        self._key = key

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return a nonce to sign, together with our origin."""
        nonce = new_secret()
        public = {"nonce": nonce, "origin": context.origin}
        return Challenge(nonce=nonce, expires_at=now + LIFETIME, public=public)

    def shown(
        self, context: Context, challenge: Challenge, answer: Mapping[str, object], *, now: datetime
    ) -> Shown:
        """Return which card signed, anybody's. Raises NotProven, Refused `challenge.expired`."""
        return reading.shown(context, challenge, answer, key=self._key, now=now)

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return proof that the card and its PIN are here.

        Raises NotProven, Refused `challenge.expired`.
        """
        card = self.shown(context, challenge, answer, now=now)
        values = {"fingerprint": card.fingerprint}
        found = session.connection().execute(_FIND, values).one_or_none()
        if found is None:
            raise NotProven("carrier.not_bound")
        if found.suspended_at is not None:
            raise NotProven(
                "carrier.reported_lost", member_id=found.member_id, suspended_carrier=found.id
            )
        return Proof(
            member_id=found.member_id,
            kind=ProofKind.SIGNATURE,
            holder_verified=True,
            hardware=True,
            origin_bound=True,
            at=now,
            carrier_id=found.id,
        )

    def find_shown(
        self,
        session: Session,
        kind: str,
        number: str,
        *,
        now: datetime,  # noqa: ARG002  # contract
    ) -> UUID | None:
        """Return the binding of the card with this public key (adapters.contract.ReadsAtDesk).

        The key, in hex, is read off the card's certificate, which needs no PIN and proves nothing.
        """
        if kind != self.name:
            return None
        values = {"fingerprint": reading.fingerprint_of(number.lower(), self._key)}
        found = _SHOWN.one_or_none(session, values)
        shown: UUID | None = None if found is None else found.id
        return shown

    def is_one(self, session: Session, binding_id: UUID) -> bool:
        """Say whether this binding is of such a card."""
        return session.get(KeyCard, binding_id) is not None

    def is_held_by(self, session: Session, member_id: UUID) -> bool:
        """Say whether the member has such a card and may use it now."""
        return bool(session.connection().execute(_HELD, {"member": member_id}).scalar_one())


def create(settings: Mapping[str, object]) -> KeyCardAdapter:
    """Make the adapter from its `key`. Raises SettingsInvalid."""
    key = settings.get("key")
    if not isinstance(key, bytes):
        raise SettingsInvalid("key-card: there is no key")
    return KeyCardAdapter(key)
