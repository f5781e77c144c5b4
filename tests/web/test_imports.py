"""Officers consolidate on pages: DoIT confirms the stream, two officers the file (3-II, 4.7)."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from uuid import UUID

import pytest
from openpyxl import Workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from clients.officer_models import Role
from kernel import jobs
from kernel.jobs import LONGEST_PAUSE, MOST_ATTEMPTS, Job, JobDelayed, JobImpossible, Work
from members import numbering
from members.models import Member
from members.numbers import recognise
from services import closures, consolidation_batches, consolidation_work
from services.consolidation_models import (
    Batch,
    BatchRow,
    BatchState,
    Conflict,
    Outcome,
    Stream,
)
from services.consolidation_reading import Superseded
from services.models import Activation, ActivationNote
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as services
from tests.services.consolidating import Row, a_file, no, number, yes
from tests.web import office as offices
from tests.web import staff
from tests.web.outbox import World
from web import import_jobs, notices
from web.notices import MailSender

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
IMPORTS, CONFLICTS, STREAMS = "/agency/imports", "/agency/conflicts", "/doit/imports"
STREAM = {
    "service": "senior_card",
    "columns": ["since"],
    "basis": "pdpa-15-1",
    "provision": "敬老愛心卡作業要點第 3 點",
    "channel": "interface",
}


@dataclass
class Office:
    """An agency with two officers, a member it knows, and the Bureau's reviewer."""

    city: City
    agency: UUID
    one: Browser
    two: Browser
    reviewer: Browser
    mei: UUID
    world: World

    def upload(self, *rows: Row, browser: Browser | None = None, **form: str) -> TestResponse:
        return self.send(a_file(rows), browser=browser, **form)

    def send(
        self, file: io.BytesIO, *, browser: Browser | None = None, **form: str
    ) -> TestResponse:
        by = browser or self.one
        fields = {**hidden(by.get(IMPORTS)), "service": "senior_card", **form}
        return by.post(IMPORTS, {**fields, "file": (io.BytesIO(file.getvalue()), "a.csv")})

    def step(self, path: str, step: str, browser: Browser) -> TestResponse:
        return browser.post(f"{path}/{step}", hidden(browser.get(path)))

    def apply(self, *rows: Row) -> str:
        """Upload, let the worker read, confirm, and let the worker apply; return the address."""
        path = self.upload(*rows).location
        self.world.work_off()
        assert self.step(path, "confirm", self.two).status_code == 303
        self.world.work_off()
        return path

    def batch(self) -> Batch:
        with self.city.database() as session:
            return session.scalars(select(Batch).order_by(Batch.id.desc()).limit(1)).one()

    def note(self) -> ActivationNote:
        with self.city.database() as session:
            return session.scalars(select(ActivationNote)).one()


@pytest.fixture
def office(city: City) -> Office:
    with city.database() as session:
        agency = services.an_agency(session, "notes").organisation_id
        mei = session.scalars(select(Member).where(Member.login == "mei.chen")).one()
        numbering.enter(session, mei, recognise(number(0)), keyring=make.KEYRING, now=city.now)
        mei_id = mei.id
    one, two = (
        staff.sign_in(city, login, staff.appoint(city, login, Role.OFFICER, organisation_id=agency))
        for login in ("of.one", "of.two")
    )
    return Office(city, agency, one, two, staff.an_officer(city), mei_id, World(city))


@pytest.fixture
def confirmed(office: Office) -> Office:
    """Let DoIT confirm a stream of the agency."""
    form = {**hidden(office.one.get(f"{IMPORTS}/streams")), **STREAM}
    assert office.one.post(f"{IMPORTS}/streams", form).status_code == 303
    page = office.reviewer.get(STREAMS)
    path = page.text.split(f'action="{STREAMS}/')[1].split('"')[0]
    done = office.reviewer.post(f"{STREAMS}/{path}", {**hidden(page), "decision": "approve"})
    assert done.status_code == 303
    return office


def events(city: City) -> list[str]:
    with city.database() as session:
        found = select(TrailEntry.event).where(TrailEntry.event.startswith("consolidation"))
        return list(session.scalars(found.order_by(TrailEntry.id)))


