"""Settle the city's services, what they noted about the personas, and the café's offer."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients import registry
from clients.models import Body, Organisation, OrganisationKind
from kernel import clock
from kernel.wording import Bilingual
from members import register
from services import activations, offers, populations
from services.activations import Provenance
from services.models import Activation, Channel, Offer, Service

LIBRARY, CAFE, OFFER = "taipei-library", "goodday-cafe", "senior-10-percent"
SMALLEST = 50
WELFARE_SERVICE = "senior_card"  # of the department that has no client here
SERVICES = {
    "library_card": (Bilingual("圖書借閱證", "Library card"), False),
    "senior_card": (Bilingual("敬老卡", "Senior card"), False),
    "disability_card": (Bilingual("愛心卡", "Disability card"), True),
    "low_income": (Bilingual("低收入戶資格", "Low-income status"), True),
}
ACTIVATED, NOT_ACTIVATED = Activation.ACTIVATED, Activation.NOT_ACTIVATED
NOTES = (  # who, which service, what was noted, whether the member says that it is wrong
    ("mei.chen", "library_card", ACTIVATED, False),
    ("mei.chen", "disability_card", NOT_ACTIVATED, False),
    ("shou.zhou", "senior_card", ACTIVATED, False),
    ("fu.wu", "senior_card", NOT_ACTIVATED, True),
    ("daming.wang", "low_income", ACTIVATED, False),
    ("zhen.li", "disability_card", ACTIVATED, False),
)
RULE = {
    "any_of": [
        {"age_at_least": 65},
        {"activated": "senior_card"},
        {"activated": "disability_card"},
        {"activated": "low_income"},
    ]
}
PEOPLE = {  # made up, of the right size
    populations.EVERYBODY: 2_480_000,
    '{"age_at_least":65}': 560_000,
    '{"activated":"senior_card"}': 540_000,
    '{"activated":"disability_card"}': 120_000,
    '{"activated":"low_income"}': 45_000,
}


def settle(session: Session, *, now: datetime) -> None:
    """Add what is missing; a city that has its services already is left alone."""
    if session.scalar(select(Service.id).limit(1)) is not None:
        return
    library = registry.get(session, LIBRARY).organisation_id
    welfare = _welfare(session, now=now)
    provenance = Provenance(channel=Channel.KEYED, actor="demo", reference="demo")
    for code, (name, sensitive) in SERVICES.items():
        agency = library if code == "library_card" else welfare
        activations.open_service(session, agency, code, name, sensitive=sensitive, now=now)
    for login, code, state, disputed in NOTES:
        member = register.find_by_login(session, login)
        if member is None:
            continue
        service = activations.get_service(session, code)
        activations.note(
            session,
            service,
            state,
            provenance,
            member_id=member.id,
            organisation_id=service.organisation_id,
            as_of=clock.taipei_day(now) - timedelta(days=30),
            now=now,
        )
        if disputed:
            activations.dispute(session, code, member_id=member.id, now=now)
    _offer(session, now=now)


def _welfare(session: Session, *, now: datetime) -> UUID:
    """Enter the department that knows who is old, disabled or poor; it has no client here."""
    organisation = Organisation(
        kind=OrganisationKind.AGENCY,
        body=Body.DEPARTMENT,
        name_zh="臺北市政府社會局（示範）",
        name_en="Department of Social Welfare (demo)",
        created_at=now,
    )
    session.add(organisation)
    session.flush()
    return organisation.id


def _offer(session: Session, *, now: datetime) -> Offer:
    today = clock.taipei_day(now)
    for condition, people in PEOPLE.items():
        populations.enter(
            session, condition, people, source="demo", document="demo", as_of=today, now=now
        )
    purpose = next(each for each in registry.get(session, CAFE).purposes if each.code == OFFER)
    terms = offers.Terms(
        title=Bilingual("敬老九折", "Ten per cent off for seniors"),
        rule=RULE,
        document_number="合成字第 1150000001 號",
        valid_from=date(today.year, 1, 1),
        valid_until=date(today.year + 1, 12, 31),
    )
    offer = offers.submit(session, purpose.id, terms, now=now)
    return offers.approve(
        session, offer.id, approval_number="合成字第 1150000002 號", smallest=SMALLEST, now=now
    )
