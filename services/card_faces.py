"""Keep what an agency's card of a member shows, sealed in the note of its service (2(4), 2(6))."""

import json
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.keyring import Keyring
from services.models import ActivationNote, Service

LONGEST_NUMBER = 32  # characters
SHOWN = 4  # characters of it, by which holders know their cards


@dataclass(frozen=True, kw_only=True)
class Face:
    """What a card shows: its number, and the last day it is good, if it says so."""

    number: str = field(repr=False)
    until: date | None

    @property
    def masked(self) -> str:
        """Return the number as far as its holder needs it to know the card."""
        shown = self.number[-SHOWN:] if len(self.number) > SHOWN else ""
        return "•" * (len(self.number) - len(shown)) + shown


def sealed(face: Face, *, member_id: UUID, service_id: UUID, keyring: Keyring) -> bytes:
    """Return a face as it is kept; it can be read at this member and service only."""
    until = None if face.until is None else face.until.isoformat()
    words = json.dumps({"number": face.number, "until": until}).encode()
    return keyring.seal(words, place=_place(member_id, service_id))


def opened(
    kept: bytes | None, *, member_id: UUID, service_id: UUID, keyring: Keyring
) -> Face | None:
    """Return the face that was kept, if one was. Raises SealBroken."""
    if kept is None:
        return None
    words = json.loads(keyring.unseal(kept, place=_place(member_id, service_id)))
    until = words["until"]
    return Face(number=words["number"], until=until and date.fromisoformat(until))


def of_member(session: Session, member_id: UUID, *, keyring: Keyring) -> dict[str, Face]:
    """Return what the member's cards show, by the codes of their services."""
    rows = session.execute(
        select(Service.code, ActivationNote.service_id, ActivationNote.face_sealed)
        .join(Service, Service.id == ActivationNote.service_id)
        .where(ActivationNote.member_id == member_id, ActivationNote.face_sealed.is_not(None))
    )
    found = {
        code: opened(kept, member_id=member_id, service_id=service_id, keyring=keyring)
        for code, service_id, kept in rows
    }
    return {code: face for code, face in found.items() if face is not None}


def _place(member_id: UUID, service_id: UUID) -> str:
    return f"activation/{member_id}/{service_id}"
