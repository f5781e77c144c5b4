"""Read one record: whose number, which word, which days; or the code of what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kernel.errors import Refused
from members import birth_days, numbers
from members.numbers import IdentityNumber
from services.card_faces import LONGEST_NUMBER, Face
from services.consolidation_files import Cells, Record, Unreadable
from services.consolidation_judging import Said
from services.consolidation_schema import Field
from services.models import Activation

STATES: Mapping[str, Activation] = {
    "已開通": Activation.ACTIVATED,
    "開通": Activation.ACTIVATED,
    "activated": Activation.ACTIVATED,
    "未開通": Activation.NOT_ACTIVATED,
    "not_activated": Activation.NOT_ACTIVATED,
}
STATE_UNKNOWN = "consolidation.state_unknown"
DAY_IMPOSSIBLE = "consolidation.day_impossible"
CARD_UNREADABLE = "consolidation.card_unreadable"
_CARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One record that can be used; what is personal in it stays out of every message."""

    number: IdentityNumber
    name: str = field(repr=False)
    said: Said


def read(record: Record, *, today: date) -> Entry | str:
    """Return what the record says, or the code of what is wrong with it."""
    if isinstance(record, Unreadable):
        return record.code
    try:
        number = numbers.recognise(record[Field.NUMBER])
        said = _said(record, today=today)
    except (Refused, Unreadable) as wrong:
        return wrong.code
    return Entry(number=number, name=record.get(Field.NAME, ""), said=said)


def _said(cells: Cells, *, today: date) -> Said:
    state = STATES.get(cells[Field.STATE])
    if state is None:  # a suspension is for a verified finding alone (6(3))
        raise Unreadable(STATE_UNKNOWN)
    as_of = _day(cells[Field.AS_OF], today=today)
    began, face = cells.get(Field.SINCE, ""), _face(cells)
    if state is Activation.NOT_ACTIVATED:
        if began:
            raise Unreadable(DAY_IMPOSSIBLE)
        return Said(state=state, since=None, as_of=as_of, face=face)
    since = _day(began, today=as_of) if began else None
    return Said(state=state, since=since, as_of=as_of, face=face)


def _face(cells: Cells) -> Face | None:
    number, until = cells.get(Field.CARD, ""), cells.get(Field.CARD_UNTIL, "")
    if not number and not until:
        return None
    if len(number) > LONGEST_NUMBER or not _CARD.fullmatch(number):
        raise Unreadable(CARD_UNREADABLE)
    return Face(number=number, until=_day(until, today=date.max) if until else None)


def _day(typed: str, *, today: date) -> date:
    try:
        day = birth_days.read_day(typed)
    except Refused:
        raise Unreadable(DAY_IMPOSSIBLE) from None
    if day > today:
        raise Unreadable(DAY_IMPOSSIBLE)
    return day
