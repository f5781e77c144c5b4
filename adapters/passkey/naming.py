"""Name passkeys and their holders without naming anybody."""

import hashlib
from uuid import UUID


def fingerprint_of(credential_id: bytes) -> str:
    """Return by what a passkey is known: SHA-256 of its credential id, hex."""
    return hashlib.sha256(credential_id).hexdigest()


def handle_of(member_id: UUID) -> bytes:
    """Return the name a passkey keeps of its holder: it says nothing about them (WebAuthn 14.6.1).

    The same for all passkeys of a member, so that a device replaces its old one.
    """
    return hashlib.sha256(b"taipei-id/passkey/1" + member_id.bytes).digest()
