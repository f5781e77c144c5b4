"""A counter for tests of the desk: an open one, its clerk signed in, and people who come."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from audit.models import LedgerLine
from carriers import bindings
from carriers.models import CarrierKind, Place
from clients import registry
from counters import cases, staff
from counters.case_models import Case
from counters.models import Counter, Delegation, District
from kernel.wording import Bilingual
from members import guardians, numbering
from members.models import Evidence, Member, Relation
from members.numbers import recognise
from services import activations
from services.activations import Provenance
from services.models import Activation, Channel
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff as officers

MEI, PROXY, NOBODYS = "A123456789", "H222222224", "A100000001"
GROWN = {"matter": "bind", "kind": "national", "age": "adult"}
PAPERS = ("applicant.application_form", "applicant.id_card")


@dataclass
class Office:
    """What happens at one desk."""

    city: City
    browser: Browser
    counter_id: UUID
    clerk_id: UUID
    mei: UUID

    def take_in(
        self, papers: tuple[str, ...] = PAPERS, *, idno: str = MEI, **fields: Any
    ) -> TestResponse:
        """Fill the form in as far as said, and send it."""
        first = {name: str(fields.pop(name, value)) for name, value in GROWN.items()}
        first |= {"by_proxy": str(fields.pop("by_proxy", ""))}
        first |= {"service": str(fields.pop("service", "")), "slip": str(fields.pop("slip", ""))}
        page = self.browser.get("/counter/intake", first)
        assert page.status_code == 200, page.text
        form = {**hidden(page), "idno": idno, "decision": "accept", **fields, "paper": papers}
        # A tuple would be a file to upload.
        sent = {name: list(x) if isinstance(x, tuple) else x for name, x in form.items()}
        return self.browser.post("/counter/intake", sent)

    def opened(self, *papers: str, **fields: Any) -> str:
        """Take a matter in and return its number."""
        response = self.take_in(papers or PAPERS, **fields)
        assert response.status_code == 303, response.text
        assert response.location.endswith("/slip"), self.browser.follow(response).text
        return str(response.location.split("/")[3])

    def refusal(self, response: TestResponse) -> TestResponse:
        """Follow to the slip of a refusal."""
        assert response.status_code == 303, response.text
        assert response.location.startswith("/counter/refusals/"), response.location
        return self.browser.get(response.location)

    def step(self, number: str, step: str, **fields: str) -> TestResponse:
        """Press one of the buttons on a case's page."""
        return self.press(number, f"/counter/cases/{number}/{step}", **fields)

    def press(self, number: str, path: str, **fields: str) -> TestResponse:
        page = self.browser.get(f"/counter/cases/{number}")
        assert page.status_code == 200, page.text
        return self.browser.post(path, {**hidden(page), **fields})

    def case(self, number: str) -> Case:
        with self.city.database() as session:
            return cases.get(session, number)

    def carriers(self, number: str) -> list[str]:
        """Return the ids of the carriers on a case's page."""
        page = self.browser.get(f"/counter/cases/{number}").text
        return list(dict.fromkeys(re.findall(r"/carriers/([0-9a-f-]{36})/", page)))


def open_office(city: City, **changes: Any) -> Office:
    """Open a counter of the library; `changes` are of its delegation."""
    with city.database() as session:
        agency = registry.get(session, "library")
        counter = town.a_counter(session, agency)
        town.delegated(session, counter, **changes)
        staff.add_desk(session, counter, "1 號櫃檯", now=city.now)
        town.a_reader(session, counter)
        counter.opened_at = city.now
        counter_id = counter.id
    mei = city.member_id()
    enter_number(city, mei, MEI)
    browser, clerk_id = a_clerk(city, counter_id)
    return Office(city, browser, counter_id, clerk_id, mei)


def a_clerk(city: City, counter_id: UUID, login: str = "clerk.one") -> tuple[Browser, UUID]:
    """Put another trained clerk on duty, and sign them in."""
    clerk_id = city.enrol(login)
    with city.database() as session:
        staff.appoint(session, session.get_one(Counter, counter_id), clerk_id, now=city.now)
        town.trained(session, clerk_id)
    return officers.sign_in(city, login, clerk_id), clerk_id


def enter_number(city: City, member_id: UUID, number: str) -> None:
    """Let a member hold this number."""
    with city.database() as session:
        member = session.get_one(Member, member_id)
        numbering.enter(session, member, recognise(number), keyring=make.KEYRING, now=city.now)


def another_counter(office: Office) -> Office:
    """Open a second counter of the same agency, with a clerk of its own."""
    with office.city.database() as session:
        agency = registry.get(session, "library")
        counter = town.a_counter(
            session,
            agency,
            "xinyi",
            name=Bilingual("信義測試窗口", "Xinyi Test Counter"),
            district=District.XINYI,
        )
        town.delegated(session, counter, document_number="北市測字第 2 號")
        staff.add_desk(session, counter, "1 號櫃檯", now=office.city.now)
        town.a_reader(session, counter, "R-2")
        counter.opened_at = office.city.now
        counter_id = counter.id
    browser, clerk_id = a_clerk(office.city, counter_id, "clerk.two")
    return Office(office.city, browser, counter_id, clerk_id, office.mei)


def bound_card(session: Session, member_id: UUID, fingerprint: str = "7" * 64) -> UUID:
    """Let a member have a card."""
    return bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.CARD,
        fingerprint=fingerprint,
        name="My card",
        where=Place.COUNTER,
        acr="",
        now=make.NOON,
    ).id


def views_of(city: City, member_id: UUID) -> list[LedgerLine]:
    """Return the lines of a member's footprint that say that staff looked."""
    with city.database() as session:
        found = select(LedgerLine).where(
            LedgerLine.member_id == member_id, LedgerLine.kind == "record.viewed"
        )
        return list(session.scalars(found.order_by(LedgerLine.id)))


def two_services(city: City) -> tuple[str, str]:
    """Let the library have two services, delegated to its counters; return their codes."""
    codes = ("library_card", "reading_room")
    with city.database() as session:
        agency = registry.get(session, "library").organisation_id
        for code in codes:
            name = Bilingual(f"服務 {code}", code)
            activations.open_service(session, agency, code, name, sensitive=False, now=city.now)
        for each in session.scalars(select(Delegation)):
            each.services = list(codes)
    return codes


def note(city: City, code: str, member_id: UUID, case: str) -> None:
    """Let the library note that the service is open for the member."""
    with city.database() as session:
        agency = registry.get(session, "library").organisation_id
        activations.note(
            session,
            activations.get_service(session, code),
            Activation.ACTIVATED,
            Provenance(channel=Channel.KEYED, actor="library", reference=case),
            member_id=member_id,
            organisation_id=agency,
            as_of=town.TODAY,
            now=city.now,
        )


def staff_again(office: Office) -> None:
    """Sign the clerk in again: who was away proves anew who they are."""
    office.browser = officers.sign_in(office.city, "clerk.one", office.clerk_id)


def lines_of(session: Session, member_id: UUID) -> list[LedgerLine]:
    """Return a member's footprint, the oldest line first."""
    found = select(LedgerLine).where(LedgerLine.member_id == member_id).order_by(LedgerLine.id)
    return list(session.scalars(found))


def let_act_for(city: City, guardian_id: UUID, ward_id: UUID) -> None:
    """Let one member be the parent of another."""
    with city.database() as session:
        guardians.link(
            session,
            ward_id=ward_id,
            guardian_id=guardian_id,
            relation=Relation.PARENT,
            evidence=Evidence.HOUSEHOLD_REGISTER,
            until=None,
            now=city.now,
        )
