"""An agency with services, a shop with an offer, and figures that make its groups large."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from clients.models import Client
from kernel.wording import Bilingual
from members.models import Member
from services import activations, offers, populations, suspensions
from services.activations import Provenance
from services.models import Activation, Channel, Offer, Service
from services.offers import Terms
from services.suspensions import Act
from tests import make
from tests.make import NOON

KEYED = Provenance(channel=Channel.KEYED, actor="clerk-7", reference="case-1")
TODAY = date(2026, 11, 23)
RULE: dict[str, Any] = {"any_of": [{"age_at_least": 65}, {"activated": "senior_card"}]}
TERMS = Terms(
    title=Bilingual("敬老九折", "Ten per cent off"),
    rule=RULE,
    document_number="字第 1 號",
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
PEOPLE = {
    populations.EVERYBODY: 10_000,
    '{"age_at_least":65}': 2_000,
    '{"activated":"senior_card"}': 1_900,
    '{"activated":"disability_card"}': 300,
    '{"activated":"low_income"}': 40,
}


def an_agency(session: Session, client_id: str = "library") -> Client:
    """Return an agency's client with the two services of this city."""
    agency = make.a_client(session, client_id)
    for code in ("senior_card", "disability_card", "low_income", "library_card"):
        activations.open_service(
            session,
            agency.organisation_id,
            code,
            Bilingual(code, code),
            sensitive=False,
            now=NOON,
        )
    return agency


def noted(
    session: Session,
    agency: Client,
    member: Member,
    code: str = "senior_card",
    state: Activation = Activation.ACTIVATED,
    *,
    as_of: date = TODAY,
    provenance: Provenance = KEYED,
) -> Service:
    """Let the agency note something about a member."""
    service = activations.get_service(session, code)
    if state is Activation.SUSPENDED:
        noted(session, agency, member, code, as_of=as_of, provenance=provenance)
        suspended(session, member.id, service)
        return service
    activations.note(
        session,
        service,
        state,
        provenance,
        member_id=member.id,
        organisation_id=agency.organisation_id,
        as_of=as_of,
        now=NOON,
    )
    return service


def suspended(session: Session, member_id: UUID, service: Service) -> None:
    """Let the service be suspended, as upon a finding."""
    act = Act(member_id=member_id, service=service, actor=UUID(int=7), reference="A-FINDING")
    assert suspensions.suspend(session, act, now=NOON)


def figures(session: Session, **changes: int) -> None:
    """Enter the city's figures; `changes` by the name of a service."""
    people = PEOPLE | {f'{{"activated":"{name}"}}': count for name, count in changes.items()}
    for condition, count in people.items():
        publish(session, condition, count)


def publish(
    session: Session, condition: str, people: int, *, as_of: date = TODAY, now: datetime = NOON
) -> None:
    """Enter a published figure."""
    populations.enter(
        session, condition, people, source="test", document="table 1", as_of=as_of, now=now
    )


def purpose_of(shop: Client, code: str = "senior-10-percent") -> UUID:
    """Return the id of one of the shop's purposes."""
    return next(each.id for each in shop.purposes if each.code == code)


def submitted(
    session: Session, shop: Client, code: str = "senior-10-percent", **changes: Any
) -> Offer:
    """Put an offer forward."""
    return offers.submit(session, purpose_of(shop, code), replace(TERMS, **changes), now=NOON)


def approved(
    session: Session, shop: Client, code: str = "senior-10-percent", **changes: Any
) -> Offer:
    """Put an offer into force."""
    offer = submitted(session, shop, code, **changes)
    return offers.approve(session, offer.id, approval_number="字第 2 號", smallest=50, now=NOON)
