"""Keep the register of a counter's readers: what they are, tested when, heard of when (5(1)).

Only a registered reader is worked with. One that fails its self-test is broken until it passes
one: the counter then still takes paper.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from counters.models import Counter, Reader, ReaderKind
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id

SILENT_AFTER = timedelta(minutes=5)
LONGEST_SERIAL, LONGEST_MODEL, LONGEST_FIRMWARE = 64, 100, 64


@dataclass(frozen=True, kw_only=True)
class Make:
    """What is written on a reader, and what it runs."""

    serial: str
    kind: ReaderKind
    model: str
    firmware: str


def add(session: Session, counter: Counter, make: Make, *, now: datetime) -> UUID:
    """Register a reader that passed its self-test, and return its id.

    Raises Refused `reader.incomplete`, or `reader.exists` while it is registered anywhere.
    """
    serial = _serial(make.serial)
    if not serial or not _fits(make.model, LONGEST_MODEL):
        raise Refused("reader.incomplete")
    if not _fits(make.firmware, LONGEST_FIRMWARE):
        raise Refused("reader.incomplete")
    reader_id = new_id()
    values = {
        "id": reader_id,
        "counter_id": counter.id,
        "serial": serial,
        "kind": make.kind,
        "model": make.model.strip(),
        "firmware": make.firmware.strip(),
        "added_at": now,
        "tested_at": now,
    }
    if not insert_once(session, Reader, values):
        raise Refused("reader.exists")
    return reader_id


def _serial(text: str) -> str:
    """Return a serial number as kept; empty if it cannot be one."""
    text = text.strip().upper()
    return text if text.isascii() and text.isprintable() and len(text) <= LONGEST_SERIAL else ""


def _fits(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest


def registered(session: Session, counter_id: UUID, serial: str) -> Reader:
    """Return the counter's reader of that number. Raises Refused `counter.unregistered_reader`."""
    reader = session.scalar(
        select(Reader).where(Reader.serial == _serial(serial), Reader.ended_at.is_(None))
    )
    if reader is None or reader.counter_id != counter_id:
        raise Refused("counter.unregistered_reader")
    return reader


def get(session: Session, counter: Counter, reader_id: UUID) -> Reader:
    """Return a registered reader of this counter. Raises NotFound."""
    reader = session.get(Reader, reader_id)
    if reader is None or reader.counter_id != counter.id or reader.ended_at is not None:
        raise NotFound("counter.not_found")
    return reader


def tested(session: Session, reader: Reader, *, passed: bool, now: datetime) -> None:
    """Note a self-test: one that failed breaks the reader, one that passed mends it."""
    values = {"broken_at": None, "tested_at": now} if passed else {"broken_at": now}
    _change(session, reader, **values)


def heard(session: Session, reader: Reader, *, now: datetime) -> None:
    """Note a sign of life from the reader's program."""
    _change(session, reader, heard_at=now)


def is_silent(reader: Reader, *, now: datetime) -> bool:
    """Say whether the reader's program was not heard of lately, or never."""
    return reader.heard_at is None or now - reader.heard_at > SILENT_AFTER


def remove(session: Session, reader: Reader, *, now: datetime) -> None:
    """Take a reader out of the register. Raises NotFound if somebody did already."""
    _change(session, reader, ended_at=now)


def _change(session: Session, reader: Reader, **values: datetime | None) -> None:
    done = session.execute(
        update(Reader)
        .where(Reader.id == reader.id, Reader.ended_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
    if changed(done) != 1:
        raise NotFound("counter.not_found")
