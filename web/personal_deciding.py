"""Decide about a change that needs evidence, and write what was granted (AT2.8.5b, 5.6).

A number goes to the member's numbers, a birth date takes its consequences along, the rest is
written; the decision, its consequences and the notice are one transaction.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit import footprint, trail
from audit.lines import Kind
from consent.representation import Table
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import birth_days, change_requests, changes, numbering, numbers, person_names, register
from members.change_models import ChangeRequest, Channel
from members.change_requests import Seen
from members.changes import Source
from web import notices
from web.birth_dates import Record
from web.mails import Mail
from web.personal_changes import Writing

CLAIMS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"name": ("name", "family_name", "given_name", "middle_name")}
)
GENDERS = {"女": "female", "男": "male", "female": "female", "male": "male"}
_CITY = re.compile("..[市縣]")


def require_readable(field: str, wanted: str, *, today: date) -> None:
    """Refuse what could never be granted.

    Raises Refused `change.value_…`, `idno.…`, `name.format` or `member.birthdate_impossible`.
    """
    text = wanted.strip()
    if not text:
        raise Refused("change.value_missing")
    if field == "number":
        numbers.recognise(text)
    elif field == "birthdate":
        _day(text, today=today)
    elif field in {"name", "gender", "address", "residence"}:
        _values(field, text)


def _day(text: str, *, today: date) -> date:
    try:
        return date.fromisoformat(birth_days.read(text, today=today))
    except ValueError:  # known in part
        raise Refused("change.value_unreadable") from None


def _values(field: str, text: str) -> dict[str, Any]:  # claims are JSON
    """Return what is written for a field that is only written."""
    if field == "name":
        # Nobody's name is split by guessing: the parts are not known any more.
        return {**dict.fromkeys(CLAIMS_OF["name"]), "name": person_names.read(text)}
    if field == "gender":
        if text.casefold() not in GENDERS:
            raise Refused("change.value_unreadable")
        return {"gender": GENDERS[text.casefold()]}
    if field == "address":
        city = _CITY.match(text.replace("台", "臺"))
        where = {"locality": city[0]} if city else {}
        return {"address": {"formatted": text, "country": "TW", **where}}
    return {field: text}


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """Where changes are decided: by which officer, with which keys and table."""

    session: Session
    keyring: Keyring
    table: Table
    by: UUID
    now: datetime

    def show(self, request: ChangeRequest, seen: Seen) -> None:
        """Note that a counter saw the documents; see `members.change_requests.show`."""
        change_requests.show(self.session, request, seen, now=self.now)
        self._note(request, "documented")

    def decide(self, request: ChangeRequest, *, granted: bool, reason: str) -> None:
        """Decide, write what was granted, and tell the member.

        Raises what `members.change_requests.decide` raises, and what writing the value does.
        """
        change_requests.decide(
            self.session,
            request,
            granted=granted,
            reason=reason,
            by=self.by,
            keyring=self.keyring,
            now=self.now,
        )
        if granted:
            self._write(request, reason)
        self._note(request, "granted" if granted else "refused")
        notices.mail(
            self.session,
            Mail.CHANGE_DECIDED,
            member_id=request.member_id,
            language=request.language,
            now=self.now,
        )

    def _note(self, request: ChangeRequest, step: str) -> None:
        footprint.record(
            self.session,
            Kind.CHANGE_MOVED,
            member_id=request.member_id,
            now=self.now,
            reference=request.reference,
            step=step,
        )
        trail.record(
            self.session,
            f"change.{step}",
            actor=self.by,
            subject=request.member_id,
            now=self.now,
            reference=request.reference,
            field=request.field,
        )

    def _source(self, request: ChangeRequest) -> Source:
        return Source(
            channel=Channel.CITY,
            actor_id=self.by,
            counter_id=request.counter_id,
            case_reference=request.reference,
        )

    def _write(self, request: ChangeRequest, reason: str) -> None:
        member = register.get(self.session, request.member_id)
        wanted = change_requests.wanted(request, member, keyring=self.keyring)
        if request.field == "number":
            self._number(request, wanted)
        elif request.field == "birthdate":
            born = _day(wanted, today=taipei_day(self.now))
            self._birth_date(request, born, reason)
        else:
            writing = Writing(
                session=self.session,
                member_id=request.member_id,
                source=self._source(request),
                language=request.language,
                keyring=self.keyring,
                now=self.now,
            )
            writing.write(_values(request.field, wanted), reason=reason)

    def _number(self, request: ChangeRequest, wanted: str) -> None:
        member, number = register.get(self.session, request.member_id), numbers.recognise(wanted)
        numbering.enter(self.session, member, number, keyring=self.keyring, now=self.now)
        changes.note(
            self.session,
            member.id,
            "number",
            self._source(request),
            keyring=self.keyring,
            now=self.now,
        )
        footprint.record(self.session, Kind.NUMBER_ENTERED, member_id=member.id, now=self.now)

    def _birth_date(self, request: ChangeRequest, born: date, reason: str) -> None:
        record = Record(
            session=self.session,
            member_id=request.member_id,
            keyring=self.keyring,
            table=self.table,
            now=self.now,
            by=self.by,
        )
        record.correct(born, reason=reason or request.reference, reference=request.reference)
