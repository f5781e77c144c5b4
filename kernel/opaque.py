"""Name rows to programs so that nobody else can read, guess or compare the names.

A name is a row's id under AES-SIV (RFC 5297): the same row has the same name at the same place, and
at another place one that has nothing in common with it.
"""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from kernel.keyring import Keyring

LENGTH = 43  # characters of base64url: sixteen bytes of tag, sixteen of id


class Names:
    """Names of rows, made of one installation's key."""

    def __init__(self, keyring: Keyring) -> None:
        """Derive both halves of the key."""
        self._siv = AESSIV(keyring.derive("opaque/v1/tag") + keyring.derive("opaque/v1/cipher"))

    def name(self, row_id: UUID, *place: str) -> str:
        """Return the name of a row at a place: who reads it, what it is for."""
        sealed = self._siv.encrypt(row_id.bytes, _told(place))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def find(self, name: str, *place: str) -> UUID | None:
        """Return the id of the row that has this name at this place."""
        if len(name) != LENGTH or not name.isascii():
            return None
        try:
            sealed = base64.b64decode(name + "=", altchars=b"-_", validate=True)
            return UUID(bytes=self._siv.decrypt(sealed, _told(place)))
        except (binascii.Error, InvalidTag):
            return None


def _told(place: tuple[str, ...]) -> list[bytes]:
    return [each.encode() for each in place]
