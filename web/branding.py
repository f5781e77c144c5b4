"""What the service is called today, and on any day before: rows, decided by two (2(7)).

Every name is known a day before it holds, so a process that reads the rows every few seconds
changes exactly at midnight. Until a first row holds, the settings' name does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from kernel.wording import Bilingual
from web.brand_models import Brand, BrandState

FRESH = timedelta(seconds=10)
NOTHING = Bilingual("", "")
LONGEST_NAME, LONGEST_CONTACT, LONGEST_NUMBER = 100, 200, 100
_APPROVED = Prebuilt(
    select(
        Brand.from_on,
        Brand.name_zh,
        Brand.name_en,
        Brand.contact_zh,
        Brand.contact_en,
        Brand.logo,
    )
    .where(Brand.state == BrandState.APPROVED)
    .order_by(Brand.from_on)
)


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What pages and letters say of the service, and the picture beside it (`clients.logos`)."""

    name: Bilingual
    contact: Bilingual = NOTHING
    logo: str | None = None


class Branding:
    """The names as one process knows them."""

    def __init__(self, first: Bilingual) -> None:
        """Use the settings' name until a row holds."""
        self._first = Wording(name=first)
        self._rows: Sequence[tuple[date, Wording]] = ()
        self._read_at: datetime | None = None

    def refresh(self, session: Session, *, now: datetime) -> None:
        """Read the rows again if they were read more than a few seconds ago."""
        if self._read_at is not None and timedelta(0) <= now - self._read_at < FRESH:
            return
        self._rows = _read(session)
        self._read_at = now

    def at(self, moment: datetime) -> Wording:
        """Return what held at this moment, as far as this process has read."""
        return _holding(self._rows, taipei_day(moment)) or self._first


def named(session: Session, first: Bilingual, *, at: datetime) -> Bilingual:
    """Return the service's name at a moment, by the database."""
    found = _holding(_read(session), taipei_day(at))
    return first if found is None else found.name


def _read(session: Session) -> Sequence[tuple[date, Wording]]:
    return [
        (
            row.from_on,
            Wording(
                name=Bilingual(row.name_zh, row.name_en),
                contact=Bilingual(row.contact_zh, row.contact_en),
                logo=row.logo,
            ),
        )
        for row in _APPROVED.all(session, {})
    ]


def _holding(rows: Sequence[tuple[date, Wording]], day: date) -> Wording | None:
    held = [wording for from_on, wording in rows if from_on <= day]
    return held[-1] if held else None


# Changing it


def propose(
    session: Session,
    wording: Wording,
    *,
    from_on: date,
    document_number: str,
    by: UUID,
    now: datetime,
) -> Brand | None:
    """Propose a name from a day to come on; None if this person's equal proposal waits already.

    Raises Refused `brand.incomplete`, `brand.day_begun`.
    """
    number = document_number.strip()
    fits = (
        *(0 < len(each) <= LONGEST_NAME for each in wording.name),
        *(len(each) <= LONGEST_CONTACT for each in wording.contact),
        bool(wording.contact.zh) == bool(wording.contact.en),
        0 < len(number) <= LONGEST_NUMBER,
    )
    if not all(fits):
        raise Refused("brand.incomplete")
    _require_ahead(from_on, now=now)
    said = {
        "from_on": from_on,
        "name_zh": wording.name.zh,
        "name_en": wording.name.en,
        "contact_zh": wording.contact.zh,
        "contact_en": wording.contact.en,
        "logo": wording.logo,
        "document_number": number,
        "state": BrandState.PROPOSED,
        "proposed_by": by,
    }
    if session.scalar(select(Brand.id).filter_by(**said).limit(1)) is not None:
        return None  # the form was sent twice
    brand = Brand(id=new_id(), **said, proposed_at=now)
    session.add(brand)
    session.flush()
    return brand


def decide(session: Session, brand_id: UUID, *, approved: bool, by: UUID, now: datetime) -> Brand:
    """Approve a proposal of somebody else's, or refuse it.

    Raises NotFound; Refused `case.self_dealing`, `brand.day_begun`, `brand.day_taken`,
    `case.wrong_state`.
    """
    brand = session.get(Brand, brand_id)
    if brand is None:
        raise NotFound("brand.not_found")
    if brand.proposed_by == by:
        raise Refused("case.self_dealing")
    if approved:
        _require_ahead(brand.from_on, now=now)
    state = BrandState.APPROVED if approved else BrandState.REFUSED
    decision = (
        update(Brand)
        .where(Brand.id == brand_id, Brand.state == BrandState.PROPOSED, Brand.proposed_by != by)
        .values(state=state, decided_by=by, decided_at=now)
        .execution_options(synchronize_session="fetch")
    )
    try:
        with session.begin_nested():
            decided = changed(session.execute(decision))
    except IntegrityError:
        raise Refused("brand.day_taken") from None
    if decided != 1:
        raise Refused("case.wrong_state")
    return brand


def _require_ahead(day: date, *, now: datetime) -> None:
    if day <= taipei_day(now):
        raise Refused("brand.day_begun")


def listed(session: Session) -> Sequence[Brand]:
    """Return every name that was proposed, the latest first day first."""
    return session.scalars(select(Brand).order_by(Brand.from_on.desc(), Brand.id.desc())).all()
