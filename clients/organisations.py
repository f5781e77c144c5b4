"""Look after organisations: enter, rename from a day on, place under another, end (2(1)).

What is decided takes effect by the calendar, never for a day that has begun: what was said of an
organisation yesterday stays true (docs/decisions/0116).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import Body, Organisation, OrganisationKind
from clients.organisation_models import OrganisationName
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual

LONGEST_NAME = 200  # characters
LONGEST_NUMBER = 100
OF_AGENCIES = frozenset(Body) - {Body.MERCHANT}


def enter(
    session: Session,
    name: Bilingual,
    body: Body,
    *,
    parent_id: UUID | None = None,
    now: datetime,
) -> Organisation:
    """Enter an agency, or a merchant whose contract is yet to be recorded.

    Raises Refused `organisation.name_missing`, `organisation.parent_invalid`.
    """
    kind = OrganisationKind.AGENCY if body in OF_AGENCIES else OrganisationKind.MERCHANT
    words = _named(name)
    organisation = Organisation(
        id=new_id(), kind=kind, body=body, name_zh=words.zh, name_en=words.en, created_at=now
    )
    if parent_id is not None:
        _require_parent(_tree(session), organisation, parent_id)
        organisation.parent_id = parent_id
    session.add(organisation)
    session.flush()
    return organisation


def get(session: Session, organisation_id: UUID) -> Organisation:
    """Return an organisation, ended or not. Raises NotFound."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("organisation.not_found")
    return found


def called(session: Session, name: str) -> Sequence[Organisation]:
    """Return who is called so in either language; those that have ended are not."""
    either = (Organisation.name_zh == name) | (Organisation.name_en == name)
    return session.scalars(
        select(Organisation)
        .where(either, Organisation.ended_at.is_(None))
        .order_by(Organisation.id)
    ).all()


def listed(session: Session, kind: OrganisationKind) -> Sequence[Organisation]:
    """Return the organisations of a kind, ended ones included, by name."""
    return session.scalars(
        select(Organisation)
        .where(Organisation.kind == kind)
        .order_by(Organisation.name_zh, Organisation.id)
    ).all()


def move(session: Session, organisation: Organisation, parent_id: UUID | None) -> None:
    """Place an agency under another, or under none.

    Of two moves at once the second sees the first, so that no circle can close. Raises Refused
    `organisation.parent_invalid`.
    """
    tree = _tree(session)
    if parent_id is not None:
        _require_parent(tree, organisation, parent_id)
    organisation.parent_id = parent_id
    session.flush()


