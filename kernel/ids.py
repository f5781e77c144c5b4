"""Make identifiers and secrets: the only place that asks for randomness."""

import hashlib
import itertools
import secrets
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from uuid import UUID

SECRET_BYTES = 32
CODE_BYTES = 10
REFERENCE_LENGTH = 8
READABLE = (
    "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0, O, 1, I: to be read out and typed; 5 bits each
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_counter = itertools.count(secrets.randbits(31))


def new_id() -> UUID:
    """Return a UUID version 7: ordered by time, so that indexes grow at one end (RFC 9562 5.7)."""
    return _version_7(time.time_ns() // 1_000_000, secrets.randbits(76))


def new_id_at(moment: datetime) -> UUID:
    """Return a UUID version 7 of this very moment, for rows whose order is what they are about.

    Those of one process keep their order within a millisecond: a counter goes before the random
    bits (RFC 9562 6.2, method 1).
    """
    count = next(_counter) & 0xFFFF_FFFF
    bits = (count >> 20) << 64 | (count & 0xF_FFFF) << 42 | secrets.randbits(42)
    return _version_7((moment - _EPOCH) // _MILLISECOND, bits)


def first_id_at(moment: datetime) -> UUID:
    """Return what no id of this moment or later is smaller than, to compare ids with."""
    return UUID(int=((moment - _EPOCH) // _MILLISECOND & 0xFFFF_FFFF_FFFF) << 80)


def _version_7(milliseconds: int, bits: int) -> UUID:
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | bits
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


def new_fraction() -> float:
    """Return a number between 0 and 1, to spread what would otherwise come all at once."""
    return secrets.randbits(53) / (1 << 53)


def new_reference() -> str:
    """Return eight characters a person can read out on the phone."""
    return "".join(secrets.choice(READABLE) for _ in range(REFERENCE_LENGTH))


def new_code() -> str:
    """Return sixteen characters a person can type, 80 bits: what is printed beside a number."""
    return readable(secrets.token_bytes(CODE_BYTES))


def readable(raw: bytes) -> str:
    """Return bytes as characters that are not mistaken for one another, in groups of four."""
    bits = int.from_bytes(raw, "big")
    text = "".join(READABLE[bits >> 5 * place & 31] for place in range(len(raw) * 8 // 5))
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def typed_code(typed: str) -> str:
    """Return a number or a code as it was given out, however it was typed; groups stay."""
    text = unicodedata.normalize("NFKC", typed[:64]).upper()
    plain = "".join(each for each in text if each in READABLE)
    if len(plain) <= REFERENCE_LENGTH:
        return plain
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def new_number() -> str:
    """Return two digits to compare at a glance on two screens: 10 to 99, so none begins with 0."""
    return str(10 + secrets.randbelow(90))


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a high-entropy secret: what the database keeps instead of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