@pytest.mark.clause("3-II", "7(9)")
def test_two_officers_bring_notes_in_and_the_member_reads_where_from(confirmed: Office) -> None:
    office, member = confirmed, Browser(confirmed.city)
    member.sign_in()
    path = office.upload(yes(0), yes(77)).location
    office.world.work_off()

    dry = office.two.get(path).text
    alone = office.step(path, "confirm", office.one)
    done = office.step(path, "confirm", office.two)
    office.world.work_off()

    assert "等第二人確認" in dry
    assert "不是會員" in dry
    assert number(0) not in dry
    assert "另一位承辦人確認" in alone.text
    assert done.status_code == 303
    assert office.batch().state is BatchState.APPLIED
    assert "note.consolidated" in office.world.told()
    assert "資料從哪裡來" in member.get("/account/services").text
    origin = member.get("/account/services/senior_card/origin").text
    assert "敬老愛心卡作業要點第 3 點" in origin
    assert member.get("/account/services/library_card/origin").status_code == 404
    assert events(office.city) == [
        "consolidation.proposed",
        "consolidation.stream_approved",
        "consolidation.uploaded",
        "consolidation.confirm",
        "consolidation.applied",
    ]
    with office.city.database() as session:
        kinds = select(LedgerLine.kind).where(LedgerLine.member_id == office.mei)
        assert Kind.NOTE_CONSOLIDATED in list(session.scalars(kinds))


@pytest.mark.clause("3-II")
def test_a_batch_that_its_service_did_not_outlive_says_why_it_stopped(confirmed: Office) -> None:
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()
    confirmed.step(path, "confirm", confirmed.two)
    with confirmed.city.database() as session:
        closures.close(session, now=confirmed.city.now)

    confirmed.world.work_off()

    page = confirmed.one.get(path).text
    assert "提前停止" in page
    assert "停止的原因" in page
    assert "這項服務已經結束" in page
    assert "提前停止" in confirmed.one.get(IMPORTS).text
    outcome = confirmed.one.get(f"{path}/outcome.csv").text
    assert "not_applied,service.closed" in outcome
    with confirmed.city.database() as session:
        entry = select(TrailEntry).where(TrailEntry.event == "consolidation.applied")
        assert session.scalars(entry).one().detail["stopped"] == "service.closed"


@pytest.mark.clause("3-II")
def test_a_batch_is_taken_back_and_its_member_told(confirmed: Office) -> None:
    path = confirmed.apply(yes(0))
    assert confirmed.note().unannounced is False

    assert confirmed.step(path, "roll-back", confirmed.two).status_code == 303
    confirmed.world.work_off()

    assert confirmed.batch().state is BatchState.ROLLED_BACK
    assert "note.withdrawn" in confirmed.world.told()
    assert "已復原" in confirmed.one.get(path).text


@pytest.mark.clause("10-II")
def test_a_conflict_is_on_the_docket_its_member_told_and_an_officer_ends_it(
    confirmed: Office,
) -> None:
    office, member = confirmed, Browser(confirmed.city)
    member.sign_in()
    office.apply(no(0, "2026-11-01"))
    path = office.apply(yes(0, "2020-01-01"))

    assert "不一致" in office.one.get(path).text
    assert "note.conflict" in office.world.told()
    assert "機關送來的資料和這筆紀錄不一致" in member.get("/account/services").text
    with office.city.database() as session:
        docket = session.scalars(select(Conflict.number)).one()
    assert docket in office.one.get(CONFLICTS).text
    one = f"{CONFLICTS}/{docket}"
    form = {**hidden(office.two.get(one)), "resolution": "keep_agency"}
    assert office.one.post(one, {**form, **hidden(office.one.get(one))}).status_code == 200
    assert office.two.post(one, {**form, "resolution": "delete"}).status_code == 404
    assert office.two.post(one, form).status_code == 303

    assert office.note().state is Activation.ACTIVATED
    assert office.note().unannounced is False
    assert "已經處理完了" in office.two.get(one).text
    assert "note.settled" in office.world.told()


