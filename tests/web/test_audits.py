"""An audit from its plan to its end: the auditor, the agency, and what neither can do (9)."""

import json
import re
from datetime import timedelta
from threading import Barrier, Event, Thread
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit import audits, findings, numbered
from audit.audit_models import Audit, AuditFinding, AuditState
from audit.lines import Kind
from audit.models import TrailEntry
from clients import officers, organisations, registry
from clients.models import Body
from clients.officer_models import Role
from idp import audit_evidence
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.wording import Bilingual
from tests.audit.test_sampling import CLERK
from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import staff
from tests.web.office import views_of
from tests.web.test_audit_exceptions import look
from web import organisation_endings

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PLAN = {"since": "2026-11-01", "until": "2026-11-22", "size": "20", "acts": "looks"}


class Sides:
    """An auditor, and an agency whose officer looked at mei.chen's record."""

    def __init__(self, city: City, looks: int = 3) -> None:
        self.city = city
        self.auditor = staff.an_officer(city, Role.AUDITOR, "ann.audits")
        with city.database() as session:
            self.agency_id = registry.get(session, "library").organisation_id
        self.clerk_id = staff.appoint(
            city, "olga.officer", Role.OFFICER, organisation_id=self.agency_id
        )
        self.agency = staff.sign_in(city, "olga.officer", self.clerk_id)
        for number in range(looks):
            a_look(city, self.clerk_id, number)

    def plan(self, how: str = "unannounced", **changes: str) -> TestResponse:
        form = {**PLAN, "audited": f"agency/{self.agency_id}", "how": how, **changes}
        return self.auditor.post("/audit/new", {**hidden(self.auditor.get("/audit/new")), **form})

    def planned(self, how: str = "unannounced", **changes: str) -> str:
        done = self.plan(how, **changes)
        assert done.status_code == 303, done.text
        return str(done.location.rsplit("/", 1)[1])

    def at(self, reference: str, path: str, **form: str) -> TestResponse:
        page = self.auditor.get(f"/audit/{reference}")
        return self.auditor.post(f"/audit/{reference}/{path}", {**hidden(page), **form})

    def reply(self, reference: str, path: str, **form: str) -> TestResponse:
        page = self.agency.get(f"/agency/audits/{reference}")
        assert page.status_code == 200, page.text
        return self.agency.post(f"/agency/audits/{reference}/{path}", {**hidden(page), **form})

    def drawn(self) -> str:
        reference = self.planned()
        assert self.at(reference, "draw").status_code == 303
        return reference

    def asked(self, places: str = "1", due_on: str = "2026-11-25") -> str:
        reference = self.drawn()
        done = self.at(reference, "ask", question="請說明調閱理由", places=places, due_on=due_on)
        assert done.status_code == 303, done.text
        return reference

    def state(self, reference: str) -> AuditState:
        with self.city.database() as session:
            return session.scalars(select(Audit.state).where(Audit.reference == reference)).one()


def a_look(city: City, actor: UUID, number: int) -> None:
    """Let an officer have looked at mei.chen's record a day ago, without a case."""
    at, member_id = city.now - timedelta(days=1), city.member_id()
    with city.database() as session:
        look(session, actor, at, reason=f"民眾來電 {number}", member_id=member_id)


@pytest.fixture
def sides(city: City) -> Sides:
    return Sides(city)


def events(city: City, prefix: str) -> list[str]:
    with city.database() as session:
        found = session.scalars(select(TrailEntry).order_by(TrailEntry.id)).all()
    return [each.event for each in found if each.event.startswith(prefix)]


def end_agency(city: City, agency_id: UUID, *, heir: UUID | None) -> None:
    """Let an agency be no more from tomorrow on, and let tomorrow be."""
    with city.database() as session:
        it = organisations.get(session, agency_id)
        on = taipei_day(city.now) + timedelta(days=1)
        organisations.end(session, it, on=on, successor_id=heir, now=city.now)
    city.now += timedelta(days=1)
    organisation_endings.run(city.sessions, now=city.now)