def _tree(session: Session) -> Mapping[UUID, UUID | None]:
    """Return the parent of each living agency, and keep others from moving any until the end."""
    rows = session.execute(
        select(Organisation.id, Organisation.parent_id)
        .where(Organisation.kind == OrganisationKind.AGENCY, Organisation.ends_on.is_(None))
        .order_by(Organisation.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.parent_id for row in rows}


def _require_parent(
    tree: Mapping[UUID, UUID | None], organisation: Organisation, parent_id: UUID
) -> None:
    above: UUID | None = parent_id
    is_agency = organisation.kind is OrganisationKind.AGENCY
    if not is_agency or parent_id not in tree:
        raise Refused("organisation.parent_invalid")
    while above is not None:
        if above == organisation.id:
            raise Refused("organisation.parent_invalid")
        above = tree.get(above)


# Names


def rename(
    session: Session,
    organisation: Organisation,
    name: Bilingual,
    *,
    from_on: date,
    document_number: str,
    by: UUID | None,
    now: datetime,
) -> None:
    """Let an organisation be called otherwise from a day to come.

    Raises Refused `organisation.name_missing`, `.document_missing`, `.day_begun`,
    `.renamed_already` for a day that has a name already.
    """
    words, number = _named(name), _number(document_number)
    _require_ahead(from_on, now=now)
    _keep_first_name(session, organisation)
    values = {
        "id": new_id(),
        "organisation_id": organisation.id,
        "from_on": from_on,
        "name_zh": words.zh,
        "name_en": words.en,
        "document_number": number,
        "recorded_by": by,
        "recorded_at": now,
    }
    if not insert_once(session, OrganisationName, values):
        raise Refused("organisation.renamed_already")


def _keep_first_name(session: Session, organisation: Organisation) -> None:
    has_names = select(OrganisationName.id).where(
        OrganisationName.organisation_id == organisation.id
    )
    if session.scalar(has_names.limit(1)) is not None:
        return
    first = {
        "id": new_id(),
        "organisation_id": organisation.id,
        "from_on": taipei_day(organisation.created_at),
        "name_zh": organisation.name_zh,
        "name_en": organisation.name_en,
        "document_number": "",
        "recorded_at": organisation.created_at,
        "taken_at": organisation.created_at,
    }
    insert_once(session, OrganisationName, first)


def names(session: Session, organisation_id: UUID) -> Sequence[OrganisationName]:
    """Return the names of an organisation that was renamed, the first one first."""
    return session.scalars(
        select(OrganisationName)
        .where(OrganisationName.organisation_id == organisation_id)
        .order_by(OrganisationName.from_on)
    ).all()


def name_at(session: Session, organisation_id: UUID, *, on: date) -> Bilingual:
    """Return what an organisation is called on a day; before its first day, its first name.

    Raises NotFound.
    """
    known = names(session, organisation_id)
    if not known:
        only = get(session, organisation_id)
        return Bilingual(only.name_zh, only.name_en)
    found = [each for each in known if each.from_on <= on] or known[:1]
    return Bilingual(found[-1].name_zh, found[-1].name_en)


# Endings


def end(
    session: Session,
    organisation: Organisation,
    *,
    on: date,
    successor_id: UUID | None,
    now: datetime,
) -> None:
    """Let an agency be no more from a day to come; its services go to the successor then.

    Raises Refused `organisation.day_begun`, `organisation.ended`,
    `organisation.successor_invalid` for none that will be there, `organisation.has_children`.
    """
    _require_ahead(on, now=now)
    tree = _tree(session)
    # Asked anew, behind the lock: who was entered below it while this waited is not in the tree.
    below = select(Organisation.id).where(
        Organisation.parent_id == organisation.id, Organisation.ends_on.is_(None)
    )
    if session.scalar(below.limit(1)) is not None:
        raise Refused("organisation.has_children")
    if successor_id is not None and (successor_id == organisation.id or successor_id not in tree):
        raise Refused("organisation.successor_invalid")
    ended = session.execute(
        update(Organisation)
        .where(Organisation.id == organisation.id, Organisation.ends_on.is_(None))
        .values(ends_on=on, successor_id=successor_id)
        .execution_options(synchronize_session="fetch")
    )
    if changed(ended) != 1:
        raise Refused("organisation.ended")


# The calendar


def take_names(session: Session, *, now: datetime) -> list[UUID]:
    """Let every name whose day has come be the organisation's; return whose they are."""
    due = session.scalars(
        select(OrganisationName)
        .where(OrganisationName.taken_at.is_(None), OrganisationName.from_on <= taipei_day(now))
        .order_by(OrganisationName.from_on)
    ).all()
    return [each.organisation_id for each in due if _take(session, each, now=now)]


def _take(session: Session, name: OrganisationName, *, now: datetime) -> bool:
    taken = session.execute(
        update(OrganisationName)
        .where(OrganisationName.id == name.id, OrganisationName.taken_at.is_(None))
        .values(taken_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed(taken) != 1:
        return False  # another worker did
    session.execute(
        update(Organisation)
        .where(Organisation.id == name.organisation_id)
        .values(name_zh=name.name_zh, name_en=name.name_en)
        .execution_options(synchronize_session="fetch")
    )
    return True


def close_ended(session: Session, *, now: datetime) -> Sequence[Organisation]:
    """Close the organisations whose last day is over, each once; return them."""
    due = update(Organisation).where(
        Organisation.ends_on <= taipei_day(now), Organisation.ended_at.is_(None)
    )
    closed = session.scalars(
        due.values(ended_at=now)
        .returning(Organisation)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return closed.all()


def heir(session: Session, organisation: Organisation) -> UUID | None:
    """Return who goes on with the services: the successor, or who took its place meanwhile."""
    seen = {organisation.id}
    at = organisation
    while at.ended_at is not None and at.successor_id is not None and at.successor_id not in seen:
        seen.add(at.successor_id)
        at = get(session, at.successor_id)
    return at.id if at.ended_at is None else None


def _require_ahead(day: date, *, now: datetime) -> None:
    if day <= taipei_day(now):
        raise Refused("organisation.day_begun")


def _named(name: Bilingual) -> Bilingual:
    words = Bilingual(name.zh.strip(), name.en.strip())
    if not all(each and len(each) <= LONGEST_NAME for each in words):
        raise Refused("organisation.name_missing")
    return words


def _number(document_number: str) -> str:
    number = document_number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused("organisation.document_missing")
    return number