@pytest.mark.clause("7(2)", "10-II")
@pytest.mark.refusal("case.self_dealing")
def test_no_officer_ends_a_conflict_about_their_own_child(confirmed: Office) -> None:
    office = confirmed
    office.apply(no(0, "2026-11-01"))
    office.apply(yes(0, "2020-01-01"))
    with office.city.database() as session:
        docket = session.scalars(select(Conflict.number)).one()
    offices.let_act_for(office.city, office.city.member_id("of.two"), office.mei)
    one = f"{CONFLICTS}/{docket}"

    form = {**hidden(office.two.get(one)), "resolution": "keep_agency"}
    page = office.two.post(one, form)

    assert "關係人" in page.text
    assert office.note().state is Activation.NOT_ACTIVATED
    with office.city.database() as session:
        assert session.scalars(select(Conflict.resolved_at)).one() is None


def test_the_outcome_file_has_places_and_codes_and_nobodys_data(confirmed: Office) -> None:
    path = confirmed.apply(yes(0), yes(77), ("nonsense", "", "", ""))

    found = confirmed.one.get(f"{path}/outcome.csv")

    assert found.mimetype == "text/csv"
    assert found.text.removeprefix("\ufeff").split() == [
        "row,outcome,code,name_differs,undone",
        "1,inserted,,,",
        "2,unknown,consolidation.unknown_person,,",
        "3,bad,idno.format,,",
    ]


def test_a_file_may_be_larger_than_any_other_form(confirmed: Office) -> None:
    path = confirmed.upload(*(yes(place) for place in range(3000))).location
    confirmed.world.work_off()

    assert confirmed.batch().read_rows == 3000
    assert "2,999" in confirmed.two.get(path).text or "2999" in confirmed.two.get(path).text


@pytest.mark.parametrize("kind", ["xlsx", "jsonl"])
def test_sheets_and_lines_are_taken_as_well(confirmed: Office, kind: str) -> None:
    headings, row = ("證號", "註記", "開通日", "資料日"), yes(0)
    file = io.BytesIO()
    if kind == "xlsx":
        book = Workbook()
        for cells in (headings, row):
            book.worksheets[0].append(list(cells))
        book.save(file)
    else:
        file.write(json.dumps(dict(zip(headings, row, strict=True))).encode())

    response = confirmed.send(file)
    assert response.status_code == 303, response.text
    confirmed.world.work_off()

    assert confirmed.batch().format == kind
    with confirmed.city.database() as session:
        assert session.scalars(select(BatchRow.outcome)).all() == [Outcome.INSERTED]


def test_who_sets_a_batch_aside_applies_nothing(confirmed: Office) -> None:
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()

    assert confirmed.step(path, "cancel", confirmed.one).status_code == 303
    confirmed.world.work_off()

    assert confirmed.batch().state is BatchState.CANCELLED


@pytest.mark.refusal("consolidation.file_missing")
@pytest.mark.refusal("consolidation.field_out_of_scope")
def test_what_is_wrong_with_a_file_is_said_above_the_form(confirmed: Office) -> None:
    fields = hidden(confirmed.one.get(IMPORTS))
    without = confirmed.one.post(IMPORTS, {**fields, "service": "senior_card"})
    rows = [(*yes(0), "5000")]
    wide = confirmed.send(
        a_file(rows, headings=("證號", "註記", "開通日", "資料日", "月租補助金額"))
    )

    assert "請選一個檔案" in without.text
    assert "欄位逾歸戶資料範圍" in wide.text
    assert "5000" not in wide.text


