"""Read a batch's file, match its people and work out what it would do: the dry run (3-II).

A thousand rows a transaction, which also says how far it has come: a process that dies is taken up
where it stood, and two that read the same batch cannot both go on.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.db import Sessions, changed, transaction
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import numbering, person_names
from members.models import Member
from members.profile import open_claims
from services import card_faces, consolidation_rows
from services import consolidation_files as files
from services import consolidation_notes as notes
from services.consolidation_batches import place_of_part
from services.consolidation_files import Encoding, Format, Record
from services.consolidation_judging import Said, judge
from services.consolidation_models import Batch, BatchPart, BatchRow, BatchState, Outcome
from services.consolidation_rows import Entry

CHUNK = 1_000  # rows a transaction
HELD = timedelta(days=30)  # a stranger's row
IN_MEMORY = 1024 * 1024  # bytes of a file; the rest is in a file that has no name
UNKNOWN = "consolidation.unknown_person"
DUPLICATE = "consolidation.duplicate"


class Superseded(Exception):
    """Somebody else works on the batch, or it goes no further."""


class Reading:
    """The dry run of one batch, from where it stands."""

    def __init__(self, make: Sessions, batch_id: UUID, keyring: Keyring, *, now: datetime) -> None:
        """Read what is known of the batch; `now` is the moment of what is written."""
        self._make, self._id, self._keyring, self._now = make, batch_id, keyring, now
        self._hash = numbering.hasher(keyring)

    def run(self, most_chunks: int) -> Iterator[int]:
        """Read so many chunks; yield how many rows each had. The last one ends the dry run.

        Raises Superseded.
        """
        with transaction(self._make) as session:
            batch = session.get_one(Batch, self._id)
            start, columns = batch.read_rows, batch.stream.columns
            format_, encoding = Format(batch.format), Encoding(batch.encoding)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            self._fetch(file)
            with closing(files.records(cast("BinaryIO", file), format_, encoding)) as found:
                try:
                    yield from self._chunks(found, start, most_chunks, has_names="name" in columns)
                except Refused:
                    self._give_up()

    def _chunks(
        self, found: Iterator[Record], start: int, most: int, *, has_names: bool
    ) -> Iterator[int]:
        for _ in islice(found, start):
            pass
        for _ in range(most):
            records = list(islice(found, CHUNK))
            self._write(records, start, has_names=has_names)
            start += len(records)
            yield len(records)
            if len(records) < CHUNK:
                self._finish(start)
                return

    def _fetch(self, file: "tempfile.SpooledTemporaryFile[bytes]") -> None:
        with transaction(self._make) as session:
            numbers = session.scalars(
                select(BatchPart.number)
                .where(BatchPart.batch_id == self._id)
                .order_by(BatchPart.number)
            ).all()
            for number in numbers:
                sealed = session.scalars(
                    select(BatchPart.sealed).where(
                        BatchPart.batch_id == self._id, BatchPart.number == number
                    )
                ).one()
                file.write(self._keyring.unseal(sealed, place=place_of_part(self._id, number)))
        file.seek(0)

    def _write(self, records: Sequence[Record], start: int, *, has_names: bool) -> None:
        with transaction(self._make) as session:
            batch = _advance(session, self._id, start, start + len(records))
            today = clock.taipei_day(self._now)
            read = {
                start + place: consolidation_rows.read(record, today=today)
                for place, record in enumerate(records, 1)
            }
            rows = self._rows(session, batch, read, has_names=has_names)
            if rows:
                session.connection().execute(insert(BatchRow), rows)

    def _rows(
        self,
        session: Session,
        batch: Batch,
        read: Mapping[int, Entry | str],
        *,
        has_names: bool,
    ) -> list[dict[str, Any]]:
        hashes = {
            number: self._hash(entry.number)
            for number, entry in read.items()
            if isinstance(entry, Entry)
        }
        known = numbering.find_all(session, list(hashes.values()))
        members = set(known.values())
        standing = {
            key: notes.noted(each, keyring=self._keyring)
            for key, each in notes.read(session, batch.service_id, members).items()
        }
        names = self._names(session, members) if has_names else {}
        rows = []
        for number, entry in read.items():
            row = _blank(batch.id, number)
            if isinstance(entry, str):
                row |= {"outcome": Outcome.BAD, "code": entry}
            elif (member_id := known.get(hashes[number])) is None:
                row |= self._held(batch.id, number, entry, hashes[number])
            else:
                verdict = judge(entry.said, standing.get(member_id))
                row |= {
                    "outcome": verdict.outcome,
                    "code": verdict.code,
                    "person": member_id.bytes,
                    "member_id": member_id,
                    "name_differs": _differs(entry.name, names.get(member_id)),
                    **self._columns(entry.said, member_id, batch.service_id),
                }
            rows.append(row)
        return rows

    def _columns(self, said: Said, member_id: UUID, service_id: UUID) -> dict[str, Any]:
        face = said.face and card_faces.sealed(
            said.face, member_id=member_id, service_id=service_id, keyring=self._keyring
        )
        return {
            "state": said.state,
            "since": said.since,
            "as_of": said.as_of,
            "face_sealed": face,
        }

    def _held(self, batch_id: UUID, number: int, entry: Entry, hashed: bytes) -> dict[str, Any]:
        """Hold a stranger's row sealed: who is no member yet may become one within the month."""
        said = entry.said
        words = {
            "number": entry.number.value,
            "state": said.state.value,
            "since": None if said.since is None else said.since.isoformat(),
            "as_of": said.as_of.isoformat(),
        }
        place = f"consolidation_row/{batch_id}/{number}"
        return {
            "outcome": Outcome.UNKNOWN,
            "code": UNKNOWN,
            "person": hashed,
            "held_sealed": self._keyring.seal(json.dumps(words).encode(), place=place),
            "held_until": self._now + HELD,
        }

    def _names(self, session: Session, members: set[UUID]) -> dict[UUID, str]:
        """Return the members' names, to be compared and forgotten."""
        found = select(Member.id, Member.data_key_sealed, Member.profile_sealed)
        rows = session.execute(found.where(Member.id.in_(members))).all()
        return {
            row.id: open_claims(
                self._keyring,
                member_id=row.id,
                data_key_sealed=row.data_key_sealed,
                profile_sealed=row.profile_sealed,
            ).get("name", "")
            for row in rows
            if row.data_key_sealed
        }

    def _finish(self, rows: int) -> None:
        """End the dry run: who is named twice counts once, and the file is destroyed."""
        with transaction(self._make) as session:
            ended = session.execute(
                update(Batch)
                .where(
                    Batch.id == self._id,
                    Batch.state == BatchState.READING,
                    Batch.read_rows == rows,
                )
                .values(state=BatchState.DRY_RUN)
            )
            if changed(ended) != 1:
                raise Superseded
            _mark_duplicates(session, self._id)
            session.execute(delete(BatchPart).where(BatchPart.batch_id == self._id))

    def _give_up(self) -> None:
        with transaction(self._make) as session:
            session.execute(
                update(Batch)
                .where(Batch.id == self._id, Batch.state == BatchState.READING)
                .values(state=BatchState.UNREADABLE)
            )
            for table in (BatchPart, BatchRow):
                session.execute(delete(table).where(table.batch_id == self._id))


