"""Keep what a member and the city write to one another, sealed under the member's data key."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from kernel.keyring import Keyring, seal, unseal
from members.models import Member
from members.profile import open_data_key

LONGEST = 2000  # characters of one letter


class Author(StrEnum):
    """Who wrote."""

    MEMBER = "member"
    CITY = "city"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One thing that was written, and on which occasion."""

    at: str  # ISO 8601
    by: Author
    occasion: str  # asked, question, answer, extension, decision
    words: str


def letter(by: Author, occasion: str, words: str, *, now: datetime) -> Letter:
    """Return a letter of this moment, cut to what is kept."""
    return Letter(at=now.isoformat(), by=by, occasion=occasion, words=words.strip()[:LONGEST])


def seal_letters(
    letters: Sequence[Letter], member: Member, *, keyring: Keyring, place: str
) -> bytes:
    """Return the letters sealed at `place`."""
    text = json.dumps([asdict(each) for each in letters], ensure_ascii=False).encode()
    return seal(open_data_key(member, keyring=keyring), text, place=place)


def open_letters(sealed: bytes, member: Member, *, keyring: Keyring, place: str) -> list[Letter]:
    """Return the letters sealed at `place`; none once the member is erased."""
    if not member.data_key_sealed:
        return []
    text = unseal(open_data_key(member, keyring=keyring), sealed, place=place)
    return [Letter(**{**each, "by": Author(each["by"])}) for each in json.loads(text)]
