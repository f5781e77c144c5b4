"""The nightly check: an UPDATE typed into the database by hand is found, and nothing is changed."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from clients.officer_models import Role
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.jobs import Job
from kernel.working import do_one
from members import changes, leaving, records
from members.change_models import Channel as From
from members.changes import Source
from members.models import Member
from members.record_models import Discrepancy, RecordCheck, RecordFinding, RecordSeal
from services import activations
from services.models import Activation
from tests import make
from tests.audit.tampering import intruder, run
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as town
from tests.web import staff
from web import record_checking
from web.record_checking import RecordChecker

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE = "/doit/quality"
OFFICER = "rui.reviews"


@pytest.fixture
def noted(city: City) -> City:
    """Lend a city whose member changed a datum and was noted by an agency."""
    member_id = city.member_id()
    with city.database() as session:
        agency = town.an_agency(session, "noting")
        member = session.get_one(Member, member_id)
        town.noted(session, agency, member, "library_card")
    change(city, "mei@new.invalid")
    return city


def change(city: City, email: str) -> None:
    member_id = city.member_id()
    with city.database() as session:
        changes.write(
            session,
            member_id,
            {"email": email},
            Source(channel=From.MEMBER),
            keyring=make.KEYRING,
            now=city.now,
        )


def a_night(city: City, *, portion: int = 500) -> None:
    """Let a day pass, the round begin and all of its portions be done."""
    city.wait(days=1)
    record_checking.ask(city.sessions, now=city.now)
    work_off(city, portion)


def work_off(city: City, portion: int = 500) -> None:
    handlers = {record_checking.KIND: RecordChecker(city.sessions, make.KEYRING, portion=portion)}
    while do_one(city.sessions, handlers, now=city.now):
        pass


def found(city: City) -> list[tuple[Discrepancy, str]]:
    with city.database() as session:
        return [(each.what, each.subject) for each in records.open_findings(session)]


@pytest.mark.clause("7(9)")
def test_what_the_service_wrote_itself_is_no_finding(noted: City) -> None:
    a_night(noted)
    change(noted, "mei@newer.invalid")
    member_id = noted.member_id()
    with noted.database() as session:
        activations.dispute(session, "library_card", member_id=member_id, now=noted.now)
    a_night(noted)
    a_night(noted)

    assert found(noted) == []
    with noted.database() as session:
        assert [each.found for each in records.rounds(session, most=9)] == [0, 0, 0]


@pytest.mark.clause("7(9)")
@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE activation SET state = 'suspended'", Discrepancy.NOTE_UNFOUNDED),
        ("UPDATE activation SET reference = 'case-2'", Discrepancy.NOTE_UNFOUNDED),
        (
            "UPDATE activation SET dispute = 'AAAA2222', disputed_at = noted_at",
            Discrepancy.NOTE_UNFOUNDED,
        ),
        ("DELETE FROM activation", Discrepancy.NOTE_GONE),
        ("UPDATE member SET standing = 'paused'", Discrepancy.STANDING_UNFOUNDED),
        ("UPDATE member SET profile_sealed = data_key_sealed", Discrepancy.VALUE_UNREADABLE),
        ("UPDATE datum_change SET channel = 'counter'", Discrepancy.HISTORY_CHANGED),
        ("UPDATE datum_change SET old_sealed = NULL", Discrepancy.HISTORY_CHANGED),
        ("DELETE FROM datum_change", Discrepancy.HISTORY_CHANGED),
        ("UPDATE activation_event SET actor = 'nobody'", Discrepancy.HISTORY_CHANGED),
        ("UPDATE record_seal SET mac = member_id", Discrepancy.HISTORY_CHANGED),
        ("DELETE FROM record_seal", Discrepancy.SEAL_GONE),
    ],
)
def test_an_update_typed_by_hand_is_found(
    noted: City, database: Engine, statement: str, what: Discrepancy
) -> None:
    a_night(noted)
    assert found(noted) == []
    if "mac = member_id" in statement and database.dialect.name == "postgresql":
        statement = "UPDATE record_seal SET mac = decode(md5('x'), 'hex')"

    with intruder(database) as connection:
        run(connection, statement)
    a_night(noted)

    assert what in {each for each, _ in found(noted)}


@pytest.mark.clause("7(9)")
def test_an_old_value_put_back_is_found(noted: City, database: Engine) -> None:
    with noted.database() as session:
        before = session.scalars(select(Member.profile_sealed)).one()
    noted.wait(minutes=5)
    change(noted, "mei@newer.invalid")

    with intruder(database) as connection:
        connection.execute(text("UPDATE member SET profile_sealed = :old"), {"old": before})
    a_night(noted)

    assert found(noted) == [(Discrepancy.VALUE_REPLAYED, "")]


@pytest.mark.clause("7(9)")
@one_database
def test_an_order_typed_by_hand_is_found(noted: City, database: Engine) -> None:
    officer = staff.an_officer(noted)
    page = officer.get("/doit/standing")
    form = {"kind": "protection", "login_id": "mei.chen", "clause": "6(1)", "evidence": "1"}
    officer.post("/doit/standing", {**hidden(page), **form, "reason": "聽證"})
    a_night(noted)
    assert found(noted) == []

    with intruder(database) as connection:
        run(connection, "UPDATE standing_order SET reference = 'HANDMADE'")
    a_night(noted)

    assert found(noted) == [(Discrepancy.STANDING_UNFOUNDED, "")]


@one_database
def test_a_member_s_own_pause_and_an_erased_account_are_no_findings(noted: City) -> None:
    browser = Browser(noted)
    browser.log_in(browser.get("/account/login"))
    page = browser.get("/account/pause")
    browser.post("/account/pause", hidden(page))
    other = noted.enrol("who.left")
    with noted.database() as session:
        leaving.erase(session, session.get_one(Member, other), now=noted.now)

    a_night(noted)

    assert found(noted) == []


@one_database
def test_a_finding_is_reported_once_and_changes_nothing(noted: City, database: Engine) -> None:
    with intruder(database) as connection:
        run(connection, "UPDATE activation SET state = 'suspended'")
    a_night(noted)
    a_night(noted)

    assert found(noted) == [(Discrepancy.NOTE_UNFOUNDED, "library_card")]
    with noted.database() as session:  # as long as it stands no night is green
        assert [each.found for each in records.rounds(session, most=9)] == [1, 1]
    member_id = noted.member_id()
    with noted.database() as session:
        (stands,) = activations.of_member(session, member_id, {"library_card"})
        assert stands.state is Activation.SUSPENDED


@one_database
def test_a_round_goes_on_where_a_worker_died(noted: City) -> None:
    for number in range(5):
        noted.enrol(f"member-{number}")
    noted.wait(days=1)
    record_checking.ask(noted.sessions, now=noted.now)
    one = {record_checking.KIND: RecordChecker(noted.sessions, make.KEYRING, portion=2)}
    do_one(noted.sessions, one, now=noted.now)

    work_off(noted, portion=2)

    with noted.database() as session:
        (check,) = records.rounds(session, most=9)
        assert (check.seen, check.finished_at) == (6, noted.now)
        assert len(session.scalars(select(RecordSeal)).all()) == 6


@one_database
def test_a_portion_done_twice_counts_once(noted: City) -> None:
    noted.wait(days=1)
    record_checking.ask(noted.sessions, now=noted.now)
    with noted.database() as session:
        payload = session.scalars(select(Job.payload).where(Job.kind == "records.check")).one()
    work_off(noted)

    again: Any = type("Work", (), {"payload": payload})
    RecordChecker(noted.sessions, make.KEYRING)(again, now=noted.now)

    with noted.database() as session:
        assert session.scalars(select(RecordCheck.seen)).one() == 1


@one_database
def test_a_night_has_one_round_and_it_begins_at_two(noted: City) -> None:
    noted.wait(days=1)
    midnight = noted.now.replace(hour=16, minute=30) - timedelta(days=1)

    for moment in (midnight, noted.now, noted.now):
        record_checking.ask(noted.sessions, now=moment)

    with noted.database() as session:
        assert session.scalars(select(RecordCheck.started_at)).all() == [noted.now]
        assert record_checking.begin(session, now=noted.now) is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_at_one_portion_count_it_once(noted: City) -> None:
    noted.wait(days=1)
    record_checking.ask(noted.sessions, now=noted.now)
    with noted.database() as session:
        payload = session.scalars(select(Job.payload).where(Job.kind == "records.check")).one()
    work: Any = type("Work", (), {"payload": payload})
    together = Barrier(2)

    def check() -> None:
        together.wait()
        RecordChecker(noted.sessions, make.KEYRING)(work, now=noted.now)

    threads = [Thread(target=check) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with noted.database() as session:
        assert session.scalars(select(RecordCheck.seen)).one() == 1


# The page


@pytest.fixture
def wrong(noted: City, database: Engine) -> Callable[[], RecordFinding]:
    """Let a history be rewritten, and return how the finding stands."""
    staff.appoint(noted, OFFICER, Role.REVIEWER)
    a_night(noted)
    with intruder(database) as connection:
        run(connection, "UPDATE datum_change SET channel = 'counter'")
    a_night(noted)

    def finding() -> RecordFinding:
        with noted.database() as session:
            return session.scalars(select(RecordFinding).order_by(RecordFinding.id)).all()[0]

    return finding


@one_database
@pytest.mark.clause("7(9)")
@pytest.mark.refusal("finding.unexplained", "finding.not_found")
def test_a_reviewer_explains_what_was_found(
    noted: City, wrong: Callable[[], RecordFinding]
) -> None:
    officer = staff.sign_in(noted, OFFICER, noted.member_id(OFFICER))
    page = officer.get(PAGE)
    assert "封存過的變更紀錄被改過" in page.text
    assert "陳美玉" not in page.text
    address, name = f"{PAGE}/{wrong().id}", f"explanation-{wrong().id}"

    silent = officer.post(address, {**hidden(page), name: " \u0007"})
    done = officer.post(address, {**hidden(page), name: "災後由備份修復"})
    again = officer.post(address, {**hidden(page), name: "災後由備份修復"})

    assert (silent.status_code, done.status_code, again.status_code) == (422, 303, 404)
    assert "請寫下查到的原因" in silent.text
    assert "已記下說明" in officer.get(done.location).text
    assert wrong().explanation == "災後由備份修復"
    a_night(noted)
    assert found(noted) == []


@one_database
def test_nobody_explains_what_was_found_of_themselves(city: City) -> None:
    member_id = city.member_id()
    with city.database() as session:
        records.report(session, member_id, Discrepancy.NOTE_GONE, "", now=city.now)
        (finding,) = records.open_findings(session)

        with pytest.raises(Refused, match=r"case\.self_dealing"):
            records.explain(session, finding.id, "nothing", by=member_id, now=city.now)
        with pytest.raises(NotFound, match=r"finding\.not_found"):
            records.explain(session, new_id(), "nothing", by=member_id, now=city.now)


@one_database
def test_only_a_night_that_is_over_says_that_nothing_was_found(city: City) -> None:
    officer = staff.an_officer(city)
    with city.database() as session:
        record_checking.begin(session, now=city.now)
    at_work = officer.get(PAGE).text
    work_off(city)

    assert "進行中" in at_work
    assert "沒有發現不經本服務寫入的資料" not in at_work
    assert "沒有發現不經本服務寫入的資料" in officer.get(PAGE).text


@one_database
def test_all_that_waits_is_counted_also_what_the_page_does_not_list(city: City) -> None:
    member = city.member_id()
    with city.database() as session:
        for number in range(101):
            subject = f"service-{number}"
            records.report(session, member, Discrepancy.NOTE_GONE, subject, now=city.now)

    assert "待說明（101 件）" in staff.an_officer(city).get(PAGE).text


@one_database
def test_before_the_first_night_the_page_says_when_it_begins(city: City) -> None:
    assert "還沒有核對過" in staff.an_officer(city).get(PAGE).text
