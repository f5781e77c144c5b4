"""An incident at the Bureau: the clocks run, the touched are found and told, lessons are kept."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit import footprint, incidents
from audit.incident_models import Incident, IncidentMember
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from clients.officer_models import Role
from kernel.working import Handler, do_one
from members.models import Member, Standing
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff
from tests.web.outbox import World
from web import incident_jobs
from web.mails import Mail

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX = "/doit/incidents"
SCOPE = {"thread": "client", "name": "library", "since": "2026-11-23 00:00"}
WORDS = {"notice_zh": "圖書館的系統被入侵。", "notice_en": "The library's system was broken into."}


class Case:
    """An incident at the library, opened by one reviewer."""

    def __init__(self, city: City, **changes: str) -> None:
        self.city = city
        self.officer = staff.an_officer(city)
        self.other = staff.an_officer(city, login="another.reviewer")
        form = {"words": "圖書館被入侵", "happened_at": "2026-11-23 00:00", **changes}
        done = self.officer.post(INDEX, {**hidden(self.officer.get(INDEX)), **form})
        assert done.status_code == 303, done.text
        self.at = done.location

    def step(self, kind: str, **form: str) -> TestResponse:
        return self.step_of(self.officer, kind, **form)

    def step_of(self, browser: Browser, kind: str, **form: str) -> TestResponse:
        return browser.post(f"{self.at}/{kind}", {**hidden(browser.get(self.at)), **form})

    def find(self) -> int:
        """Let mei.chen and others be touched, find them, and return how many there are."""
        self.touch(self.city.member_id(), self.city.enrol("mei.other"))
        self.aim()
        return self.found()

    def touch(self, *people: UUID) -> None:
        with self.city.database() as session:
            client_id = registry.get(session, "library").id
            for member_id in people:
                footprint.record(
                    session,
                    Kind.RELEASED,
                    member_id=member_id,
                    client_id=client_id,
                    now=self.city.now - timedelta(hours=1),
                )

    def aim(self) -> None:
        until = (self.city.now + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
        assert self.step("find", **SCOPE, until=until).status_code == 303
        self.work()

    def found(self) -> int:
        self.city.now += incident_jobs.SETTLED
        self.work()
        with self.city.database() as session:
            return session.scalars(select(Incident.affected)).one() or 0

    def work(self) -> None:
        handlers: dict[str, Handler] = {
            incident_jobs.GATHER: incident_jobs.Gatherer(self.city.sessions),
            incident_jobs.TELL: incident_jobs.Teller(self.city.sessions),
        }
        while do_one(self.city.sessions, handlers, now=self.city.now):
            pass

    def page(self) -> str:
        return self.officer.get(self.at).text


@pytest.mark.clause("10-I(2)")
def test_the_touched_are_found_told_once_each_and_read_it_in_their_footprint(city: City) -> None:
    case, world = Case(city), World(city)
    assert case.find() == 2
    case.step("word", **WORDS)
    own = case.step("tell")

    done = case.step_of(case.other, "tell")
    case.work()
    again = case.step_of(case.other, "tell")

    assert [own.status_code, done.status_code, again.status_code] == [403, 303, 409]
    assert world.told().count(Mail.INCIDENT) == 2
    with city.database() as session:
        lines = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.INCIDENT_TOLD)
        ).all()
    assert len({each.member_id for each in lines}) == 2
    public = Browser(city).get("/incidents").text
    assert "圖書館的系統被入侵" in public
    assert "另外逐一通知" in public
    assert "已通知 2 人" in case.page()


@pytest.mark.clause("10-I(2)")
@one_database
def test_who_left_meanwhile_is_not_counted_as_told(city: City) -> None:
    case = Case(city)
    assert case.find() == 2
    with city.database() as session:
        gone = session.get_one(Member, city.member_id("mei.other"))
        gone.standing = Standing.CLOSED
    case.step("word", **WORDS)

    case.step_of(case.other, "tell")
    case.work()

    page = case.page()
    assert "已通知 1 人" in page
    assert "1 人的帳號已經關閉，沒有寄" in page


@pytest.mark.clause("10-I(2)")
@one_database
def test_whose_data_were_on_their_way_when_it_was_aimed_is_found_too(city: City) -> None:
    case = Case(city)
    case.aim()
    case.touch(city.member_id())  # what began before commits only now

    assert case.found() == 1


@pytest.mark.clause("10-I(2)")
@one_database
def test_a_drill_finds_everybody_and_writes_to_nobody(city: City) -> None:
    case, world = Case(city, is_drill="yes"), World(city)
    assert case.find() == 2
    case.step("word", **WORDS)

    case.step_of(case.other, "tell")
    case.work()

    assert Mail.INCIDENT not in world.told()
    with city.database() as session:
        assert all(each.was_skipped for each in session.scalars(select(IncidentMember)))
        assert not session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.INCIDENT_TOLD)
        ).all()
    assert "圖書館的系統被入侵" not in Browser(city).get("/incidents").text
    assert "演練：不寄。" in case.page()
    assert "已通知 2 人" not in case.page()


@one_database
def test_a_drill_breaks_no_term_and_waits_for_nobody(city: City) -> None:
    case = Case(city, is_drill="yes")
    city.wait(hours=30)
    officer = staff.sign_in(city, "rui.reviews", city.member_id("rui.reviews"))

    front = officer.get("/doit").text

    assert "的期限到了" not in front
    with city.database() as session:
        assert not incidents.still_open(session)
        assert incidents.get(session, case.at.rsplit("/", 1)[1]).closed_at is None


@pytest.mark.clause("10-I(2)")
@one_database
def test_the_clocks_run_from_the_moment_it_is_known(city: City) -> None:
    case = Case(city)
    fresh = case.page()
    city.wait(hours=2)
    case.officer = staff.sign_in(city, "rui.reviews", city.member_id("rui.reviews"))
    late = case.page()
    city.wait(hours=23)
    case.officer = staff.sign_in(city, "rui.reviews", city.member_id("rui.reviews"))
    urgent = case.page()
    case.step("level", level="3")
    case.step("report")
    case.step("authority")
    kept = case.page()

    assert (fresh.count("計時中"), fresh.count("趕快辦"), fresh.count("逾時")) == (2, 1, 0)
    assert (late.count("逾時"), urgent.count("趕快辦")) == (1, 2)
    assert (kept.count("逾時"), kept.count("如期")) == (1, 1)


@pytest.mark.clause("10-I(2)")
@pytest.mark.refusal("incident.wrong_state")
@one_database
def test_it_closes_when_every_step_was_taken_and_the_lesson_written(city: City) -> None:
    case = Case(city)
    early = case.step("report")
    case.step("level", level="2")
    for kind in ("report", "contain", "authority"):
        assert case.step(kind).status_code == 303
    assert case.step("contain").status_code == 409
    too_early = case.step("close", improvement="換金鑰")
    case.find()
    case.step("word", **WORDS)
    case.step_of(case.other, "tell")
    wordless = case.step("close", improvement=" ")
    closed = case.step("close", improvement="換金鑰")

    assert [early.status_code, too_early.status_code] == [409, 409]
    assert [wordless.status_code, closed.status_code] == [422, 303]
    assert "換金鑰" in case.page()
    assert case.step("level", level="4").status_code == 409
    with city.database() as session:
        events = session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)).all()
    assert [each for each in events if each.startswith("incident.")] == [
        *("incident.opened", "incident.level", "incident.report", "incident.contain"),
        *("incident.authority", "incident.find", "incident.word", "incident.tell"),
        "incident.close",
    ]


@pytest.mark.refusal("incident.wrong_state")
@one_database
def test_nothing_is_said_of_an_incident_that_is_closed(city: City) -> None:
    case = Case(city)
    case.step("level", level="2")
    case.step("word", **WORDS, is_unreadable="yes")
    for kind in ("report", "contain", "authority"):
        case.step(kind)
    case.aim()
    assert case.found() == 0
    assert case.step("close", improvement="換金鑰").status_code == 303

    late = [
        case.step("word", **WORDS),
        case.step_of(case.other, "tell"),
        case.step_of(case.other, "publish"),
    ]

    assert [each.status_code for each in late] == [409, 409, 409]


@pytest.mark.clause("10-I(2)")
@pytest.mark.refusal("incident.readable", "incident.second_person")
@one_database
def test_a_public_notice_is_enough_only_where_nobody_can_read_the_data(city: City) -> None:
    case = Case(city)
    case.step("word", **WORDS)
    readable = case.step_of(case.other, "publish")
    case.step("word", **WORDS, is_unreadable="yes")
    alone = case.step("publish")

    published = case.step_of(case.other, "publish")

    assert (readable.status_code, alone.status_code, published.status_code) == (409, 403, 303)
    public = Browser(city).get("/incidents").text
    assert "圖書館的系統被入侵" in public
    assert "沒有逐一通知" in public
    assert case.step("word", **WORDS).status_code == 409


@pytest.mark.clause("10-I(2)")
@one_database
def test_the_touched_can_be_told_after_a_public_notice(city: City) -> None:
    case, world = Case(city), World(city)
    case.find()
    case.step("word", **WORDS, is_unreadable="yes")
    case.step_of(case.other, "publish")

    told = case.step_of(case.other, "tell")
    case.work()

    assert told.status_code == 303
    assert world.told().count(Mail.INCIDENT) == 2
    assert "另外逐一通知" in Browser(city).get("/incidents").text


@pytest.mark.clause("10-I(2)")
@pytest.mark.refusal("incident.wrong_state")
@one_database
def test_nobody_is_told_what_the_second_person_has_not_read(city: City) -> None:
    case = Case(city)
    case.find()
    case.step("word", **WORDS, is_unreadable="yes")
    read = hidden(case.other.get(case.at))
    case.step("word", **{**WORDS, "notice_zh": "沒有事。"}, is_unreadable="yes")

    stale = [case.other.post(f"{case.at}/{kind}", read) for kind in ("tell", "publish")]
    done = case.step_of(case.other, "tell")

    assert [each.status_code for each in stale] == [409, 409]
    assert done.status_code == 303


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("level", {"level": "5"}),
        ("find", {**SCOPE, "until": "later"}),
        ("find", {**SCOPE, "until": "9999-12-31 23:59", "thread": "nonsense"}),
        ("find", {**SCOPE, "until": "2026-11-23 08:00", "name": "nobody"}),
        ("find", {**SCOPE, "until": "2026-11-23 08:00", "thread": "counter"}),
        ("find", {**SCOPE, "until": "2026-11-23 08:00", "thread": "officer"}),
        ("find", {**SCOPE, "until": "2026-11-23 08:00", "thread": "key"}),
        ("find", {**SCOPE, "until": "2026-11-22 08:00"}),
        ("word", {"notice_zh": "只有中文", "notice_en": ""}),
    ],
)
@pytest.mark.refusal("incident.incomplete")
@pytest.mark.refusal("incident.second_person")
@one_database
def test_what_makes_no_sense_is_said_and_changes_nothing(
    city: City, kind: str, form: dict[str, str]
) -> None:
    case = Case(city)

    page = case.step(kind, **form)

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    with city.database() as session:
        kept = session.scalars(select(Incident)).one()
    assert (kept.level, kept.reach, kept.notice_zh) == (None, None, "")


@pytest.mark.parametrize("changes", [{"words": ""}, {"happened_at": "2027-01-01 00:00"}])
@one_database
def test_an_incident_says_what_happened_and_when(city: City, changes: dict[str, str]) -> None:
    officer = staff.an_officer(city)
    form = {"words": "被入侵", "happened_at": "2026-11-23 00:00", **changes}

    page = officer.post(INDEX, {**hidden(officer.get(INDEX)), **form})

    assert page.status_code == 422


@pytest.mark.parametrize("thread", ["officer", "key"])
@one_database
def test_an_officer_or_a_key_leads_to_people_as_well(city: City, thread: str) -> None:
    city.wait(hours=1)
    case, kid = Case(city), city.call("/jwks.json").get_json()["keys"][0]["kid"]
    name = {"officer": "rui.reviews", "key": kid}[thread]
    until = (city.now + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")

    found = case.step("find", thread=thread, name=name, since="2026-11-23 00:00", until=until)

    assert found.status_code == 303, found.text


@pytest.mark.clause("9")
@pytest.mark.refusal("incident.not_found")
@one_database
def test_an_auditor_reads_incidents_and_changes_none(city: City) -> None:
    case, auditor = Case(city), staff.an_officer(city, Role.AUDITOR, "ann.audits")

    page = auditor.get(case.at)

    assert page.status_code == 200
    assert "step_level" not in page.text
    assert auditor.post(f"{case.at}/report", hidden(auditor.get("/audit/new"))).status_code == 403
    assert auditor.get(f"{INDEX}/NOSUCH22").status_code == 404
    assert auditor.get(f"{INDEX}/%E4%B8%AD").status_code == 404
