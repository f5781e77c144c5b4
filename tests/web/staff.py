"""Officers for tests: members with a post, signed in with more than a password."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import officers, organisations
from clients.models import Body, Organisation, OrganisationKind
from clients.officer_models import Role
from idp import acr
from kernel.wording import Bilingual
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from web.models import BrowserSession


def appoint(
    city: City, login: str, *roles: Role, organisation_id: UUID | None = None, days: int = 300
) -> UUID:
    """Enter a member with these posts; return the member's id."""
    member_id = city.enrol(login)
    with city.database() as session:
        for role in roles:
            officers.appoint(
                session,
                member_id=member_id,
                organisation_id=organisation_id,
                role=role,
                by=None,
                until=city.now + timedelta(days=days),
                now=city.now,
            )
    return member_id


def house_for(session: Session, role: Role) -> UUID | None:
    """Return an organisation at which such a post may be held; None for the Bureau's."""
    if role in officers.OF_AGENCIES:
        agency = Organisation.kind == OrganisationKind.AGENCY
        return session.scalars(select(Organisation.id).where(agency)).first()
    if role is Role.MERCHANT:
        name = Bilingual("測試商店", "Test Shop")
        return organisations.enter(session, name, Body.MERCHANT, now=make.NOON).id
    return None


def strengthen(city: City, member_id: UUID, level: int = 2) -> None:
    """Let every session of the member be one that a passkey or a card opened."""
    with city.database() as session:
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.member_id == member_id)
            .values(acr=acr.ACR[level - 1])
        )


def sign_in(city: City, login: str, member_id: UUID) -> Browser:
    """Return a browser in which this officer is signed in as strongly as work wants it."""
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id=login, password=make.PASSWORD)
    strengthen(city, member_id)
    return browser


def an_officer(city: City, role: Role = Role.REVIEWER, login: str = "rui.reviews") -> Browser:
    """Return the browser of an officer of the Bureau."""
    return sign_in(city, login, appoint(city, login, role))
