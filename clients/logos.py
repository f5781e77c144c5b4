"""Keep clients' pictures: fetched once, looked at, and shown from our own address.

A page that showed a picture from a client's site would tell that site who is about to sign in, and
when, before anybody agreed to anything.
"""

import hashlib
from typing import NamedTuple

from sqlalchemy.orm import Session

from clients.fetching import Call, fetched
from clients.models import Logo
from kernel.db import insert_once

# No SVG: it is a program as much as a picture.
KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
WEBP = (b"RIFF", b"WEBP")


class Picture(NamedTuple):
    """A picture, by what its first bytes say it is."""

    media_type: str
    content: bytes


def fetched_picture(call: Call, uri: object) -> Picture | None:
    """Return the picture at `uri`; None if there is none we can show."""
    if not isinstance(uri, str):
        return None
    content = fetched(call, uri)
    kind = None if content is None else kind_of(content)
    return None if content is None or kind is None else Picture(kind, content)


def kind_of(content: bytes) -> str | None:
    """Return the media type a picture begins like; None for everything else."""
    if (content[:4], content[8:12]) == WEBP:
        return "image/webp"
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), None)


def keep(session: Session, picture: Picture | None) -> str | None:
    """Keep a picture and return the name it is shown under."""
    if picture is None:
        return None
    digest = hashlib.sha256(picture.content).hexdigest()
    insert_once(session, Logo, {"digest": digest, **picture._asdict()})
    return digest


def find(session: Session, digest: str) -> Picture | None:
    """Return the picture kept under this name, or None."""
    row = session.get(Logo, digest)
    return None if row is None else Picture(row.media_type, row.content)
