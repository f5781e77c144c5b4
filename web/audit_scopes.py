"""Say whose acts belong to an agency or to a counter: its people and its clients."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import organisations
from clients.models import Client, Organisation, OrganisationKind
from clients.officer_models import OfficerPost
from counters.models import Clerk, Counter
from kernel.errors import Refused
from kernel.wording import Bilingual


@dataclass(frozen=True)
class Scope:
    """The members who act for somebody, and the clients it runs."""

    actors: frozenset[UUID]
    clients: frozenset[UUID]


def of(session: Session, organisation_id: UUID, counter_id: UUID | None) -> Scope:
    """Return who acted for an agency, or at one counter, now or ever."""
    clerks = select(Clerk.member_id).join(Counter, Counter.id == Clerk.counter_id)
    if counter_id is not None:
        found = session.scalars(clerks.where(Counter.id == counter_id))
        return Scope(frozenset(found), frozenset())
    at_desks = session.scalars(clerks.where(Counter.organisation_id == organisation_id)).all()
    officers = session.scalars(
        select(OfficerPost.member_id).where(OfficerPost.organisation_id == organisation_id)
    )
    clients = session.scalars(select(Client.id).where(Client.organisation_id == organisation_id))
    return Scope(frozenset({*at_desks, *officers}), frozenset(clients))


def heir(session: Session, organisation_id: UUID) -> UUID | None:
    """Return who answers: the agency itself, its successor once it ended, or nobody."""
    return organisations.heir(session, organisations.get(session, organisation_id))


def choices(session: Session) -> dict[str, Bilingual]:
    """Return every agency and every counter there is, each under its key in a form."""
    agencies = session.execute(
        select(Organisation.id, Organisation.name_zh, Organisation.name_en)
        .where(Organisation.kind == OrganisationKind.AGENCY)
        .order_by(Organisation.name_zh)
    )
    found = {f"agency/{row.id}": Bilingual(row.name_zh, row.name_en) for row in agencies}
    counters = session.execute(
        select(Counter.id, Counter.name_zh, Counter.name_en).order_by(Counter.name_zh)
    )
    return found | {f"counter/{row.id}": Bilingual(row.name_zh, row.name_en) for row in counters}


def chosen(session: Session, key: str) -> tuple[UUID, UUID | None]:
    """Return the agency, and the counter if it is one. Raises Refused `audit.incomplete`."""
    kind, _, written = key.partition("/")
    try:
        wanted = UUID(written)
    except ValueError:
        raise Refused("audit.incomplete") from None
    if kind == "counter":
        counter = session.get(Counter, wanted)
        if counter is not None:
            return counter.organisation_id, counter.id
    elif kind == "agency" and session.get(Organisation, wanted) is not None:
        return wanted, None
    raise Refused("audit.incomplete")


def names(session: Session) -> dict[UUID, Bilingual]:
    """Return how the audited are called."""
    return {UUID(key.split("/")[1]): name for key, name in choices(session).items()}
