"""Write what was sealed into files that only grow, and find what was changed since (9; WORM).

Each file names the SHA-256 of the one before and ends with a signature over itself. A copy kept
where nobody of ours can write shows later edits and deletions, even by whoever holds the keys and
the database.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import LedgerCheckpoint, TrailCheckpoint, TrailEntry, TrailSeal
from audit.sealing import Check, Sign
from audit.trail_sealing import form
from audit.verifying import Finding
from kernel.db import Json, Sessions, transaction

FORMAT = "taipei-id/sealed-copy/1"
AT_ONCE = 1000
C = TypeVar("C", LedgerCheckpoint, TrailCheckpoint)


class CopyBroken(Exception):
    """A folder of copies cannot be gone on with; the message says which file and why."""


@dataclass(frozen=True)
class _End:
    """Where a copy ends: its number and hash, and what of each ledger it holds."""

    number: int = 0
    sha256: str | None = None
    ledger: int = 0
    trail: int = 0
    trail_checkpoint: int = 0


class _Writer:
    """Write lines of JSON and remember their hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.lines = 0

    def write(self, line: Json) -> None:
        raw = json.dumps(line, sort_keys=True, ensure_ascii=True).encode() + b"\n"
        self._file.write(raw)
        self.digest.update(raw)
        self.lines += 1


def write(make: Sessions, folder: Path, *, sign: Sign, check: Check, now: datetime) -> Path | None:
    """Add a file with everything sealed since the last; None if there was nothing.

    Never writes over a file. Raises CopyBroken if the last file is not as we signed it, or if
    another export is at work.
    """
    end = _end_of(folder, check)
    path = folder / f"{end.number + 1:06}.jsonl"
    part = path.with_suffix(".part")
    try:
        file = part.open("xb")
    except FileExistsError:
        raise CopyBroken(f"{part.name} is there: another export is at work, or died") from None
    with file:
        writer = _Writer(file)
        _write(make, writer, end, sign=sign, now=now)
        file.flush()
        os.fsync(file.fileno())
    try:
        if writer.lines > EMPTY:
            os.link(part, path)  # unlike a rename, it refuses to replace a file
            path.chmod(0o444)
    finally:
        part.unlink()
    return path if writer.lines > EMPTY else None


EMPTY = 2  # lines: the first and the signature


def _write(make: Sessions, writer: _Writer, end: _End, *, sign: Sign, now: datetime) -> None:
    reached = {
        "format": FORMAT,
        "number": end.number + 1,
        "before": end.sha256,
        "ledger": end.ledger,
        "trail": end.trail,
        "trail_checkpoint": end.trail_checkpoint,
    }
    writer.write({key: reached[key] for key in ("format", "number", "before")})
    for kind, place, line in _sealed_since(make, end):
        writer.write(line)
        reached[kind] = place
    body = writer.digest.hexdigest()
    made = now.astimezone(UTC).isoformat(timespec="seconds")
    writer.write({"signed": sign({**reached, "sha256": body, "made_at": made})})


def _sealed_since(make: Sessions, end: _End) -> Iterator[tuple[str, int, Json]]:
    for each in _in_turn(make, LedgerCheckpoint, end.ledger):
        yield "ledger", each.number, {"ledger_checkpoint": each.number, "signed": each.signed}
    yield from _entries(make, end.trail)
    for last in _in_turn(make, TrailCheckpoint, end.trail_checkpoint):
        line = {"trail_checkpoint": last.number, "signed": last.signed}
        yield "trail_checkpoint", last.number, line


def _in_turn(make: Sessions, table: type[C], number: int) -> Iterator[C]:
    while True:
        with transaction(make) as session:
            following = select(table).where(table.number > number).order_by(table.number)
            found = session.scalars(following.limit(AT_ONCE)).all()
        yield from found
        if len(found) < AT_ONCE:
            return
        number = found[-1].number


def _entries(make: Sessions, position: int) -> Iterator[tuple[str, int, Json]]:
    while True:
        with transaction(make) as session:
            rows = session.execute(
                select(TrailSeal, TrailEntry)
                .join(TrailEntry, TrailEntry.id == TrailSeal.entry_id)
                .where(TrailSeal.position > position)
                .order_by(TrailSeal.position)
                .limit(AT_ONCE)
            ).all()
        for seal, entry in rows:
            line = {"position": seal.position, "hash": seal.hash.hex(), "entry": form(entry)}
            yield "trail", seal.position, line
        if len(rows) < AT_ONCE:
            return
        position = rows[-1][0].position