@pytest.mark.clause("2(1)", "9")
@one_database
def test_the_successor_answers_in_what_goes_on_and_in_what_is_drawn_later(
    city: City, sides: Sides
) -> None:
    asked, planned = sides.asked(), sides.planned()
    with city.database() as session:
        name = Bilingual("測試局", "Successor")
        heir = organisations.enter(session, name, Body.DEPARTMENT, now=city.now).id
    officer_id = staff.appoint(city, "hera.heir", Role.OFFICER, organisation_id=heir)
    end_agency(city, sides.agency_id, heir=heir)
    sides.agency = staff.sign_in(city, "hera.heir", officer_id)
    sides.auditor = staff.sign_in(city, "ann.audits", city.member_id("ann.audits"))

    answered = sides.reply(asked, "requests/1", answer="前機關受理的電話查詢")
    drawn = sides.at(planned, "draw")

    assert (answered.status_code, drawn.status_code) == (303, 303)
    with city.database() as session:
        rows = {each.reference: each for each in session.scalars(select(Audit))}
    assert {each.organisation_id for each in rows.values()} == {heir}
    assert str(sides.clerk_id) in (rows[planned].actors or [])  # whose acts they were
    assert str(officer_id) not in (rows[planned].actors or [])


@pytest.mark.clause("2(1)", "9")
@one_database
def test_an_audit_nobody_is_left_to_answer_in_is_closed_by_the_auditor(
    city: City, sides: Sides
) -> None:
    reference = sides.asked()
    early = sides.at(reference, "close").status_code
    end_agency(city, sides.agency_id, heir=None)
    sides.auditor = staff.sign_in(city, "ann.audits", city.member_id("ann.audits"))

    done, again = sides.at(reference, "close"), sides.at(reference, "close")

    assert (early, done.status_code, again.status_code) == (409, 303, 409)
    assert sides.state(reference) is AuditState.CLOSED


@pytest.mark.clause("9")
def test_an_audit_goes_from_plan_to_close(city: City, sides: Sides) -> None:
    reference = sides.planned("announced")
    for kind in ("announce", "draw"):
        assert sides.at(reference, kind).status_code == 303
    sides.at(reference, "ask", question="請說明", places="1", due_on="2026-11-25")
    assert sides.reply(reference, "requests/1", answer="受理電話查詢").status_code == 303
    assert sides.at(reference, "conclude").status_code == 303
    found = {"grade": "minor", "clause": "9", "finding": "沒有案號", "action": "補建案號"}
    assert sides.at(reference, "find", **found, by="2026-12-31").status_code == 303
    assert sides.at(reference, "report").status_code == 303
    assert sides.reply(reference, "findings/1", done="已補建").status_code == 303
    assert sides.at(reference, "findings/1/send-back", why="請附畫面").status_code == 303
    assert "請附畫面" in sides.agency.get(f"/agency/audits/{reference}").text
    assert sides.reply(reference, "findings/1", done="已附畫面").status_code == 303
    assert sides.at(reference, "findings/1/verify").status_code == 303
    assert sides.at(reference, "close").status_code == 303

    assert sides.state(reference) is AuditState.CLOSED
    assert events(city, "audit.") == [
        *("audit.planned", "audit.announce", "audit.draw", "audit.asked", "audit.answered"),
        *("audit.conclude", "audit.found", "audit.report", "audit.put_right"),
        *("audit.send_back", "audit.put_right", "audit.verify", "audit.close"),
    ]


@pytest.mark.clause("9")
@one_database
def test_the_audited_see_nothing_of_the_sample_but_what_they_are_asked_about(
    city: City, sides: Sides
) -> None:
    secret = sides.drawn()
    before = sides.agency.get(f"/agency/audits/{secret}").status_code
    listed = sides.agency.get("/agency/audits").text
    sides.at(secret, "ask", question="請說明", places="2", due_on="2026-11-25")

    page = sides.agency.get(f"/agency/audits/{secret}").text

    assert before == 404
    assert secret not in listed
    assert re.findall(r'role="rowheader">(\d+)', page) == ["2"]
    assert "seed" not in page


@pytest.mark.clause("9")
@one_database
def test_an_announced_audit_shows_its_scope_and_no_sample(sides: Sides) -> None:
    reference = sides.planned("announced")
    sides.at(reference, "announce")
    sides.at(reference, "draw")

    page = sides.agency.get(f"/agency/audits/{reference}").text

    assert "調閱資料" in page
    assert "rowheader" not in page


