"""Name a service's holders to its own agency: one name per member and service, joined to nothing.

Deterministic authenticated encryption (AES-SIV, RFC 5297): no table of names is kept, a name of
another service opens to nothing, and the same member bears the same name at the next check.
"""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from kernel.keyring import Keyring

LABEL = "eligibility-reference/v1"
LENGTH = 52  # characters of base 32: nothing a spreadsheet takes for a formula


class References:
    """The names of one service's holders."""

    def __init__(self, keyring: Keyring, service_id: UUID) -> None:
        """Derive the key; the service is bound into every name."""
        self._cipher = AESSIV(keyring.derive(LABEL))
        self._place = [service_id.bytes]

    def of(self, member_id: UUID) -> str:
        """Return the name of a member."""
        sealed = self._cipher.encrypt(member_id.bytes, self._place)
        return base64.b32encode(sealed).rstrip(b"=").decode().lower()

    def member(self, reference: str) -> UUID | None:
        """Return whose name this is; None for anything we did not make for this service."""
        text = reference.strip().upper()
        if len(text) != LENGTH or not text.isascii():
            return None
        try:
            sealed = base64.b32decode(text + "=" * (-len(text) % 8))
            return UUID(bytes=self._cipher.decrypt(sealed, self._place))
        except (binascii.Error, InvalidTag, ValueError):
            return None
