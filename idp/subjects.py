"""Name members to clients: a stable name in every sector, or one for a single visit.

Pairwise names follow OIDC Core 8.1. A merchant without identified consent gets a name that nobody
can join to anything, of the same shape (regulation 10(4); decision 0024).
"""

import base64
import binascii
from uuid import UUID

from pyop.subject_identifier import SubjectIdentifierFactory
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.models import Subject
from kernel.db import note_once
from kernel.ids import new_nonce
from kernel.keyring import keyed_hash

VERSION = "sub/v1"
TRANSIENT = "sub/transient/v1"
NONCE_BYTES = MAC_BYTES = 16  # together as long as a pairwise name


class Subjects(SubjectIdentifierFactory):  # type: ignore[misc]  # pyop is untyped
    """Pairwise subjects by HMAC-SHA-256; there are no public ones (regulation 10(3))."""

    def __init__(self, key: bytes) -> None:
        """Keep the installation's pairwise key, which must never change."""
        self._key = key

    def create_pairwise_identifier(self, user_id: str, sector_identifier: str) -> str:
        """Return the `sub` of a member (UUID in text) in a sector: 43 base64url characters."""
        mac = keyed_hash(self._key, VERSION, sector_identifier, user_id)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def create_public_identifier(self, user_id: str) -> str:
        """Refuse: a subject that two agencies share would join their records."""
        raise NotImplementedError(user_id)

    def new_transient(self, member_id: UUID, sector: str, *, session_id: UUID) -> str:
        """Return a new name for one visit: a nonce, and a proof of it that only we can check."""
        return self._transient(new_nonce(NONCE_BYTES), member_id, sector, session_id)

    def is_transient_of(self, sub: str, member_id: UUID, sector: str, *, session_id: UUID) -> bool:
        """Say whether `sub` was made for this member in this very browser session."""
        try:
            nonce = base64.urlsafe_b64decode(sub + "=")[:NONCE_BYTES]
        except (ValueError, binascii.Error):
            return False
        return sub == self._transient(nonce, member_id, sector, session_id)

    def _transient(self, nonce: bytes, member_id: UUID, sector: str, session_id: UUID) -> str:
        parts = (sector, str(member_id), str(session_id), nonce.hex())
        proof = keyed_hash(self._key, TRANSIENT, *parts)[:MAC_BYTES]
        return base64.urlsafe_b64encode(nonce + proof).rstrip(b"=").decode()

    def of(self, member_id: UUID, sector: str) -> str:
        """Return the `sub` of a member in a sector."""
        return self.create_pairwise_identifier(str(member_id), sector)


def remember(session: Session, sub: str, *, member_id: UUID, sector: str) -> None:
    """Keep the way back from `sub` to the member; repeating it changes nothing."""
    note_once(session, Subject, {"member_id": member_id, "sector": sector, "sub": sub})


def find_member(session: Session, sub: str, *, sector: str) -> UUID | None:
    """Return the member a client in `sector` knows as `sub`."""
    return session.scalar(
        select(Subject.member_id).where(Subject.sector == sector, Subject.sub == sub)
    )
