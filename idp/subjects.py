"""Name members to clients: a different, stable name in every sector (OIDC Core 8.1)."""

import base64
from uuid import UUID

from pyop.subject_identifier import SubjectIdentifierFactory
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.models import Subject
from kernel.db import insert_once
from kernel.keyring import keyed_hash

VERSION = "sub/v1"


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

    def of(self, member_id: UUID, sector: str) -> str:
        """Return the `sub` of a member in a sector."""
        return self.create_pairwise_identifier(str(member_id), sector)


def remember(session: Session, sub: str, *, member_id: UUID, sector: str) -> None:
    """Keep the way back from `sub` to the member; repeating it changes nothing."""
    insert_once(session, Subject, {"member_id": member_id, "sector": sector, "sub": sub})


def find_member(session: Session, sub: str, *, sector: str) -> UUID | None:
    """Return the member a client in `sector` knows as `sub`."""
    return session.scalar(
        select(Subject.member_id).where(Subject.sector == sector, Subject.sub == sub)
    )