@pytest.mark.clause("9")
@one_database
def test_another_agency_finds_no_such_audit(city: City, sides: Sides) -> None:
    reference = sides.asked()
    with city.database() as session:
        other_id = registry.get(session, "archive").organisation_id
        assert other_id != sides.agency_id
    other = staff.appoint(city, "otto.other", Role.OFFICER, organisation_id=other_id)

    browser = staff.sign_in(city, "otto.other", other)

    assert browser.get(f"/agency/audits/{reference}").status_code == 404
    assert reference not in browser.get("/agency/audits").text


@pytest.mark.clause("9")
@pytest.mark.refusal("audit.obstruction")
@one_database
def test_what_is_not_answered_in_time_stands_as_not_cooperating_by_the_clock_alone(
    city: City, sides: Sides
) -> None:
    reference = sides.asked()
    page = sides.agency.get(f"/agency/audits/{reference}")
    assert "等待回覆" in page.text
    city.wait(days=3)
    late = staff.sign_in(city, "olga.officer", sides.clerk_id)
    form = hidden(late.get("/agency/audits/" + reference)) or hidden(late.get("/console"))

    answered = late.post(f"/agency/audits/{reference}/requests/1", {**form, "answer": "現在才回"})

    assert answered.status_code == 409
    assert "未配合" in answered.text
    auditor = staff.sign_in(city, "ann.audits", city.member_id("ann.audits"))
    assert "1 個問題沒有回覆" in auditor.get("/audit").text


@pytest.mark.clause("9")
@one_database
def test_more_time_lets_the_agency_answer_and_the_missed_day_stays_on_record(
    city: City, sides: Sides
) -> None:
    reference = sides.asked()
    city.wait(days=3)
    sides.auditor = staff.sign_in(city, "ann.audits", city.member_id("ann.audits"))
    sides.agency = staff.sign_in(city, "olga.officer", sides.clerk_id)
    too_early = sides.at(reference, "requests/1/time", later="2026-11-25")

    given = sides.at(reference, "requests/1/time", later="2026-12-05")

    assert (too_early.status_code, given.status_code) == (422, 303)
    assert sides.reply(reference, "requests/1", answer="補送").status_code == 303
    assert "曾經逾期" in sides.auditor.get(f"/audit/{reference}").text
    assert sides.at(reference, "requests/1/time", later="2026-12-09").status_code == 409
    assert sides.reply(reference, "requests/1", answer="再送").status_code == 409


@pytest.mark.clause("9")
@one_database
def test_once_the_asking_has_ended_no_time_is_given(city: City, sides: Sides) -> None:
    reference = sides.asked()
    city.wait(days=3)
    sides.auditor = staff.sign_in(city, "ann.audits", city.member_id("ann.audits"))
    assert sides.at(reference, "conclude").status_code == 303

    assert sides.at(reference, "requests/1/time", later="2026-12-05").status_code == 409


@pytest.mark.clause("9")
@pytest.mark.refusal("audit.evidence_open")
@one_database
def test_the_asking_does_not_end_while_an_answer_may_come(sides: Sides) -> None:
    reference = sides.asked()

    assert sides.at(reference, "conclude").status_code == 409
    assert sides.state(reference) is AuditState.EVIDENCE


@pytest.mark.clause("9")
@pytest.mark.refusal("audit.read_only")
@one_database
def test_an_auditor_changes_nothing_outside_audits(city: City, sides: Sides) -> None:
    form = hidden(sides.auditor.get("/audit/new"))

    refused = [
        sides.auditor.post(path, form)
        for path in ("/doit/standing", "/doit/reviews/ABCD2345/approve", "/console/officers")
    ]

    assert [each.status_code for each in refused] == [403, 403, 403]
    assert all("稽核人員只能看" in each.text for each in refused)
    assert sides.auditor.get("/doit/standing").status_code == 403


