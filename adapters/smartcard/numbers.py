"""Know a card by its number without keeping the number, and vouch for what a card has shown."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from uuid import UUID

from adapters.smartcard.profiles import UNIQUE_BYTES
from kernel.keyring import SealBroken, keyed_hash, seal, unseal

LONGEST = 512  # characters of a voucher


@dataclass(frozen=True)
class Seen:
    """A card that was shown: its kind and its number."""

    kind: str
    uid: bytes = field(repr=False)

    @property
    def is_unique(self) -> bool:
        """Say whether no other card has this number."""
        return len(self.uid) >= UNIQUE_BYTES


class Numbers:
    """The two keys behind cards' numbers, both made from the adapter's own."""

    def __init__(self, secret: bytes) -> None:
        """Take the adapter's 32 bytes."""
        self._pepper = keyed_hash(secret, "cards/number/v1")
        self._sealing = keyed_hash(secret, "cards/seal/v1")

    def hash_of(self, seen: Seen) -> bytes:
        """Return by what the card is found."""
        return self.hash_of_read(seen.kind, seen.uid.hex())

    def hash_of_read(self, kind: str, number: str) -> bytes:
        """Return by what a card is found whose number somebody's reader wrote in hex."""
        return keyed_hash(self._pepper, kind, number.lower())

    def fingerprint_of(self, seen: Seen, member_id: UUID) -> str:
        """Return by what its binding is known: two members may have one number of four bytes."""
        whose = () if seen.is_unique else (str(member_id),)
        return keyed_hash(self._pepper, "fingerprint", seen.kind, seen.uid.hex(), *whose).hex()

    def voucher(self, seen: Seen, *, nonce: str) -> str:
        """Return our own sealed word that this card answered this very question."""
        plain = json.dumps([seen.kind, seen.uid.hex()]).encode()
        return base64.urlsafe_b64encode(self.seal(plain, place=f"card/{nonce}")).decode()

    def read(self, voucher: str, *, nonce: str) -> Seen | None:
        """Return the card a voucher speaks of, None if it is not ours or for another question."""
        try:
            sealed = base64.urlsafe_b64decode(voucher)
            kind, uid = json.loads(unseal(self._sealing, sealed, place=f"card/{nonce}"))
        except (binascii.Error, ValueError, SealBroken):
            return None
        return Seen(kind, bytes.fromhex(uid))

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Encrypt, so that it can be opened at this place only."""
        return seal(self._sealing, plain, place=place)

    def unseal(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what was sealed at this place. Raises SealBroken."""
        return unseal(self._sealing, sealed, place=place)