# Reading a copy again


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]*.jsonl"))


def _end_of(folder: Path, check: Check) -> _End:
    files = _files(folder)
    if not files:
        return _End()
    last = _read(files[-1])
    words = last.checked(check)
    if words is None:
        raise CopyBroken(f"{last.path.name} is not as we signed it")
    return _End(
        words["number"], last.whole, words["ledger"], words["trail"], words["trail_checkpoint"]
    )


@dataclass(frozen=True)
class _Kept:
    """What a file says of itself, and the hashes of its lines before the signature and of all."""

    path: Path
    place: tuple[object, object]  # its number, and the hash of the file before it
    signed: str | None
    body: str
    whole: str

    def checked(self, check: Check) -> Json | None:
        """Return what was signed, if one of the keys did and it is what the file holds."""
        words = None if self.signed is None else check(self.signed)
        return None if words is None or words.get("sha256") != self.body else words


def _read(path: Path) -> _Kept:
    body, whole, first, last = hashlib.sha256(), hashlib.sha256(), b"", b""
    with path.open("rb") as file:
        for raw in file:
            first = first or raw
            body.update(last)
            whole.update(raw)
            last = raw
    signed, head = _object(last).get("signed"), _object(first)
    return _Kept(
        path,
        place=(head.get("number"), head.get("before")),
        signed=signed if isinstance(signed, str) else None,
        body=body.hexdigest(),
        whole=whole.hexdigest(),
    )


def _object(raw: bytes) -> Json:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def compare(make: Sessions, folder: Path, *, check: Check) -> Iterator[Finding]:
    """Report what differs between a kept copy and the database, and what is wrong with the copy.

    A file is as it was written if one of the keys signed it, or if the next one is and names its
    hash: keys are replaced every few months, and copies are kept for years.
    """
    files = [_read(path) for path in _files(folder)]
    sound = set(_sound(files, check))
    before: str | None = None
    for number, each in enumerate(files, 1):
        name = each.path.name
        if name not in sound:
            yield Finding(name, "changed after it was written, or no key of ours signed it")
        elif each.place != (number, before):
            yield Finding(name, "it does not follow the file before it")
        else:
            yield from _differences(make, each.path)
        before = each.whole


def _sound(files: Sequence[_Kept], check: Check) -> Iterator[str]:
    vouched: object = None
    for each in reversed(files):
        if each.whole == vouched or each.checked(check) is not None:
            yield each.path.name
            vouched = each.place[1]
        else:
            vouched = None


def _differences(make: Sessions, path: Path) -> Iterator[Finding]:
    with path.open("rb") as file:
        lines = (json.loads(raw) for raw in file)
        while some := list(islice(lines, AT_ONCE)):
            with transaction(make) as session:
                yield from _of_checkpoints(session, some, "ledger_checkpoint", LedgerCheckpoint)
                yield from _of_checkpoints(session, some, "trail_checkpoint", TrailCheckpoint)
                yield from _of_entries(session, some)


def _of_checkpoints(
    session: Session,
    lines: Sequence[Json],
    name: str,
    table: type[LedgerCheckpoint | TrailCheckpoint],
) -> Iterator[Finding]:
    kept = {line[name]: line["signed"] for line in lines if name in line}
    found = session.execute(select(table.number, table.signed).where(table.number.in_(kept)))
    ours = {row.number: row.signed for row in found}
    for number, signed in kept.items():
        if ours.get(number) != signed:
            yield Finding(f"{name} {number}", "removed" if number not in ours else "rewritten")


def _of_entries(session: Session, lines: Sequence[Json]) -> Iterator[Finding]:
    kept: dict[UUID, Any] = {
        UUID(line["entry"]["id"]): line["entry"] for line in lines if "entry" in line
    }
    found = session.scalars(select(TrailEntry).where(TrailEntry.id.in_(kept)))
    ours = {entry.id: form(entry) for entry in found}
    for key, entry in kept.items():
        if ours.get(key) != entry:
            yield Finding(f"trail entry {key}", "removed" if key not in ours else "edited")