@pytest.mark.clause("9")
@one_database
def test_every_page_an_auditor_opens_is_on_record_and_a_person_seen_reads_so(
    city: City, sides: Sides
) -> None:
    reference = sides.drawn()
    before = len(views_of(city, city.member_id()))

    page = sides.auditor.get(f"/audit/{reference}/sample/1")

    assert "民眾來電" in page.text
    lines = views_of(city, city.member_id())
    assert len(lines) == before + 1
    assert (lines[-1].kind, lines[-1].detail["case"]) == (Kind.VIEWED, reference)
    assert lines[-1].detail["role"] == ["稽核人員", "Auditor"]
    with city.database() as session:
        entry = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "auditor.viewed")
        ).all()[-1]
    assert entry.detail == {"page": f"/audit/{reference}/sample/1"}


@pytest.mark.clause("9")
@one_database
def test_whoever_is_in_the_exported_sample_reads_so_once(city: City, sides: Sides) -> None:
    reference = sides.drawn()
    before = len(views_of(city, city.member_id()))

    assert sides.auditor.get(f"/audit/{reference}/evidence.jwt").status_code == 200

    lines = views_of(city, city.member_id())[before:]
    assert [each.detail["case"] for each in lines] == [reference]  # three looks at one member


@pytest.mark.clause("9")
@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.self_dealing")
@one_database
def test_nobody_audits_what_they_did_themselves(city: City, sides: Sides) -> None:
    theirs = city.member_id("ann.audits")
    before = sides.planned()
    drawn = sides.drawn()
    with city.database() as session:
        audit = audits.get(session, drawn)
        audit.actors = [*(audit.actors or ()), str(theirs)]
        post = officers.appoint(
            session,
            member_id=theirs,
            organisation_id=sides.agency_id,
            role=Role.OFFICER,
            by=None,
            until=city.now + timedelta(days=9),
            now=city.now,
        )
        officers.dismiss(session, post.id, by=None, now=city.now)  # whatever they did there stays

    refused = sides.at(before, "draw")

    assert refused.status_code == 403
    assert "不得辦理本人" in refused.text
    assert sides.state(before) is AuditState.PLANNED
    for page in ("", "/sample/1", "/evidence.jwt"):
        assert sides.auditor.get(f"/audit/{drawn}{page}").status_code == 403


@pytest.mark.clause("9")
@one_database
def test_the_evidence_is_signed_and_names_people_by_pseudonyms_only(
    city: City, sides: Sides
) -> None:
    reference = sides.drawn()

    sent = sides.auditor.get(f"/audit/{reference}/evidence.jwt")

    words = audit_evidence.read(sent.text, city.call("/jwks.json").get_json())
    assert words["format"] == "taipei-id/audit-evidence/1"
    assert [each["reason"][:4] for each in words["sample"]] == ["民眾來電"] * 3
    assert len({each["whom"] for each in words["sample"]}) == 1
    for person in (city.member_id(), sides.clerk_id):
        assert str(person) not in json.dumps(words)
    assert "audit.exported" in events(city, "audit.")


@pytest.mark.clause("9")
@one_database
def test_the_page_draws_the_sample_again_and_says_it_is_the_same(sides: Sides) -> None:
    reference = sides.drawn()

    done = sides.auditor.get(f"/audit/{reference}/again")

    assert done.location.endswith("done=same")
    assert "都一樣" in sides.auditor.get(done.location).text


@pytest.mark.parametrize(
    "changes",
    [
        {"audited": "agency/nonsense"},
        {"audited": "agency/00000000-0000-0000-0000-000000000000"},
        {"audited": "counter/00000000-0000-0000-0000-000000000000"},
        {"audited": ""},
        {"since": "yesterday"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"until": "2026-10-01"},
        {"size": "many"},
        {"size": "٣"},
        {"acts": "nonsense"},
    ],
)
@pytest.mark.refusal("audit.incomplete")
@one_database
def test_a_plan_with_something_wrong_is_shown_again(sides: Sides, changes: dict[str, str]) -> None:
    page = sides.plan(**changes)

    assert page.status_code == 422
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("ask", {"question": "", "due_on": "2026-11-25"}, 422),
        ("ask", {"question": "為何", "due_on": "2026-11-22"}, 422),
        ("ask", {"question": "為何", "due_on": "2026-11-25", "places": "99"}, 422),
        ("ask", {"question": "為何", "due_on": "2026-11-25", "places": "-1,x"}, 422),
        ("find", {"grade": "nonsense"}, 422),
        ("find", {"grade": "remark", "clause": "9", "finding": "可以更好"}, 409),
        ("requests/x/time", {}, 404),
        ("requests/7/time", {}, 404),
        ("findings/7/verify", {}, 404),
        ("report", {}, 409),
        ("close", {}, 409),
    ],
)
@pytest.mark.refusal("audit.due")
@pytest.mark.refusal("audit.not_found")
@one_database
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    sides: Sides, path: str, form: dict[str, str], status: int
) -> None:
    reference = sides.drawn()

    assert sides.at(reference, path, **form).status_code == status
    assert sides.state(reference) is AuditState.EVIDENCE


