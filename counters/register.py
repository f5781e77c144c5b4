"""Keep an agency's counters: register, describe, open and end them (regulation 2(2), 4-II, 5(2)).

No agency sees or changes another's: every look-up names whose it must be.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session, joinedload

from clients.models import Organisation, OrganisationKind
from counters import standing
from counters.hours import Hours
from counters.models import Closure, Counter, District, Holder
from counters.standing import Standing
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual

LONGEST = 200  # characters of a name or an address
_CODE = re.compile("[a-z][a-z0-9-]{1,31}", re.ASCII)
RESERVED = frozenset({"new", "service-days"})  # pages that stand where a counter's would
_PHONE = re.compile(r"[0-9+()#\- ]{0,32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the public is told of a counter."""

    name: Bilingual
    district: District
    address: Bilingual
    phone: str = ""
    hours: Hours
    mails_cards: bool = False

    def columns(self) -> dict[str, object]:
        """Return it as the row has it. Raises Refused `counter.incomplete`."""
        texts = (*self.name, *self.address)
        if not all(text.strip() and len(text) <= LONGEST for text in texts):
            raise Refused("counter.incomplete")
        if not _PHONE.fullmatch(self.phone):
            raise Refused("counter.incomplete")
        return {
            "name_zh": self.name.zh.strip(),
            "name_en": self.name.en.strip(),
            "district": self.district,
            "address_zh": self.address.zh.strip(),
            "address_en": self.address.en.strip(),
            "phone": self.phone.strip(),
            "hours": self.hours.kept(),
            "mails_cards": self.mails_cards,
        }


def register(
    session: Session,
    organisation_id: UUID,
    code: str,
    holder: Holder,
    described: Description,
    *,
    is_training: bool = False,
    now: datetime,
) -> Counter:
    """Enter a counter of an agency; it is closed until it has what it needs, and is opened.

    Raises Refused `counter.not_an_agency`, `.code_invalid`, `.incomplete` or `.exists`.
    """
    agency = session.get(Organisation, organisation_id)
    if agency is None or agency.kind is not OrganisationKind.AGENCY:
        raise Refused("counter.not_an_agency")
    if not is_code(code):
        raise Refused("counter.code_invalid")
    values = {
        "id": new_id(),
        "code": code,
        "organisation_id": organisation_id,
        "holder": holder,
        "is_training": is_training,
        "registered_at": now,
        **described.columns(),
    }
    if not insert_once(session, Counter, values):
        raise Refused("counter.exists")
    return get(session, code)


def is_code(text: str) -> bool:
    """Say whether a text can be a counter's code."""
    return _CODE.fullmatch(text) is not None and text not in RESERVED


def get(session: Session, code: str, *, organisation_id: UUID | None = None) -> Counter:
    """Return a counter, of this agency if one is named. Raises NotFound."""
    if not is_code(code):
        raise NotFound("counter.not_found")
    statement = select(Counter).where(Counter.code == code)
    if organisation_id is not None:
        statement = statement.where(Counter.organisation_id == organisation_id)
    counter = session.scalar(statement)
    if counter is None:
        raise NotFound("counter.not_found")
    return counter


def of_agency(session: Session, organisation_id: UUID, *, now: datetime) -> list[Standing]:
    """Return an agency's counters and how they stand, by code; ended ones are left out."""
    rows = session.scalars(
        select(Counter)
        .where(Counter.organisation_id == organisation_id, Counter.ended_at.is_(None))
        .order_by(Counter.code)
    ).all()
    return standing.of(session, rows, now=now)


def all_counters(session: Session, *, now: datetime) -> list[Standing]:
    """Return every counter, ended ones included, by code."""
    rows = session.scalars(
        select(Counter).options(joinedload(Counter.organisation)).order_by(Counter.code)
    ).all()
    return standing.of(session, rows, now=now)


def describe(session: Session, counter: Counter, described: Description) -> None:
    """Change what the public is told. Raises Refused `counter.incomplete` or `counter.ended`."""
    _change(session, counter, Counter.ended_at.is_(None), "counter.ended", **described.columns())


def open_(session: Session, counter: Counter, *, now: datetime) -> None:
    """Let a counter serve people from now on (5(1), 5(2)).

    Raises Refused `counter.below_minimum`, or a delegation's refusal; `counter.open_already`.
    """
    [at] = standing.of(session, [counter], now=now)
    if not at.matters:
        raise Refused(at.why_no_matter)
    if at.missing:
        raise Refused("counter.below_minimum")
    shut = Counter.opened_at.is_(None) & Counter.ended_at.is_(None)
    _change(session, counter, shut, "counter.open_already", opened_at=now)


def close(session: Session, counter: Counter) -> None:
    """Close a counter until it is opened again. Raises Refused `counter.closed`."""
    _change(session, counter, Counter.opened_at.is_not(None), "counter.closed", opened_at=None)


def end(session: Session, counter: Counter, *, now: datetime) -> None:
    """End a counter for good; what was done there stands. Raises Refused `counter.ended`."""
    live = Counter.ended_at.is_(None)
    _change(session, counter, live, "counter.ended", opened_at=None, ended_at=now)


def closures(session: Session, counter_id: UUID, *, now: datetime) -> Sequence[Closure]:
    """Return the counter's own days off from today on, in order."""
    return session.scalars(
        select(Closure)
        .where(Closure.counter_id == counter_id, Closure.day >= taipei_day(now))
        .order_by(Closure.day)
    ).all()


def close_on(session: Session, counter: Counter, day: date, note: str, *, now: datetime) -> None:
    """Enter a day off of this counter alone; terms move at once (8(4)).

    Raises Refused `counter.day_past`, or `counter.incomplete` without the reason people read.
    """
    if day < taipei_day(now):
        raise Refused("counter.day_past")
    if not note.strip():
        raise Refused("counter.incomplete")
    insert_once(
        session, Closure, {"counter_id": counter.id, "day": day, "note": note.strip()[:100]}
    )


def work_on(session: Session, counter: Counter, day: date) -> None:
    """Take a day off back."""
    session.execute(delete(Closure).where(Closure.counter_id == counter.id, Closure.day == day))


def _change(
    session: Session,
    counter: Counter,
    only: ColumnElement[bool],
    otherwise: str,
    **values: object,
) -> None:
    done = session.execute(
        update(Counter)
        .where(Counter.id == counter.id, only)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(done) != 1:
        raise Refused(str(otherwise))
    session.refresh(counter)
