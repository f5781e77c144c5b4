"""Keep secrets: one master key, from which every other key is derived, and sealing with it."""

import base64
import binascii
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.ids import new_key, new_nonce

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value was altered, moved to another place, or sealed under another key."""


def seal(key: bytes, plaintext: bytes, *, place: str) -> bytes:
    """Encrypt with AES-256-GCM; `place` (table and row) is bound in, so that it cannot be moved."""
    nonce = new_nonce(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place.encode())


def unseal(key: bytes, sealed: bytes, *, place: str) -> bytes:
    """Return what was sealed at `place`. Raises SealBroken."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise SealBroken(place) from None


class Keyring:
    """The keys of an installation, derived from one 256-bit master key by HKDF-SHA-256 (RFC 5869).

    Each purpose has its own label, so no key ever serves two purposes.
    """

    def __init__(self, master_key: str) -> None:
        """Read `master_key`: 32 bytes in base64url. Raises ValueError if it is anything else."""
        try:
            raw = base64.urlsafe_b64decode(master_key + "=" * (-len(master_key) % 4))
        except (binascii.Error, ValueError):
            raise ValueError("the master key is not base64url") from None
        if len(raw) != KEY_BYTES:
            raise ValueError("the master key is not 32 bytes long")
        self._master = raw
        self._sealing = self.derive("seal/v1")

    def derive(self, label: str) -> bytes:
        """Return the 32-byte key for the purpose named by `label`."""
        hkdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"taipei-id/{label}".encode())
        return hkdf.derive(self._master)

    def seal(self, plaintext: bytes, *, place: str) -> bytes:
        """Encrypt under the installation's sealing key."""
        return seal(self._sealing, plaintext, place=place)

    def unseal(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what `seal` made at the same place. Raises SealBroken."""
        return unseal(self._sealing, sealed, place=place)


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """Return HMAC-SHA-256 over `parts`, each after its length, so that no two lists collide."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    whole = b"".join(len(each).to_bytes(4, "big") + each for each in encoded)
    return hmac.digest(key, whole, "sha256")


def new_master_key() -> str:
    """Return a fresh master key in the form the settings want."""
    return base64.urlsafe_b64encode(new_key()).rstrip(b"=").decode()