def _advance(session: Session, batch_id: UUID, start: int, end: int) -> Batch:
    moved = session.execute(
        update(Batch)
        .where(Batch.id == batch_id, Batch.state == BatchState.READING, Batch.read_rows == start)
        .values(read_rows=end)
    )
    if changed(moved) != 1:
        raise Superseded
    return session.get_one(Batch, batch_id)


def _blank(batch_id: UUID, number: int) -> dict[str, Any]:
    return {
        **dict.fromkeys(
            (
                *("person", "member_id", "state", "since", "as_of"),
                *("face_sealed", "held_sealed", "held_until"),
            )
        ),
        **dict.fromkeys(("name_differs", "applied", "to_tell", "undone"), False),
        "batch_id": batch_id,
        "number": number,
        "prior": None,
    }


def _differs(typed: str, name: str | None) -> bool:
    return bool(typed) and name is not None and not person_names.is_same(typed, name)


def _mark_duplicates(session: Session, batch_id: UUID) -> None:
    """Let who is named again count once: the rows are found first and then marked by their keys.

    In one statement PostgreSQL, which knows nothing yet of a batch that was written just now,
    ranked all of it anew for each row: a day's work at a hundred thousand.
    """
    place = func.row_number().over(partition_by=BatchRow.person, order_by=BatchRow.number)
    ranked = (
        select(BatchRow.number.label("row"), place.label("place"))
        .where(BatchRow.batch_id == batch_id, BatchRow.person.is_not(None))
        .subquery()
    )
    again = session.scalars(select(ranked.c.row).where(ranked.c.place > 1)).all()
    for first in range(0, len(again), CHUNK):
        session.execute(
            update(BatchRow)
            .where(BatchRow.batch_id == batch_id, BatchRow.number.in_(again[first : first + CHUNK]))
            .values(outcome=Outcome.DUPLICATE, code=DUPLICATE, held_sealed=None, held_until=None)
            .execution_options(synchronize_session=False)
        )


def destroy_held(session: Session, *, now: datetime) -> int:
    """Destroy strangers' rows that were held for thirty days; what was said of them is gone."""
    gone = session.execute(
        update(BatchRow)
        .where(BatchRow.held_sealed.is_not(None), BatchRow.held_until <= now)
        .values(held_sealed=None, held_until=None, person=None)
        .execution_options(synchronize_session=False)
    )
    return changed(gone)
