"""Set a password by a slip: printed at a counter, used once (regulation 7(8), 4.12)."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from members import recovery
from members.models import Member, Standing
from members.recovery_models import RecoverySlip, Wanted, Way
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web import recovering
from tests.web.outbox import World
from tests.web.recovering import NEW

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLERK, COUNTER = UUID(int=1), UUID(int=2)


def printed(session: Session, member_id: UUID, **changes: object) -> str:
    given = {"clerk_id": CLERK, "counter_id": COUNTER, "case_reference": "C-1", "now": make.NOON}
    return recovery.reset_at_counter(session, member_id, **{**given, **changes})  # type: ignore[arg-type]  # as given


def by_slip(browser: Browser, code: str, new: str = NEW) -> int:
    page = browser.get("/recover/slip")
    sent = browser.submit(page, code=code, new_password=new, repeat_password=new)
    return sent.status_code


@pytest.mark.clause("7(8)")
def test_a_counters_slip_sets_a_password_without_limits(city: City) -> None:
    world, elsewhere = World(city), Browser(city)
    elsewhere.sign_in()
    member_id = city.member_id()
    with city.database() as session:
        code = printed(session, member_id)

    assert by_slip(Browser(city), code.lower()) == 303

    assert elsewhere.get("/account").status_code == 303
    assert world.told()[-1] == "password.reset"
    browser = Browser(city)
    recovering.sign_in(browser)
    assert browser.get("/account/password").status_code == 200
    with city.database() as session:
        slip = session.query(RecoverySlip).one()
    assert slip.code_hash not in (code.encode(), b"")
    assert (slip.issued_by, slip.counter_id, slip.case_reference) == (CLERK, COUNTER, "C-1")


@one_database
def test_a_slip_works_once_and_for_a_day_and_only_the_newest(city: City) -> None:
    member_id = city.member_id()
    with city.database() as session:
        first, second = printed(session, member_id), printed(session, member_id)

    assert by_slip(Browser(city), first) == 422
    assert by_slip(Browser(city), second, "short") == 422  # the slip is not used up by that
    assert by_slip(Browser(city), second) == 303
    assert by_slip(Browser(city), second, NEW + " again") == 422
    with city.database() as session:
        third = printed(session, member_id, now=city.now)
    city.wait(hours=25)
    assert by_slip(Browser(city), third, NEW + " again") == 422


@one_database
def test_slips_cannot_be_guessed_at_for_long(city: City) -> None:
    tried = [by_slip(Browser(city), "ABCD-EFGH-JKLM-NPQR") for _ in range(16)]

    assert tried == [422] * 15 + [429]


@one_database
def test_who_tried_too_many_slips_reads_that_it_is_for_an_hour(city: City) -> None:
    browser, sent = Browser(city), {"code": "ABCD-EFGH-JKLM-NPQR", "new_password": NEW}
    page = browser.get("/recover/slip")
    for _ in range(15):
        browser.submit(page, **sent, repeat_password=NEW)

    told = browser.submit(page, **sent, repeat_password=NEW)

    assert told.status_code == 429
    assert "之後再試" in told.text
    assert "明天" not in told.text


@pytest.mark.refusal("case.self_dealing")
def test_a_clerk_prints_no_slip_for_themselves(session: Session) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"^case\.self_dealing$"):
        printed(session, member.id, clerk_id=member.id)


@pytest.mark.refusal("update.channel_not_approved")
def test_a_slip_needs_a_case(session: Session) -> None:
    member = make.a_member(session)

    with pytest.raises(Refused, match=r"^update\.channel_not_approved$"):
        printed(session, member.id, case_reference=" ")


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.CLOSED])
def test_who_may_not_sign_in_gets_no_slip(session: Session, standing: Standing) -> None:
    member = make.a_member(session, standing=standing)

    with pytest.raises(Refused, match=r"^recovery\.identity_unproven$"):
        printed(session, member.id)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_use_a_slip_at_once_one_does(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        code = printed(session, make.a_member(session).id)

    def redeem(_number: int) -> bool:
        try:
            with transaction(sessions) as session:
                recovery.redeem(session, code, now=make.NOON)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(redeem, range(2))) == [False, True]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_use_a_mailed_request_at_once_one_does(sessions: Sessions) -> None:
    key, keyring, now = make.KEYRING.derive(recovery.KEY), make.KEYRING, make.NOON
    with transaction(sessions) as session:
        member_id = make.a_member(session).id
        asked = recovery.ask(
            session,
            Wanted.PASSWORD,
            {"login": "mei.chen"},
            browser="b",
            language="en",
            keyring=keyring,
            now=now,
        )
        taken = recovery.take(session, asked, keyring=keyring)
        assert taken is not None
        taken[0].member_id = member_id
        session.flush()
        recovery.verify(session, asked, recovery.code_of(asked, key=key), key=key, now=now)

    def use(_number: int) -> bool:
        try:
            with transaction(sessions) as session:
                recovery.use(session, asked, Way.DELAYED, now=now)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2))) == [False, True]


def test_a_request_that_is_gone_is_taken_by_nobody(session: Session) -> None:
    assert recovery.take(session, new_id(), keyring=make.KEYRING) is None
    assert session.query(Member).count() == 0
