"""Guard the keys that cards share with us: what must be computed with one, and nothing else.

A master key never leaves its place. Each card has a key of its own, made from the master key and
the card's number, so that one card taken apart opens no other (AN10922).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from kernel.errors import Refused
from kernel.keyring import keyed_hash

BLOCK = 16
DIVERSIFIED = b"\x01"  # makes an AES-128 key (AN10922 2.2)
# Input of 16 to 31 bytes makes AN10922's padding that of CMAC itself, which every token computes.
INPUT_BYTES = range(16, 32)


class CardKey(Protocol):
    """One AES-128 key shared with cards."""

    def encrypt(self, data: bytes, *, iv: bytes = bytes(BLOCK)) -> bytes:
        """Return whole blocks encrypted in CBC mode."""
        ...

    def decrypt(self, data: bytes, *, iv: bytes = bytes(BLOCK)) -> bytes:
        """Return whole blocks decrypted in CBC mode."""
        ...

    def cmac(self, data: bytes) -> bytes:
        """Return the 16 bytes of AES-CMAC (RFC 4493)."""
        ...


class MasterKey(Protocol):
    """A key from which the keys of single cards are made, wherever it is kept."""

    def cmac(self, data: bytes) -> bytes:
        """Return the 16 bytes of AES-CMAC (RFC 4493)."""
        ...

    def of_card(self, material: bytes) -> CardKey:
        """Return the key of the card named by `material`, 16 to 31 bytes (AN10922 2.2)."""
        ...


class PlainKey:
    """A key in memory: a card's, a session's, or a master key that an operator keeps sealed."""

    def __init__(self, key: bytes) -> None:
        """Take 16 bytes. Raises ValueError if there are more or fewer."""
        if len(key) != BLOCK:
            raise ValueError("a card's key has 16 bytes")
        self._key = key

    def encrypt(self, data: bytes, *, iv: bytes = bytes(BLOCK)) -> bytes:
        """Return whole blocks encrypted in CBC mode."""
        cipher = Cipher(AES(self._key), CBC(iv)).encryptor()
        return cipher.update(data) + cipher.finalize()

    def decrypt(self, data: bytes, *, iv: bytes = bytes(BLOCK)) -> bytes:
        """Return whole blocks decrypted in CBC mode."""
        cipher = Cipher(AES(self._key), CBC(iv)).decryptor()
        return cipher.update(data) + cipher.finalize()

    def cmac(self, data: bytes) -> bytes:
        """Return the 16 bytes of AES-CMAC."""
        mac = CMAC(AES(self._key))
        mac.update(data)
        return mac.finalize()

    def of_card(self, material: bytes) -> "PlainKey":
        """Return the key of one card."""
        return PlainKey(self.cmac(diversifying(material)))


@dataclass(frozen=True)
class Versions:
    """The master keys that cards of one kind may have, by the number each card tells."""

    openers: Mapping[int, Callable[[], MasterKey]] = field(repr=False)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the keys in force."""
        return tuple(sorted(self.openers))

    def of(self, number: int) -> MasterKey:
        """Return one key. Raises Refused `carrier.card_not_ours` for one not in force."""
        opener = self.openers.get(number)
        if opener is None:
            raise Refused("carrier.card_not_ours")
        return opener()

    @classmethod
    def sole(cls, key: MasterKey) -> "Versions":
        """Return the keys of a kind that has this one only."""
        return cls({0: lambda: key})


def diversifying(material: bytes) -> bytes:
    """Return what a master key computes the CMAC of. Raises ValueError for too little or much."""
    if len(material) not in INPUT_BYTES:
        raise ValueError("a card is named by 16 to 31 bytes")
    return DIVERSIFIED + material


def derived(secret: bytes, kind: str) -> PlainKey:
    """Return the demo's master key of a kind of card, made from the installation's own secret.

    The kind's name goes in: no two kinds of card share a key. Elsewhere keys are `masters`' own.
    """
    return PlainKey(keyed_hash(secret, "cards/master/v1", kind)[:BLOCK])
