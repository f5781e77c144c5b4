"""Look every night for what was written past the service, member by member (7(9), AT7.9).

A round is a chain of jobs, each for some hundred members in a transaction of its own: a worker that
dies loses one portion, and memory is that of a portion. What looks wrong is looked at once more
with the rows locked, so that a write at the same moment is no finding. Nothing is ever put right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail
from kernel import jobs
from kernel.clock import TAIPEI, taipei_day
from kernel.db import Sessions, transaction
from kernel.jobs import Work
from kernel.keyring import Keyring
from kernel.working import do_one
from members import record_rules, records
from members.record_models import Discrepancy, RecordCheck, RecordFinding
from services import note_checks
from web import record_reading
from web.record_reading import Record

KIND = "records.check"
PORTION = 500
FIRST_HOUR = 2  # in Taipei, when little is written
SETTLED = timedelta(hours=1)  # longer than any transaction: nothing older is still to come
LABEL = "record-seal/v1"
ABOUT_SEALS = frozenset({Discrepancy.HISTORY_CHANGED, Discrepancy.SEAL_GONE})
NOTES = {
    Discrepancy.NOTE_UNFOUNDED: note_checks.unfounded,
    Discrepancy.NOTE_GONE: note_checks.gone,
}


@dataclass(frozen=True)
class Found:
    """One discrepancy: whose, what, and at which service."""

    member_id: UUID
    what: Discrepancy
    subject: str = ""


def ask(make: Sessions, *, now: datetime) -> None:
    """Let the round of this night begin, once."""
    if now.astimezone(TAIPEI).hour < FIRST_HOUR:
        return
    with transaction(make) as session:
        if not records.was_begun(session, taipei_day(now)):
            begin(session, now=now)


def begin(session: Session, *, now: datetime) -> UUID | None:
    """Begin a round and let its first portion be done; None if this day has one."""
    check = records.begin(session, now=now)
    if check is None:
        return None
    jobs.enqueue(session, KIND, {"check": str(check.id), "after": None}, now=now)
    return check.id


class RecordChecker:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, keyring: Keyring, *, portion: int = PORTION) -> None:
        """Look at so many members a time."""
        self._make, self._keyring = make, keyring
        self._portion = portion

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Do one portion and let the next be done; one that was done already is left alone."""
        with transaction(self._make) as session:
            check_id = UUID(work.payload["check"])
            check = session.get(RecordCheck, check_id, with_for_update=True)  # one worker a portion
            if check is None or check.finished_at or _text(check.after) != work.payload["after"]:
                return
            self._step(session, check, now=now)

    def _step(self, session: Session, check: RecordCheck, *, now: datetime) -> None:
        ids = records.some_after(session, check.after, most=self._portion)
        found = self._examine(session, check, ids, now=now)
        is_last = len(ids) < self._portion
        records.advance(check, ids, found=found, is_last=is_last, now=now)
        if not is_last:
            payload = {"check": str(check.id), "after": str(ids[-1])}
            jobs.enqueue(session, KIND, payload, now=now)
            return
        trail.record(
            session,
            "records.checked",
            actor=None,
            now=now,
            seen=check.seen,
            found=check.found,
            day=check.day.isoformat(),
        )

    def _examine(
        self, session: Session, check: RecordCheck, ids: Sequence[UUID], *, now: datetime
    ) -> int:
        look = _Look(self._keyring, record_reading.codes(session), records.earlier(session, check))
        seen = record_reading.read(session, ids)
        suspects = [key for key, record in seen.items() if any(look.at(record))]
        surely = record_reading.read(session, suspects, locked=True) if suspects else {}
        wrong = [found for record in surely.values() for found in look.at(record)]
        broken = {each.member_id for each in wrong if each.what in ABOUT_SEALS}
        for member_id in seen.keys() - broken:
            look.seal(session, surely.get(member_id, seen[member_id]), now=now)
        for each in wrong:
            records.report(session, each.member_id, each.what, each.subject, now=now)
        return len(wrong)  # also what is known from a night before: it is still so


def at_once(make: Sessions, keyring: Keyring, *, now: datetime) -> Sequence[RecordFinding]:
    """Do this day's round here instead of in a worker; return what nobody has explained."""
    with transaction(make) as session:
        begin(session, now=now)
    while do_one(make, {KIND: RecordChecker(make, keyring)}, now=now):
        pass
    with transaction(make) as session:
        return records.open_findings(session)


def renew(session: Session, keyring: Keyring, finding: RecordFinding, *, now: datetime) -> None:
    """Seal a past anew, once somebody has explained why it differs from its seal."""
    if finding.what in ABOUT_SEALS:
        read = record_reading.read(session, [finding.member_id])
        for record in read.values():
            _Look(keyring, {}, None).seal(session, record, now=now)


def _text(after: UUID | None) -> str | None:
    return None if after is None else str(after)


class _Look:
    """How each member of a portion is looked at."""

    def __init__(
        self, keyring: Keyring, codes: Mapping[UUID, str], earlier: datetime | None
    ) -> None:
        self._keyring = keyring
        self._key = keyring.derive(LABEL)
        self._codes = codes
        self._earlier = earlier  # when the round before began

    def at(self, record: Record) -> Iterator[Found]:
        """Yield what is wrong with one member's record."""
        member = record.member
        own = [
            *record_rules.values(member, record.changes, keyring=self._keyring),
            *record_rules.standing(member, record.orders, record.lines),
            *record_rules.history(
                member.id,
                record.past(),
                record.seal,
                key=self._key,
                seen_before=self._earlier is not None and member.approved_at < self._earlier,
            ),
        ]
        yield from (Found(member.id, what) for what in own)
        for what, find in NOTES.items():
            for service_id in find(record.notes, record.events):
                yield Found(member.id, what, self._codes.get(service_id, ""))

    def seal(self, session: Session, record: Record, *, now: datetime) -> None:
        """Seal what is settled of the past; what was sealed before is part of it."""
        until = now - SETTLED
        past = record_rules.until(record.past(), until)
        mac = record_rules.chain(self._key, record.member.id, past)
        records.seal(session, record.member.id, record.seal, until=until, mac=mac)
