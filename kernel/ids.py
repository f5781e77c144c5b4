"""Make identifiers and secrets: the only place that asks for randomness."""

import hashlib
import secrets
import time
from uuid import UUID

SECRET_BYTES = 32


def new_id() -> UUID:
    """Return a UUID version 7: ordered by time, so that indexes grow at one end (RFC 9562 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(76)
    value = value & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | 0x7 << 76 | 0x2 << 62)


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_key() -> bytes:
    """Return 256 random bits for use as a symmetric key."""
    return secrets.token_bytes(SECRET_BYTES)


def new_nonce(size: int = 12) -> bytes:
    """Return `size` random bytes; 12 is what AES-GCM wants."""
    return secrets.token_bytes(size)


def new_reference() -> str:
    """Return eight characters a person can read out on the phone (no 0, O, 1, I)."""
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(secrets.choice(alphabet) for _ in range(8))


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a high-entropy secret: what the database keeps instead of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