@pytest.mark.refusal("consolidation.file_too_large")
def test_a_file_that_is_too_large_is_refused(
    confirmed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.consolidation_files.LARGEST", 50)

    assert "檔案太大" in confirmed.upload(yes(0)).text


@pytest.mark.refusal("consolidation.not_found")
def test_another_agencys_batches_and_conflicts_are_not_there(confirmed: Office) -> None:
    path = confirmed.apply(yes(0))
    confirmed.apply(no(0))
    with confirmed.city.database() as session:
        library = registry.get(session, "library").organisation_id
        docket = session.scalars(select(Conflict.number)).one()
    member_id = staff.appoint(confirmed.city, "of.library", Role.OFFICER, organisation_id=library)
    stranger = staff.sign_in(confirmed.city, "of.library", member_id)

    for address in (path, f"{path}/outcome.csv", f"{CONFLICTS}/{docket}"):
        assert stranger.get(address).status_code == 404
    assert confirmed.upload(yes(0), browser=stranger).status_code == 404
    assert "還不能上傳" in stranger.get(IMPORTS).text
    assert confirmed.reviewer.get(IMPORTS).status_code == 403


@pytest.mark.refusal("consolidation.no_legal_basis")
def test_a_stream_without_ground_is_sent_back_to_its_form(office: Office) -> None:
    form = {**hidden(office.one.get(f"{IMPORTS}/streams")), **STREAM}

    for changes in ({"provision": ""}, {"basis": "x"}, {"channel": "x"}, {"columns": ["income"]}):
        assert 'role="alert"' in office.one.post(f"{IMPORTS}/streams", {**form, **changes}).text
    assert "沒有等待確認的" in office.reviewer.get(STREAMS).text


def test_a_stream_that_was_decided_is_not_decided_again(confirmed: Office) -> None:
    with confirmed.city.database() as session:
        stream = session.scalars(select(Stream.id)).one()
    page = confirmed.reviewer.get(STREAMS)

    again = confirmed.reviewer.post(f"{STREAMS}/{stream}", hidden(page))

    assert "已經有人決定" in again.text
    assert confirmed.reviewer.post(f"{STREAMS}/{UUID(int=1)}", hidden(page)).status_code == 404


READING = frozenset({consolidation_batches.KIND})
CONSOLIDATION = frozenset({consolidation_batches.KIND, import_jobs.ANNOUNCE})
HOSTILE = [b"", b"\x00" * 100, b"PK\x03\x04" + b"x" * 100, b"=cmd|' /C calc'!A0,x\n", b"\xff\xfe"]


@pytest.mark.parametrize("content", HOSTILE)
def test_a_hostile_file_is_refused_plainly(confirmed: Office, content: bytes) -> None:
    for encoding in ("", "big5hkscs", "nonsense"):
        page = confirmed.send(io.BytesIO(content), encoding=encoding)
        assert page.status_code == 200
        assert 'role="alert"' in page.text


@pytest.mark.clause("3-II")
def test_nothing_is_released_before_its_member_was_told(confirmed: Office) -> None:
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()
    confirmed.step(path, "confirm", confirmed.two)
    confirmed.world.work_off(only=CONSOLIDATION)

    assert confirmed.note().unannounced is True
    confirmed.world.work_off()
    assert confirmed.note().unannounced is False


@dataclass
class BrokenPost:
    """A way for mail that fails always, in the same way."""

    failure: JobDelayed

    def send(self, message: EmailMessage) -> None:  # fulfils the protocol
        raise self.failure


def applied(office: Office, *rows: Row, only: frozenset[str] = CONSOLIDATION) -> str:
    """Let a file be applied; its letters do not leave yet."""
    path = office.upload(*rows).location
    office.world.work_off(only=only)
    assert office.step(path, "confirm", office.two).status_code == 303
    office.world.work_off(only=only)
    return path


@pytest.mark.clause("3-II", "10-II")
@pytest.mark.parametrize(
    ("failure", "attempt", "is_held"),
    [
        (JobDelayed("mail.server_failed"), 1, True),
        (JobDelayed("mail.server_failed"), MOST_ATTEMPTS, False),
        (JobDelayed("mail.no_server"), 1, False),
        (JobImpossible("mail.address_refused"), 1, False),
    ],
    ids=["later", "given up", "no server", "refused for good"],
)
def test_what_no_letter_will_ever_tell_is_told_by_the_inbox_alone(
    confirmed: Office, failure: JobDelayed, attempt: int, *, is_held: bool
) -> None:
    applied(confirmed, yes(0))
    rooms = confirmed.world.rooms
    sender = MailSender(rooms.sessions, rooms.keyring, rooms.settings, BrokenPost(failure))
    with confirmed.city.database() as session:
        job = next(each for each in session.scalars(select(Job)) if "note" in each.payload)
        work = Work(job.id, job.kind, job.payload, attempt, job.created_at)

    with pytest.raises(type(failure)):
        sender(work, now=confirmed.city.now)

    assert confirmed.note().unannounced is is_held


@pytest.mark.clause("10-II")
def test_a_newer_date_that_overtakes_the_letter_is_announced_itself(confirmed: Office) -> None:
    applied(confirmed, yes(0))

    applied(confirmed, yes(0, as_of="2026-11-21"))
    confirmed.world.work_off()

    assert confirmed.note().unannounced is False


@pytest.mark.clause("10-II")
def test_what_stands_again_after_an_undo_is_told_if_it_was_not(confirmed: Office) -> None:
    applied(confirmed, yes(0))
    path = applied(confirmed, yes(0, as_of="2026-11-21"), only=READING)
    confirmed.world.work_off(only={notices.KIND})  # the first letter leaves, and releases nothing
    assert confirmed.note().unannounced is True

    confirmed.step(path, "roll-back", confirmed.two)
    confirmed.world.work_off()

    assert confirmed.batch().state is BatchState.ROLLED_BACK
    assert confirmed.note().unannounced is False


@pytest.mark.clause("10-II")
def test_what_was_announced_stays_so_when_a_batch_is_undone(confirmed: Office) -> None:
    applied(confirmed, yes(0))
    path = applied(confirmed, yes(0, as_of="2026-11-21"))
    confirmed.world.work_off()

    confirmed.step(path, "roll-back", confirmed.two)
    confirmed.world.work_off(only=READING)

    assert confirmed.batch().state is BatchState.ROLLED_BACK
    assert confirmed.note().unannounced is False


def overtaken(*_: object, **__: object) -> Iterator[int]:
    """Do one chunk, and find the mark moved by another."""
    yield 1
    raise Superseded


@pytest.mark.clause("3-II")
def test_the_worker_that_lost_to_the_command_line_tells_the_people_later(
    confirmed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()
    confirmed.step(path, "confirm", confirmed.two)
    with monkeypatch.context() as beside:
        beside.setattr(consolidation_work, "work", overtaken)
        confirmed.world.work_off()
    rooms, key = confirmed.world.rooms, confirmed.batch().id
    for _ in consolidation_work.work(
        rooms.sessions, key, rooms.keyring, most_chunks=99, now=confirmed.city.now
    ):
        pass
    assert confirmed.note().unannounced is True

    confirmed.city.now += LONGEST_PAUSE
    confirmed.world.work_off()

    assert confirmed.note().unannounced is False
    assert events(confirmed.city).count("consolidation.applied") == 1


@pytest.fixture
def twice_taken(confirmed: Office) -> tuple[Work, Work]:
    """Let two workers take the job of a confirmed batch: the first was slower than its lease."""
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()
    confirmed.step(path, "confirm", confirmed.two)
    now, kinds = confirmed.city.now, {consolidation_batches.KIND}
    with confirmed.city.database() as session:
        slow = jobs.take(session, kinds, now=now)
        quick = jobs.take(session, kinds, now=now + jobs.LEASE)
    assert slow is not None
    assert quick is not None
    return slow, quick


@pytest.mark.clause("3-II")
def test_who_lost_the_job_with_its_lease_leaves_it_to_tell_to_who_has_it(
    confirmed: Office, twice_taken: tuple[Work, Work]
) -> None:
    consolidator, now = import_jobs.Consolidator(confirmed.world.rooms), confirmed.city.now
    slow, quick = twice_taken

    consolidator(slow, now=now)
    told_by_the_slow = events(confirmed.city).count("consolidation.applied")
    consolidator(quick, now=now)

    assert confirmed.batch().state is BatchState.APPLIED
    assert told_by_the_slow == 0
    assert events(confirmed.city).count("consolidation.applied") == 1


@pytest.mark.clause("3-II")
def test_who_lost_the_job_with_its_lease_begins_no_second_one(
    confirmed: Office, twice_taken: tuple[Work, Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consolidation_work, "work", lambda *_, **__: iter(()))  # more is to be done

    import_jobs.Consolidator(confirmed.world.rooms)(twice_taken[0], now=confirmed.city.now)

    waiting = [each for each in confirmed.world.jobs() if each.done_at is None]
    about = [each for each in waiting if each.kind == consolidation_batches.KIND]
    assert [each.id for each in about] == [twice_taken[1].id]


@pytest.mark.clause("3-II")
def test_two_jobs_that_find_a_batch_done_tell_of_it_once(confirmed: Office) -> None:
    path = confirmed.upload(yes(0)).location
    confirmed.world.work_off()
    confirmed.step(path, "confirm", confirmed.two)
    with confirmed.city.database() as session:
        consolidation_batches.go_on(session, confirmed.batch().id, now=confirmed.city.now)

    confirmed.world.work_off()

    assert events(confirmed.city).count("consolidation.applied") == 1
    assert confirmed.world.told().count("import.done") == 2  # each officer once
