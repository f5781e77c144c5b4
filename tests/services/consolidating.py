"""An agency that consolidates: its stream, its two officers, its members, its files."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.ids import new_id
from members import numbering
from members.numbers import check_digit, recognise
from services import consolidation_batches as batches
from services import consolidation_schema as schema
from services.consolidation_files import Encoding
from services.consolidation_models import Batch, Footing, Stream
from services.consolidation_schema import Field, Proposal
from services.consolidation_work import work
from services.models import ActivationNote, Channel
from tests import make
from tests.make import KEYRING, NOON
from tests.services import city

UPLOADER, CONFIRMER, REVIEWER = new_id(), new_id(), new_id()
HEADINGS = ("證號", "註記", "開通日", "資料日")
SERVICE = "senior_card"
PROPOSAL = Proposal(
    columns=frozenset({Field.NUMBER, Field.STATE, Field.SINCE, Field.AS_OF}),
    basis="pdpa-15-1",
    provision="敬老愛心卡作業要點第 3 點",
    footing=Footing.NOTICE,
    channel=Channel.INTERFACE,
)
Row = Sequence[str]


def number(place: int) -> str:
    """Return a synthetic identity number."""
    first = f"A1{place:07}"
    return first + check_digit(first)


def yes(place: int, since: str = "2020-01-01", as_of: str = "2026-11-20") -> Row:
    """Return a row that says activated."""
    return (number(place), "已開通", since, as_of)


def no(place: int, as_of: str = "2026-11-20") -> Row:
    """Return a row that says not activated."""
    return (number(place), "未開通", "", as_of)


def a_file(rows: Iterable[Row], *, headings: Row = HEADINGS, encoding: str = "utf-8") -> io.BytesIO:
    """Return a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return io.BytesIO(text.getvalue().encode(encoding))


@dataclass
class Agency:
    """An agency whose stream DoIT confirmed, and its members by place."""

    make: Sessions
    organisation_id: UUID
    members: list[UUID]
    now: datetime = NOON

    def note(self, place: int) -> ActivationNote | None:
        with transaction(self.make) as session:
            return session.scalar(
                select(ActivationNote).where(ActivationNote.member_id == self.members[place])
            )

    def notes(self) -> list[tuple[object, ...]]:
        """Return what stands in every note, but for its id and the moment."""
        columns = [
            each
            for each in ActivationNote.__table__.c
            if each.name not in ("id", "noted_at", "reference", "actor", "dispute")
        ]
        with transaction(self.make) as session:
            rows = session.execute(select(*columns).order_by(ActivationNote.member_id)).all()
        return [tuple(row) for row in rows]

    def upload(self, file: io.BytesIO, encoding: Encoding | None = None) -> UUID:
        """Take a file in, and read it."""
        with transaction(self.make) as session:
            stream = schema.in_force(session, SERVICE, organisation_id=self.organisation_id)
            batch_id = batches.receive(
                session,
                stream,
                file,
                encoding=encoding,
                officer=UPLOADER,
                keyring=KEYRING,
                now=self.now,
            ).id
        self.go_on(batch_id)
        return batch_id

    def go_on(self, batch_id: UUID) -> None:
        """Do everything there is to do about a batch."""
        for _ in work(self.make, batch_id, KEYRING, most_chunks=10**6, now=self.now):
            pass

    def confirm(self, batch_id: UUID) -> None:
        with transaction(self.make) as session:
            batches.confirm(
                session, session.get_one(Batch, batch_id), officer=CONFIRMER, now=self.now
            )

    def apply(self, file: io.BytesIO) -> UUID:
        """Upload a file, confirm it and apply it."""
        batch_id = self.upload(file)
        self.confirm(batch_id)
        self.go_on(batch_id)
        return batch_id

    def roll_back(self, batch_id: UUID) -> None:
        with transaction(self.make) as session:
            batches.roll_back(
                session, session.get_one(Batch, batch_id), officer=CONFIRMER, now=self.now
            )
        self.go_on(batch_id)

    def counts(self, batch_id: UUID) -> dict[str, int]:
        """Return the outcomes that occur."""
        with transaction(self.make) as session:
            found = batches.counts(session, session.get_one(Batch, batch_id))
        return {outcome.value: count for outcome, count in found.items() if count}

    def codes(self, batch_id: UUID) -> dict[int, str]:
        """Return the rows that have a code."""
        with transaction(self.make) as session:
            rows = batches.report(session, session.get_one(Batch, batch_id))
            return {row[0]: row[2] for row in rows if row[2]}


def an_agency(make_: Sessions, *, members: int = 3) -> Agency:
    """Return an agency with a confirmed stream, and members with numbers."""
    with transaction(make_) as session:
        client = city.an_agency(session)
        a_stream(session, client.organisation_id)
        ids = [a_member(session, place) for place in range(members)]
    return Agency(make_, client.organisation_id, ids)


def a_stream(session: Session, organisation_id: UUID, proposal: Proposal = PROPOSAL) -> Stream:
    """Let DoIT confirm a stream."""
    stream = schema.propose(
        session,
        SERVICE,
        proposal,
        organisation_id=organisation_id,
        officer=UPLOADER,
        now=NOON,
    )
    return schema.decide(session, stream.id, approves=True, reviewer=REVIEWER, now=NOON)


def a_member(session: Session, place: int, *, name: str = "陳美玉") -> UUID:
    """Put a member on record who has a number."""
    member = make.a_member(session, f"member-{place}", name=name)
    numbering.enter(session, member, recognise(number(place)), keyring=KEYRING, now=NOON)
    return member.id
