"""An agency of the demo city that checks who is entitled: officers, a service, its holders."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

from playwright.sync_api import Page

from clients import officers, registry
from clients.officer_models import Role
from kernel import clock
from kernel.clock import taipei_day
from kernel.wording import Bilingual
from members import register
from services import activations, eligibility_runs, findings, rules, sanctions
from services.activations import Provenance
from services.eligibility_models import FactCode
from services.findings import Verdict
from services.models import Activation, Channel
from services.petition_models import Way
from services.petitions import Plea
from services.references import References
from services.rules import Draft
from services.sanctions import Charge
from tests import make
from tests.journeys import counter_desk
from tests.journeys.city import LIBRARY, City
from tests.live.server import KEYRING
from web import petitioning

NUMBERS = count(1)
HOLDERS = 5
EVIDENCE, REASON = "北市測字第 9 號", "戶政資料已經遷出"


@dataclass
class Office:
    """Three officers and a member whose service is checked."""

    city: City
    code: str
    holder: str
    finder: str
    verifier: str
    judge: str
    organisation_id: UUID

    def id_of(self, login: str) -> UUID:
        with self.city.provider.database() as session:
            member = register.find_by_login(session, login)
            assert member is not None
            return member.id

    def enter(self, page: Page, login: str, path: str) -> None:
        """Sign in as one of these people, as strongly as work wants it, and go to a page."""
        issuer = self.city.provider.issuer
        page.goto(f"{issuer}/account/login")
        page.locator("#login_id").fill(login)
        page.locator("#password").fill(make.PASSWORD)
        page.locator("#submit_login").click()
        page.wait_for_url("**/account")
        counter_desk.strengthen(self.city, login)
        page.goto(f"{issuer}{path}")

    def name(self) -> str:
        """Return what the agency's list calls the holder."""
        with self.city.provider.database() as session:
            service = activations.get_service(session, self.code)
        return References(KEYRING, service.id).of(self.id_of(self.holder))

    def found(self) -> str:
        """Begin a check and bring in that the holder moved away; return its number."""
        now, by, name = clock.now(), self.id_of(self.finder), self.name()
        with self.city.provider.database() as session:
            service = activations.get_service(session, self.code)
            run = eligibility_runs.schedule(
                session,
                service,
                taipei_day(now),
                organisation_id=self.organisation_id,
                by=by,
                now=now,
            )
            eligibility_runs.start(session, run, now=now)
            rows = [(name, FactCode.MOVED_AWAY)]
            findings.take_in(session, run, rows, by=by, keyring=KEYRING, now=now)
        return run.reference

    def suspended(self) -> str:
        """Suspend the holder's service; return the decision's number."""
        number, by, now = self.found(), self.id_of(self.verifier), clock.now()
        with self.city.provider.database() as session:
            run = eligibility_runs.get(session, number, organisation_id=None)
            waiting = [each.reference for each, _ in findings.waiting(session, run)]
            verdict = Verdict(evidence=EVIDENCE, reason=REASON)
            (finding,) = findings.confirm(
                session, run, waiting, verdict, by=by, keyring=KEYRING, now=now
            )
        return finding.reference

    def petitioned(self) -> str:
        """Let the holder petition; return the petition's number."""
        number = self.suspended()
        plea = Plea(words="我還住在臺北市", way=Way.ONLINE, language="zh-Hant-TW")
        with self.city.provider.database() as session:
            finding = findings.suspension(session, number)
            made = petitioning.file(
                session, finding, plea, by=None, keyring=KEYRING, now=clock.now()
            )
        return made.reference

    def charged(self) -> str:
        """Report misuse by the holder; return the sanction's number."""
        now = clock.now()
        who, by = self.id_of(self.holder), self.id_of(self.finder)
        charge = Charge(
            clause="6(1)",
            evidence=EVIDENCE,
            facts="把卡借給別人",
            services=[self.code],
            hear_by=taipei_day(now) + sanctions.HEARING,
        )
        with self.city.provider.database() as session:
            sanction = sanctions.report(
                session,
                who,
                charge,
                organisation_id=self.organisation_id,
                by=by,
                keyring=KEYRING,
                now=now,
            )
        return sanction.reference


def open_office(city: City) -> Office:
    """Let the library have one more service, with a rule and five holders."""
    number, now = next(NUMBERS), clock.now()
    code = f"checked_{number}"
    staff = [f"{post}.{number}" for post in ("finder", "verifier", "judge")]
    holders = [f"checked.{number}.{each}" for each in range(HOLDERS)]
    for login in (*staff, *holders):
        city.provider.enrol(login)
    with city.provider.database() as session:
        organisation_id = registry.get(session, LIBRARY).organisation_id
        name = Bilingual(f"測試借書證 {number}", f"Test Card {number}")
        service = activations.open_service(
            session, organisation_id, code, name, sensitive=False, now=now
        )
        people = {login: register.find_by_login(session, login) for login in (*staff, *holders)}
        ids = {login: member.id for login, member in people.items() if member is not None}
        for login in staff:
            officers.appoint(
                session,
                member_id=ids[login],
                organisation_id=organisation_id,
                role=Role.OFFICER,
                by=None,
                until=now + timedelta(days=300),
                now=now,
            )
        draft = Draft(
            rule={"resident_of": "taipei"},
            by_hand=Bilingual("沒有欠書", "Owes no books"),
            basis="測試借閱要點第 3 點",
            effective_on=taipei_day(now),
        )
        rules.adopt(
            session,
            service,
            draft,
            organisation_id=organisation_id,
            by=ids[staff[0]],
            now=now,
        )
        for login in holders:
            activations.note(
                session,
                service,
                Activation.ACTIVATED,
                Provenance(channel=Channel.KEYED, actor="library", reference=f"case-{login[-1]}"),
                member_id=ids[login],
                organisation_id=organisation_id,
                as_of=taipei_day(now),
                now=now,
            )
    finder, verifier, judge = staff
    return Office(city, code, holders[0], finder, verifier, judge, organisation_id)