@one_database
def test_an_audit_with_nothing_to_put_right_is_verified_at_once(sides: Sides) -> None:
    reference = sides.drawn()
    sides.at(reference, "conclude")
    remark = {"grade": "remark", "clause": "9", "finding": "可以更好"}
    bad = [
        sides.at(reference, "find", **{**remark, **changes}).status_code
        for changes in ({"grade": "major"}, {"action": "改"}, {"action": "改", "by": "2026-11-01"})
    ]
    sides.at(reference, "find", **remark)

    sides.at(reference, "report")

    assert bad == [422, 422, 422]
    assert sides.state(reference) is AuditState.VERIFIED
    assert "可以更好" in sides.agency.get(f"/agency/audits/{reference}").text
    assert sides.reply(reference, "findings/1", done="沒有要做的").status_code == 409


@one_database
def test_actions_past_their_day_are_seen_by_the_bureau_as_well(city: City, sides: Sides) -> None:
    reference = sides.drawn()
    sides.at(reference, "conclude")
    found = {"grade": "major", "clause": "9", "finding": "沒有案號", "action": "補建案號"}
    sides.at(reference, "find", **found, by="2026-12-01")
    sides.at(reference, "report")
    reviewer_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    city.wait(days=10)

    reviewer = staff.sign_in(city, "rui.reviews", reviewer_id)
    page = reviewer.get("/doit/audits").text

    assert "1 項改善逾期" in page
    assert reference in page
    assert "/audit/" + reference not in page
    assert "1 件等待處理" in reviewer.get("/console").text
    agency = staff.sign_in(city, "olga.officer", sides.clerk_id)
    assert "1 件等待處理" in agency.get("/console").text
    assert "改善逾期" in agency.get(f"/agency/audits/{reference}").text
    empty = agency.post(
        f"/agency/audits/{reference}/findings/1",
        hidden(agency.get(f"/agency/audits/{reference}")),
    )
    assert empty.status_code == 422


@pytest.mark.refusal("audit.wrong_state")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_draws_at_once_one_is_refused(city: City, sides: Sides) -> None:
    reference = sides.planned()
    start, won = Barrier(2), []

    def draw() -> None:
        with city.database() as session:
            audit = session.scalars(select(Audit).where(Audit.reference == reference)).one()
            start.wait()
            try:
                audits.draw(
                    session, audit, actors=frozenset({CLERK}), clients=frozenset(), now=city.now
                )
                won.append("drawn")
            except Refused as refused:
                won.append(refused.code)

    threads = [Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == ["audit.wrong_state", "drawn"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_last_actions_verified_at_once_the_second_ends_the_action(
    city: City, sides: Sides
) -> None:
    reference = sides.drawn()
    sides.at(reference, "conclude")
    found = {"grade": "minor", "clause": "9", "finding": "沒有案號", "action": "補建案號"}
    for _ in range(2):
        sides.at(reference, "find", **found, by="2026-12-31")
    sides.at(reference, "report")
    for number in (1, 2):
        sides.reply(reference, f"findings/{number}", done="已補建")

    def verify(number: int, holding: Event | None = None) -> None:
        with city.database() as session:
            audit = audits.get(session, reference)
            finding = numbered.get(session, AuditFinding, audit, number)
            findings.verify(session, audit, finding, by=CLERK, now=city.now)
            if holding is not None:
                holding.wait()

    holding = Event()
    first, second = Thread(target=verify, args=(1, holding)), Thread(target=verify, args=(2,))
    first.start()
    second.start()
    second.join(timeout=0.5)  # it waits for the first; or, were nobody asked to, is done
    holding.set()
    for each in (first, second):
        each.join()

    assert sides.state(reference) is AuditState.VERIFIED
