"""Read what an officer typed about a counter; what does not fit is refused, never a crash."""

from datetime import date

from flask import request

from counters import hours
from counters.delegations import Citation, Terms
from counters.models import District, Ground, Holder, Matter, ReaderKind
from counters.readers import Make
from counters.register import Description
from kernel.errors import Refused
from kernel.lines import printable
from kernel.wording import Bilingual

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
LONGEST = 600  # characters of any field; each has its own limit besides


def typed(name: str) -> str:
    """Return a field of one line."""
    return printable(request.form.get(name, "")).strip()[:LONGEST]


def day(name: str) -> date:
    """Return a day of our time. Raises Refused `form.day_missing`."""
    try:
        found = date.fromisoformat(typed(name))
    except ValueError:
        raise Refused("form.day_missing") from None
    if not FIRST <= found <= LAST:
        raise Refused("form.day_missing")
    return found


def number(name: str) -> int:
    """Return a whole number; -1 for what is none."""
    text = typed(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("10000") else -1


def description() -> Description:
    """Return what the public is told of a counter.

    Raises Refused `counter.incomplete` or `counter.hours_invalid`.
    """
    kept = {
        weekday: [span for span in typed(weekday).replace("、", ",").split(",") if span.strip()]
        for weekday in hours.DAYS
    }
    district = next((each for each in District if each == typed("district")), None)
    if district is None:
        raise Refused("counter.incomplete")
    return Description(
        name=Bilingual(typed("name_zh"), typed("name_en")),
        district=district,
        address=Bilingual(typed("address_zh"), typed("address_en")),
        phone=typed("phone"),
        hours=hours.read(kept),
        mails_cards="mails_cards" in request.form,
    )


def holder() -> Holder:
    """Return who holds a counter. Raises Refused `counter.incomplete`."""
    for each in Holder:
        if each == typed("holder"):
            return each
    raise Refused("counter.incomplete")


def terms() -> Terms:
    """Return what an officer delegates.

    Raises Refused `delegation.incomplete` or `form.day_missing`.
    """
    ground = next((each for each in Ground if each == typed("ground")), None)
    if ground is None:
        raise Refused("delegation.incomplete")
    named = set(request.form.getlist("matters"))
    return Terms(
        ground=ground,
        provision=typed("provision"),
        document_number=typed("document_number"),
        matters=frozenset(each for each in Matter if each.value in named),
        services=frozenset(
            code[:64] for code in request.form.getlist("services") if code.isidentifier()
        ),
        cost=typed("cost"),
        starts_on=day("starts_on"),
        ends_on=day("ends_on"),
    )


def citation() -> Citation:
    """Return where a delegation was made public. Raises Refused `form.day_missing`."""
    return Citation(notice_on=day("notice_on"), gazette=typed("gazette"))


def reader() -> Make:
    """Return a reader as it is written on it. Raises Refused `reader.incomplete`."""
    kind = next((each for each in ReaderKind if each == typed("reader_kind")), None)
    if kind is None:
        raise Refused("reader.incomplete")
    return Make(serial=typed("serial"), kind=kind, model=typed("model"), firmware=typed("firmware"))


def text(name: str, *, longest: int) -> str:
    """Return a field of several lines; one that is longer than `longest` comes back too long."""
    lines = request.form.get(name, "")[: longest + 1].splitlines()
    return "\n".join(printable(each) for each in lines).strip()


def day_or_none(name: str) -> date | None:
    """Return a day, or None where none was typed. Raises Refused `form.day_missing`."""
    return day(name) if typed(name) else None
