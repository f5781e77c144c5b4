"""An agency whose officers check who is entitled, for tests of the pages about it."""

import csv
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from werkzeug.test import TestResponse

from clients.officer_models import Role
from kernel.clock import taipei_day
from members.models import Member
from services import activations, eligibility_runs, rules
from services.eligibility_models import CheckRun, Finding
from services.references import References
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as notes
from tests.services.checking import CODE, DRAFT
from tests.web import staff

INDEX = "/agency/eligibility"


@dataclass
class Office:
    """Two officers of one agency, and a member with its service among ten."""

    city: City
    finder: Browser
    verifier: Browser
    verifier_id: UUID
    organisation_id: UUID
    service_id: UUID
    mei: UUID

    def run(self) -> str:
        """Plan and begin a check; return its number."""
        page = self.finder.get(f"{INDEX}/services/{CODE}")
        on = taipei_day(self.city.now).isoformat()
        done = self.finder.post(f"{INDEX}/services/{CODE}/runs", {**hidden(page), "on": on})
        assert done.status_code == 303, done.text
        reference = done.location.rsplit("/", 1)[1]
        assert self.press(self.finder, reference, "start").status_code == 303
        return reference

    def press(self, browser: Browser, run: str, verb: str, **form: Any) -> TestResponse:
        """Press a button of a check's page."""
        page = browser.get(f"{INDEX}/runs/{run}")
        assert page.status_code == 200, page.text
        return browser.post(f"{INDEX}/runs/{run}/{verb}", {**hidden(page), **form})

    def name(self, member_id: UUID | None = None) -> str:
        return References(make.KEYRING, self.service_id).of(member_id or self.mei)

    def find(self, run: str, *names: str, fact: str = "moved_away") -> TestResponse:
        rows = "".join(f"{each},{fact}\n" for each in names or (self.name(),))
        return self.press(self.finder, run, "findings", rows=f"reference,fact\n{rows}")

    def findings(self) -> list[Finding]:
        with self.city.database() as session:
            return list(session.scalars(select(Finding).order_by(Finding.id)))

    def confirm(self, run: str, browser: Browser | None = None, **changes: str) -> TestResponse:
        form: dict[str, Any] = {
            "finding": [each.reference for each in self.findings()],
            "evidence": "北市測字第 9 號",
            "reason": "戶政資料已經遷出",
            "decision": "confirm",
        }
        return self.press(browser or self.verifier, run, "decide", **{**form, **changes})

    def again(self, login: str) -> Browser:
        """Return a browser of somebody whose session ended meanwhile."""
        return staff.sign_in(self.city, login, self.city.member_id(login))

    def the_reference(self) -> str:
        with self.city.database() as session:
            return session.scalars(select(CheckRun.reference)).one()

    def suspended(self) -> str:
        """Suspend Mei's service; return the decision's number."""
        run = self.run()
        self.find(run)
        assert self.confirm(run).status_code == 303
        return self.findings()[-1].reference

    def holders(self, run: str) -> list[list[str]]:
        told = self.press(self.finder, run, "holders.csv")
        return list(csv.reader(io.StringIO(told.text)))

    def the_run(self, reference: str) -> CheckRun:
        with self.city.database() as session:
            return eligibility_runs.get(session, reference, organisation_id=None)


def open_office(city: City) -> Office:
    """Let the library check its senior cards."""
    mei_id = city.member_id()
    with city.database() as session:
        agency = notes.an_agency(session, "welfare")
        service = activations.get_service(session, CODE)
        organisation_id = agency.organisation_id
        rules.adopt(
            session, service, DRAFT, organisation_id=organisation_id, by=UUID(int=1), now=city.now
        )
        mei = session.get_one(Member, mei_id)
        holders = [mei, *(make.a_member(session, f"holder.{number}") for number in range(9))]
        for each in holders:
            notes.noted(session, agency, each)
        service_id = service.id
    finder, _ = an_officer(city, organisation_id, "finder")
    verifier, verifier_id = an_officer(city, organisation_id, "verifier")
    return Office(city, finder, verifier, verifier_id, organisation_id, service_id, mei_id)


def an_officer(
    city: City, organisation_id: UUID, login: str, role: Role = Role.OFFICER
) -> tuple[Browser, UUID]:
    """Return the browser of an agency's officer."""
    member_id = staff.appoint(city, login, role, organisation_id=organisation_id)
    return staff.sign_in(city, login, member_id), member_id
