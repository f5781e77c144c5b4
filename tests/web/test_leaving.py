"""關閉或刪除帳號: the pause, three pages, the wait, the way back, and what is gone at the end."""

import json
import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, inspect, select, text, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

import migrations
from adapters.password.models import PasswordCredential, PasswordHistory
from audit import proofs
from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry
from consent.models import Consent, EndReason
from idp import checkpoints, client_notices, deletion_proofs, member_notices
from idp.checkpoints import checking_with
from idp.models import Grant, Subject
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.jobs import Job
from kernel.throttle import Throttle
from members import leaving, register, standings
from members.application_models import Application, Channel, PersonKind, State
from members.models import AccountDeletion, Member, Standing, SubjectRequest
from members.standing_models import OrderKind
from members.standings import Proposal
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, the_settings
from tests.web.outbox import World
from web import closing, consent_endings, handlers, standing_acts
from web.app import build_rooms, create_app

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CONFIRM = "/account/delete/confirm"
ONE, OTHER = new_id(), new_id()


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser whose member let the library read name and birth date."""
    browser = Browser(city)
    city.userinfo(browser.tokens()["access_token"])
    return browser


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def ask(browser: Browser, typed: str = "刪除") -> TestResponse:
    page = browser.get(CONFIRM)
    assert page.status_code == 200, page.text
    return browser.post(CONFIRM, {**hidden(page), "typed": typed})


def asked(browser: Browser) -> str:
    """Ask for the deletion and return its number."""
    assert ask(browser).status_code == 303
    with browser.city.database() as session:
        return session.scalars(
            select(AccountDeletion.reference).order_by(AccountDeletion.id.desc()).limit(1)
        ).one()


def execute(city: City) -> int:
    return closing.run(city.app.extensions["taipei_id"], now=city.now)


def standing(city: City, login: str = "mei.chen") -> Standing:
    with city.database() as session:
        return session.scalars(select(Member.standing).where(Member.login == login)).one()


# Pausing


@pytest.mark.clause("10-I(1)")
@pytest.mark.refusal("member.paused")
def test_a_paused_account_serves_nobody_until_its_member_resumes(
    city: City, browser: Browser, world: World
) -> None:
    city.wait(minutes=1)
    token = browser.tokens()["access_token"]
    page = browser.get("/account/pause")
    browser.post("/account/pause", hidden(page))

    assert standing(city) is Standing.PAUSED
    assert not city.is_alive(token)
    assert browser.get("/account").status_code == 303
    other = Browser(city)
    refused = other.log_in(other.get("/account/login"))
    assert "帳號或密碼不正確" in refused.text
    assert "account.paused" in world.told()

    page = other.get("/resume")
    wrong = other.submit(page, login_id="mei.chen", password="wrong")
    assert (wrong.status_code, standing(city)) == (422, Standing.PAUSED)
    right = other.submit(page, login_id="mei.chen", password=make.PASSWORD)
    assert (right.status_code, standing(city)) == (303, Standing.ACTIVE)
    assert other.get("/account").status_code == 200
    assert other.get("/resume").status_code == 303


@pytest.mark.clause("10-I(1)")
@pytest.mark.parametrize("path", ["/account/login", "/help", "/sitemap"])
@one_database
def test_who_comes_back_after_months_finds_where_to_resume(city: City, path: str) -> None:
    assert 'href="/resume"' in Browser(city).get(path).text


@one_database
def test_before_a_pause_it_is_said_where_it_ends(browser: Browser) -> None:
    assert "「恢復帳號」" in browser.get("/account/close").text


@one_database
def test_a_suspended_member_does_not_resume(city: City) -> None:
    city.set_standing(Standing.SUSPENDED)
    browser = Browser(city)

    answer = browser.submit(browser.get("/resume"), login_id="mei.chen", password=make.PASSWORD)

    assert (answer.status_code, standing(city)) == (422, Standing.SUSPENDED)


@one_database
def test_resuming_is_throttled_as_signing_in_is(city: City) -> None:
    browser = Browser(city)
    page = browser.get("/resume")

    answers = [
        browser.submit(page, login_id="mei.chen", password="wrong").status_code for _ in range(6)
    ]

    assert answers == [422] * 5 + [429]


# Asking


@pytest.mark.clause("10-I(1)")
def test_three_pages_say_what_goes_and_what_stays(browser: Browser) -> None:
    first = browser.get("/account/delete").text
    second = browser.get("/account/delete/kept").text

    assert "圖書館" in first
    assert "您在各機關的權益不受影響" in first
    assert "個人資料保護法第 7 條" in second
    assert "五年" in second


@pytest.mark.refusal("account.deletion_not_typed")
@pytest.mark.parametrize("typed", ["", "刪", "delete me", "刪除了"])
@one_database
def test_nobody_leaves_by_a_slip(city: City, browser: Browser, typed: str) -> None:
    assert ask(browser, typed).status_code == 422
    with city.database() as session:
        assert session.scalars(select(AccountDeletion)).all() == []


@pytest.mark.parametrize("typed", ["刪除", " DELETE ", "delete"])
@one_database
def test_either_languages_word_is_taken(browser: Browser, typed: str) -> None:
    assert ask(browser, typed).status_code == 303


@one_database
def test_leaving_needs_a_fresh_confirmation(city: City, browser: Browser) -> None:
    page = browser.get(CONFIRM)
    city.wait(minutes=6)

    late = browser.post(CONFIRM, {**hidden(page), "typed": "刪除"})

    assert late.status_code == 303
    assert "/account/confirm" in late.location
    assert "/account/confirm" in browser.get(CONFIRM).location


@pytest.mark.refusal("account.deletion_pending")
def test_it_is_asked_for_once(city: City, browser: Browser) -> None:
    page = browser.get(CONFIRM)
    asked(browser)

    again = browser.post(CONFIRM, {**hidden(page), "typed": "刪除"})

    assert again.status_code == 409
    assert browser.get("/account/delete").location.endswith("/account/close")


@pytest.mark.refusal("account.deletion_hold")
@pytest.mark.refusal("hold.case_missing")
@pytest.mark.refusal("hold.not_found")
def test_a_record_a_case_demands_is_kept_and_the_page_says_so(city: City, browser: Browser) -> None:
    page = browser.get(CONFIRM)
    member_id = city.member_id()
    with city.database() as session:
        leaving.hold(session, member_id, case_number="115-訴-12", now=city.now)
        with pytest.raises(Refused, match=r"hold\.case_missing"):
            leaving.hold(session, member_id, case_number=" ", now=city.now)
        with pytest.raises(NotFound, match=r"hold\.not_found"):
            leaving.lift(session, member_id, case_number="another", now=city.now)

    assert "依法要保留您的資料" in browser.get("/account/delete").text
    assert browser.post(CONFIRM, {**hidden(page), "typed": "刪除"}).status_code == 409
    with city.database() as session:
        leaving.lift(session, member_id, case_number="115-訴-12", now=city.now)
    assert ask(browser).status_code == 303


@one_database
def test_a_hold_placed_meanwhile_stops_the_end(city: City, browser: Browser) -> None:
    asked(browser)
    with city.database() as session:
        leaving.hold(session, city.member_id(), case_number="1", now=city.now)
    city.wait(days=8)

    assert execute(city) == 0
    assert standing(city) is Standing.ACTIVE


@pytest.mark.clause("10-I(1)")
@one_database
def test_nobody_is_deleted_by_a_version_that_does_not_know_every_table(
    city: City, browser: Browser
) -> None:
    asked(browser)
    city.wait(days=8)
    moved = text("UPDATE alembic_version SET version_num = :revision")
    with city.database() as session:
        session.execute(moved, {"revision": "9999"})

    assert execute(city) == 0
    with city.database() as session:
        session.execute(moved, {"revision": migrations.head()})
    assert execute(city) == 1


@pytest.mark.clause("10-I(1)")
def test_whoever_is_kept_holds_up_nobody_who_asked_later(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "BATCH", 1)
    with city.database() as session:
        for number in range(2):
            kept = make.a_member(session, f"kept.{number}")
            leaving.hold(session, kept.id, case_number="1", now=city.now)
            leaving.ask(session, kept.id, wait=timedelta(days=7), language="zh-Hant", now=city.now)
    asked(browser)
    city.wait(days=7)

    assert execute(city) == 1
    assert standing(city, "kept.0") is standing(city, "kept.1") is Standing.ACTIVE


def order(city: City, kind: OrderKind) -> str:
    """Let the Bureau propose an order, and a second officer confirm it; return its number."""
    proposal = Proposal(
        kind=kind, clause="6(1)", evidence="115-001", reason="冒用", heard_on=city.now.date()
    )
    with city.database() as session:
        opened = standing_acts.propose(
            session,
            proposal,
            member_id=city.member_id(),
            by=ONE,
            keyring=make.KEYRING,
            now=city.now,
        )
        if kind is not OrderKind.PROTECTION:
            standing_acts.confirm(session, opened, by=OTHER, keyring=make.KEYRING, now=city.now)
        return opened.reference


def lift(city: City, reference: str) -> None:
    with city.database() as session:
        opened = standings.get(session, reference)
        standing_acts.end(session, opened, "查明", by=ONE, keyring=make.KEYRING, now=city.now)


@pytest.mark.clause("6(1)")
@pytest.mark.clause("10-I(1)")
@pytest.mark.parametrize("kind", OrderKind)
@one_database
def test_an_account_under_an_order_is_not_erased_and_nobody_is_reminded(
    city: City, browser: Browser, world: World, kind: OrderKind
) -> None:
    asked(browser)
    order(city, kind)
    before = standing(city)
    city.wait(days=8)

    assert execute(city) == 0
    assert standing(city) is before
    assert "deletion.soon" not in world.told()


@pytest.mark.clause("6(1)")
@one_database
def test_a_proposed_sanction_keeps_the_account_too(city: City, browser: Browser) -> None:
    asked(browser)
    with city.database() as session:
        standings.propose(
            session,
            Proposal(
                kind=OrderKind.SANCTION,
                clause="6(1)",
                evidence="115-001",
                reason="冒用",
                heard_on=city.now.date(),
            ),
            member_id=city.member_id(),
            by=ONE,
            keyring=make.KEYRING,
            now=city.now,
        )
    city.wait(days=8)

    assert execute(city) == 0


@one_database
def test_whoever_is_reinstated_has_what_was_left_of_the_wait(
    city: City, browser: Browser, world: World
) -> None:
    asked(browser)
    city.wait(days=4)
    reference = order(city, OrderKind.PROTECTION)
    city.wait(days=30)
    lift(city, reference)
    city.wait(days=2, hours=12)

    assert execute(city) == 0
    assert world.told().count("deletion.soon") == 1

    city.wait(hours=12)
    assert execute(city) == 1


@one_database
def test_whoever_was_stopped_at_the_last_moment_has_another_day(
    city: City, browser: Browser
) -> None:
    asked(browser)
    city.wait(days=6, hours=23)
    lift(city, order(city, OrderKind.PROTECTION))
    city.wait(hours=23)

    assert execute(city) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_hold_that_comes_in_while_the_account_is_erased_is_not_passed_over(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(browser)
    city.wait(days=7)
    member_id = city.member_id()
    tried: list[str] = []

    def hold_meanwhile(_session: Any, _member_id: Any, *, now: Any) -> None:
        with city.database() as other:
            other.execute(text("SET lock_timeout = '200ms'"))
            try:
                leaving.hold(other, member_id, case_number="1", now=now)
            except OperationalError:
                other.rollback()
                tried.append("waits")

    monkeypatch.setattr(closing, "BLOCKS", (*closing.BLOCKS, hold_meanwhile))

    assert execute(city) == 1
    assert tried == ["waits"]


@pytest.mark.refusal("account.deletion_blocked_guardian")
@one_database
def test_another_room_can_keep_a_member_too(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wards(_session: Any, _member_id: Any, *, now: Any) -> None:
        raise Refused("account.deletion_blocked_guardian")

    monkeypatch.setattr(closing, "BLOCKS", (*closing.BLOCKS, wards))

    assert "法定代理人" in browser.get("/account/delete").text
    assert ask(browser).status_code == 409


@pytest.mark.clause("10-I(1)")
def test_until_the_day_it_can_be_cancelled(city: City, browser: Browser, world: World) -> None:
    reference = asked(browser)
    city.wait(days=6, hours=1)
    execute(city)
    browser.log_in(browser.get("/account/login"))
    assert "您的帳號將會刪除" in browser.get("/account/close").text

    page = browser.get("/account/close")
    browser.post("/account/delete/cancel", hidden(page))
    city.wait(days=30)

    assert execute(city) == 0
    assert standing(city) is Standing.ACTIVE
    assert "已取消" in Browser(city).get(f"/deletions/{reference}").text
    templates = world.told()
    assert [templates.count(f"deletion.{each}") for each in ("asked", "soon", "cancelled")] == [
        1,
        1,
        1,
    ]
    with city.database() as session, pytest.raises(NotFound):
        leaving.cancel(session, city.member_id(), now=city.now)


# The end


@pytest.fixture
def left(city: City, browser: Browser, world: World) -> str:
    """Let the member leave for good, and return the number of the deletion."""
    with city.database() as session:
        registry.get(session, "library").notice_uri = "https://library.invalid/notices"
    city.wait(seconds=2)
    page = browser.get("/account/requests/new", {"kind": "correct", "claim": "birthdate"})
    browser.post("/account/requests", {**hidden(page), "words": "是 1991 年"})
    number = asked(browser)
    city.wait(days=7)
    assert execute(city) == 1
    return number


@pytest.mark.clause("10-I(1)")
def test_at_the_end_login_numbers_and_hashes_are_gone(
    city: City, browser: Browser, left: str
) -> None:
    with city.database() as session:
        member = session.scalars(select(Member)).one()
        assert member.standing is Standing.CLOSED
        assert (member.data_key_sealed, member.profile_sealed) == (b"", b"")
        for model in (PasswordCredential, PasswordHistory, Subject, Grant):
            assert session.scalars(select(model)).all() == []
        assert session.scalars(select(SubjectRequest.words_sealed)).all() == [b""]
        assert session.scalars(select(Throttle.key).where(Throttle.hits > 0)).all() == []
    refused = browser.log_in(browser.get("/account/login"))
    assert "帳號或密碼不正確" in refused.text


@pytest.mark.clause("10-I(1)")
def test_nothing_in_the_database_says_who_it_was(city: City, left: str, database: Engine) -> None:
    with database.connect() as connection:
        for table in inspect(database).get_table_names():
            if table in {"client", "purpose", "purpose_version", "organisation"}:
                continue
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608  # ours
                written = " ".join(map(str, row))
                assert "mei.chen" not in written, table
                assert "陳美玉" not in written, table


@pytest.mark.clause("10-I(1)")
def test_the_account_name_is_free_again_at_once(city: City, left: str) -> None:
    city.enrol("mei.chen", name="新來的人")
    browser = Browser(city)

    assert browser.log_in(browser.get("/account/login")).status_code == 200
    assert "圖書館" not in browser.get("/account/footprint").text


@pytest.mark.clause("10-I(1)")
def test_consents_end_and_recipients_are_told(city: City, world: World, left: str) -> None:
    with city.database() as session:
        assert set(session.scalars(select(Consent.end_reason))) == {EndReason.WITHDRAWN}
    city.wait(hours=6)  # each client at a time of its own
    world.work_off()

    kinds = [job.kind for job in world.jobs() if job.done_at]
    assert kinds.count(member_notices.PURGED) == 1
    assert len(world.calls) == 1  # the account is gone, and its consents with it


@pytest.mark.clause("10(3)")
@one_database
def test_who_hears_of_a_consent_alone_hears_it_at_a_time_of_its_own(
    city: City, browser: Browser
) -> None:
    with city.database() as session:
        registry.get(session, "library").notice_uri = "https://library.invalid/notices"
    with city.database() as session:
        consent_endings.left(session, city.member_id(), now=city.now)

    with city.database() as session:
        told = select(Job).where(Job.kind == client_notices.KIND)
        job = session.scalars(told).one()
    assert city.now < job.run_at == job.created_at <= city.now + client_notices.SPREAD


@pytest.mark.clause("10-I(1)")
def test_another_worker_serves_nothing_within_the_second(city: City, browser: Browser) -> None:
    another = City(create_app(the_settings(), database=city.sessions), city.sessions)
    another.app.extensions["taipei_id"] = build_rooms(the_settings(), city.sessions)
    asked(browser)
    tokens = browser.tokens()
    assert another.is_alive(tokens["access_token"])
    with city.database() as session:
        session.execute(update(AccountDeletion).values(due_at=city.now))

    assert execute(city) == 1

    assert not another.is_alive(tokens["access_token"])
    assert another.introspect(tokens["access_token"]).get_json() == {"active": False}
    assert another.refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.clause("9")
def test_the_ledger_still_verifies(city: City, left: str) -> None:
    rooms = city.app.extensions["taipei_id"]
    checkpoints.seal(city.sessions, rooms.provider.keys, issuer=rooms.provider.issuer, now=city.now)
    jwks = city.call("/jwks.json").get_json()
    with city.database() as session:
        lines = session.scalars(select(LedgerLine).order_by(LedgerLine.id)).all()
        member_id = lines[0].member_id
        document = {
            "format": proofs.FORMAT,
            "member_id": str(member_id),
            "proof": proofs.end_of(session, member_id),
            "lines": [
                each.form()
                for each in proofs.oldest_first(
                    session, member_id, after=None, until=lines[-1].id, most=1000
                )
            ],
        }
    assert list(proofs.verify(document, check=checking_with(jwks))) == []
    assert lines[-1].kind == Kind.DELETED
    assert "陳" not in json.dumps([line.detail for line in lines], ensure_ascii=False)


@pytest.mark.clause("10-I(1)")
def test_the_proof_is_there_without_signing_in_and_names_nobody(city: City, left: str) -> None:
    stranger = Browser(city)
    page = stranger.get(f"/deletions/{left}")
    file = stranger.get(f"/deletions/{left}/proof.jwt")

    jwks = stranger.get("/receipts/jwks.json").get_json()
    claims = deletion_proofs.read(file.text, jwks)
    assert "已刪除" in page.text
    assert claims["jti"] == left
    assert {"password_credential", "subject", "browser_session"} <= set(claims["erased"])
    assert claims["recipients_told"] == 1
    assert not re.search("mei|陳", file.text + json.dumps(claims, ensure_ascii=False))
    with pytest.raises(Refused, match=r"receipt\.signature_invalid"):
        deletion_proofs.read("no proof", jwks)


@pytest.mark.refusal("account.deletion_not_found")
@pytest.mark.parametrize("reference", ["ABCDEFGH", "%00", "ü" * 8])
@one_database
def test_a_number_nobody_was_given_leads_nowhere(
    city: City, browser: Browser, reference: str
) -> None:
    assert browser.get(f"/deletions/{reference}").status_code == 404
    pending = asked(browser)
    assert browser.get(f"/deletions/{pending}").status_code == 200
    assert browser.get(f"/deletions/{pending}/proof.jwt").status_code == 404


def test_a_worker_that_dies_leaves_no_half(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(browser)
    city.wait(days=7)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(deletion_proofs, "sign", die)
        with pytest.raises(KeyboardInterrupt):
            execute(city)
    assert standing(city) is Standing.ACTIVE

    assert execute(city) == 1
    assert execute(city) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_delete_once(city: City, browser: Browser) -> None:
    asked(browser)
    city.wait(days=7)
    start, counts = Barrier(2), []

    def work() -> None:
        start.wait()
        counts.append(execute(city))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [0, 1]
    with city.database() as session:
        kinds = list(session.scalars(select(LedgerLine.kind)))
    assert kinds.count(Kind.DELETED) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_cancelling_and_deleting_at_once_has_one_winner(city: City, browser: Browser) -> None:
    asked(browser)
    city.wait(days=7)
    member_id, start, won = city.member_id(), Barrier(2), []

    def delete() -> None:
        start.wait()
        if execute(city):
            won.append("deleted")

    def cancel() -> None:
        start.wait()
        try:
            with city.database() as session:
                leaving.cancel(session, member_id, now=city.now)
            won.append("cancelled")
        except NotFound:
            pass

    threads = [Thread(target=delete), Thread(target=cancel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    with city.database() as session:
        closed = session.get_one(Member, member_id).standing is Standing.CLOSED
    assert closed == (won == ["deleted"])


def test_every_table_about_a_member_is_emptied_or_kept_for_a_reason(database: Engine) -> None:
    about = {
        table.name
        for table in migrations.metadata().tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "member"
    }

    emptied = {key.parent.table.name for key in closing.members_keys()}

    assert emptied | set(closing.KEPT) >= about
    assert not emptied & set(closing.KEPT)


@pytest.mark.clause("10-I(1)")
@one_database
def test_the_members_own_application_goes_and_a_wards_stays(city: City, browser: Browser) -> None:
    member_id = city.member_id()
    ward_id = city.enrol("former.ward", birthdate="2000-01-01")
    with city.database() as session:
        session.add_all(
            [
                an_application(city, "MINE2345", member_id=member_id),
                an_application(city, "WARD2345", member_id=ward_id, guardian_id=member_id),
            ]
        )
    asked(browser)
    city.wait(days=8)

    assert closing.run(city.app.extensions["taipei_id"], now=city.now) == 1

    with city.database() as session:
        (kept,) = session.scalars(select(Application))
    assert (kept.number, kept.guardian_id) == ("WARD2345", None)


def an_application(city: City, number: str, **people: UUID) -> Application:
    return Application(
        number=number,
        secret_hash=bytes(32),
        channel=Channel.SITE,
        kind=PersonKind.NATIONAL,
        state=State.APPROVED,
        language="en",
        district="",
        data_key_sealed=b"sealed",
        form_sealed=b"sealed",
        terms_hash=bytes(32),
        submitted_at=city.now,
        waiting_since=city.now,
        pauses=[],
        closed_at=city.now,
        **people,
    )


@one_database
def test_the_sweep_reminds_a_day_before_and_then_deletes(
    city: City, browser: Browser, world: World
) -> None:
    asked(browser)
    rooms = city.app.extensions["taipei_id"]
    city.wait(days=6, minutes=1)
    handlers.sweep(rooms, now=city.now)
    handlers.sweep(rooms, now=city.now)
    assert world.told().count("deletion.soon") == 1

    city.wait(days=1)
    handlers.sweep(rooms, now=city.now)
    world.work_off()

    with city.database() as session:
        assert session.scalars(select(Member.standing)).all() == [Standing.CLOSED]


@one_database
def test_mail_to_who_left_goes_nowhere(city: City, world: World, left: str) -> None:
    letters = len(world.letters)
    world.work_off()

    assert all("mei.chen@mail.invalid" in str(each["To"]) for each in world.letters[:letters])
    assert [job.last_error for job in world.jobs() if job.last_error] == []


@one_database
def test_nobody_can_choose_the_name_that_is_left(city: City, left: str) -> None:
    with city.database() as session:
        name = session.scalars(select(Member.login)).one()
        with pytest.raises(Refused, match=r"member\.login_empty"):
            register.add(session, name, make.a_profile(), keyring=make.KEYRING, now=city.now)
