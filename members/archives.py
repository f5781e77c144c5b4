"""Keep a member's data put together for three days, in sealed pieces."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from kernel.db import Sessions, changed, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.keyring import seal, unseal
from members import leaving
from members.models import Archive, ArchiveChunk

KEPT_FOR = timedelta(hours=72)
CHUNK = 256 * 1024


def ask(
    session: Session, member_id: UUID, parts: Sequence[str], *, language: str, now: datetime
) -> Archive:
    """Note that an archive is wanted, one at a time.

    Raises Refused `archive.nothing_chosen` or `archive.too_many`.
    """
    if not parts:
        raise Refused("archive.nothing_chosen")
    leaving.lock(session, member_id)  # two tabs at once would both find none
    if listed(session, member_id, now=now):
        raise Refused("archive.too_many")
    archive = Archive(
        id=new_id(),
        member_id=member_id,
        parts=list(parts),
        language=language,
        asked_at=now,
        expires_at=now + KEPT_FOR,
    )
    session.add(archive)
    session.flush()
    return archive


def listed(session: Session, member_id: UUID, *, now: datetime) -> Sequence[Archive]:
    """Return the archives the member waits for or can take, the newest first."""
    return session.scalars(
        select(Archive)
        .where(Archive.member_id == member_id, Archive.expires_at > now)
        .order_by(Archive.id.desc())
    ).all()


def get_ready(session: Session, archive_id: UUID, *, member_id: UUID, now: datetime) -> Archive:
    """Return an archive the member can take. Raises NotFound, also for somebody else's."""
    archive = session.get(Archive, archive_id)
    if (
        archive is None
        or archive.member_id != member_id
        or archive.ready_at is None
        or archive.expires_at <= now
    ):
        raise NotFound("archive.not_found")
    return archive


def discard(session: Session, archive_id: UUID, *, member_id: UUID) -> None:
    """Delete an archive before its time. Raises NotFound, also for somebody else's."""
    gone = session.execute(
        delete(Archive).where(Archive.id == archive_id, Archive.member_id == member_id)
    )
    if not changed(gone):
        raise NotFound("archive.not_found")


def expire(session: Session, *, now: datetime) -> int:
    """Delete archives whose time is over, with all their pieces; return how many."""
    return changed(session.execute(delete(Archive).where(Archive.expires_at <= now)))


class Writer:
    """Take bytes as they come and keep them in sealed pieces, each in a transaction of its own."""

    def __init__(self, make: Sessions, archive_id: UUID, data_key: bytes) -> None:
        """Begin anew: what a worker that died left behind is deleted."""
        self._make = make
        self._id = archive_id
        self._key = data_key
        self._waiting = bytearray()
        self._number = 0
        self.size = 0
        with transaction(make) as session:
            session.execute(delete(ArchiveChunk).where(ArchiveChunk.archive_id == archive_id))

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._waiting += data
        self.size += len(data)
        while len(self._waiting) >= CHUNK:
            self._keep(CHUNK)
        return len(data)

    def flush(self) -> None:
        """Do nothing: pieces are kept when they are full."""

    def close(self, *, now: datetime) -> bool:
        """Keep the rest and let the archive be ready; False if it is gone or was ready before."""
        self._keep(len(self._waiting))
        with transaction(self._make) as session:
            ready = session.execute(
                update(Archive)
                .where(Archive.id == self._id, Archive.ready_at.is_(None))
                .values(ready_at=now, size=self.size)
            )
            return changed(ready) == 1

    def _keep(self, length: int) -> None:
        piece = bytes(self._waiting[:length])
        del self._waiting[:length]
        sealed = seal(self._key, piece, place=_place(self._id, self._number))
        with transaction(self._make) as session:
            session.add(ArchiveChunk(archive_id=self._id, number=self._number, sealed=sealed))
        self._number += 1


def _place(archive_id: UUID, number: int) -> str:
    return f"archive/{archive_id}/{number}"


def read(make: Sessions, archive_id: UUID, data_key: bytes) -> Iterator[bytes]:
    """Return the pieces in order, opened, one at a time: memory does not grow with the archive."""
    with transaction(make) as session:
        count = session.scalar(select(func.count()).where(ArchiveChunk.archive_id == archive_id))
    for number in range(count or 0):
        with transaction(make) as session:
            chunk = session.get_one(ArchiveChunk, (archive_id, number))
            sealed = chunk.sealed
        yield unseal(data_key, sealed, place=_place(archive_id, number))
