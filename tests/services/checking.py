"""A service with a rule and holders, and a check of it, for tests."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from clients.models import Client
from kernel.wording import Bilingual
from members.models import Member
from services import activations, eligibility_runs, findings, rules
from services.eligibility_models import CheckRun, FactCode, Finding
from services.findings import Verdict
from services.models import Service
from services.references import References
from services.rules import Draft
from tests import make
from tests.make import KEYRING, NOON
from tests.services.city import TODAY, an_agency, noted

FINDER, VERIFIER, MANAGER = UUID(int=1), UUID(int=2), UUID(int=3)
CODE = "senior_card"
DRAFT = Draft(
    rule={"all_of": [{"age_at_least": 65}, {"resident_of": "taipei"}]},
    by_hand=Bilingual("領有敬老證明", "Holds the certificate"),
    basis="測試要點第 3 點",
    effective_on=TODAY,
)
VERDICT = Verdict(evidence="北市測字第 9 號", reason="戶政資料已經遷出")


@dataclass
class World:
    """An agency, its service, and who has it."""

    session: Session
    agency: Client
    service: Service
    holders: list[Member]

    def run(self) -> CheckRun:
        """Begin a check of today."""
        run = eligibility_runs.schedule(
            self.session,
            self.service,
            TODAY,
            organisation_id=self.agency.organisation_id,
            by=FINDER,
            now=NOON,
        )
        eligibility_runs.start(self.session, run, now=NOON)
        return run

    def name(self, member: Member) -> str:
        """Return what the agency calls this holder."""
        return References(KEYRING, self.service.id).of(member.id)

    def find(
        self, run: CheckRun, *members: Member, fact: FactCode = FactCode.MOVED_AWAY
    ) -> findings.Report:
        """Send in that these are not entitled."""
        rows = [(self.name(each), fact) for each in members]
        return findings.take_in(self.session, run, rows, by=FINDER, keyring=KEYRING, now=NOON)

    def confirm(
        self, run: CheckRun, *, by: UUID = VERIFIER, verdict: Verdict = VERDICT
    ) -> list[Finding]:
        """Confirm everything that waits."""
        waiting = [each.reference for each, _ in findings.waiting(self.session, run)]
        return findings.confirm(
            self.session, run, waiting, verdict, by=by, keyring=KEYRING, now=NOON
        )


def a_world(session: Session, *, holders: int = 10) -> World:
    """Let ten people have the service."""
    agency = an_agency(session)
    service = activations.get_service(session, CODE)
    organisation_id = agency.organisation_id
    rules.adopt(session, service, DRAFT, organisation_id=organisation_id, by=FINDER, now=NOON)
    people = [make.a_member(session, f"holder.{number}") for number in range(holders)]
    for each in people:
        noted(session, agency, each)
    return World(session, agency, service, people)
