"""Give back what was forgotten, and tell strangers nothing (regulation 7(8))."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from carriers import bindings
from carriers.models import CarrierKind, Place
from idp.acr import ACR
from kernel.jobs import Job
from members import guardians, numbering, numbers, recovery, register
from members.models import Evidence, Member, Relation, Standing
from members.recovery_models import Recovery
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from tests.web import recovering
from tests.web.outbox import World
from tests.web.recovering import BORN, NEW, NUMBER, codes, forget_account, forget_password, prove
from tests.web.test_passkeys import a_passkey, ask, send
from tests.web.test_passkeys import sign_in as by_passkey
from web import scope
from web.models import BrowserSession

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
VARYING = re.compile(r'name="csrf_token" value="[^"]+"|nonce="[^"]+"|[0-9a-f-]{36}')


@pytest.fixture
def world(city: City) -> World:
    return World(city)


def enter_number(city: City, login: str = "mei.chen", number: str = NUMBER) -> None:
    with city.database() as session:
        member = session.scalars(select(Member).where(Member.login == login)).one()
        numbering.enter(
            session, member, numbers.recognise(number), keyring=make.KEYRING, now=city.now
        )


def reasons(city: City) -> list[object]:
    with city.database() as session:
        found = select(TrailEntry).where(TrailEntry.event == "recovery.unanswered")
        return [each.detail["reason"] for each in session.scalars(found)]


def kinds(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def child_with_guardian(city: City) -> None:
    child = city.enrol("xiao.ming", birthdate="2015-05-05")
    with city.database() as session:
        guardians.link(
            session,
            ward_id=child,
            guardian_id=register.find_by_login(session, "mei.chen").id,  # type: ignore[union-attr]  # enrolled
            relation=Relation.PARENT,
            evidence=Evidence.HOUSEHOLD_REGISTER,
            until=city.now + timedelta(days=3650),
            now=city.now,
        )


# The same to everybody


@pytest.mark.clause("7(8)")
def test_strangers_members_suspended_and_children_get_the_same_answer(
    city: City, database: Engine, world: World
) -> None:
    city.enrol("suspended.one")
    city.set_standing(Standing.SUSPENDED, "suspended.one")
    child_with_guardian(city)
    told = []

    for login in ("mei.chen", "nobody.here", "suspended.one", "xiao.ming"):
        browser = Browser(city)
        form = browser.get("/recover/password")
        with statements(database) as seen:
            asked = browser.submit(form, login_id=login)
            page = browser.get(asked.location)
            wrong = browser.submit(page, code="ABCD EFGH")
        headers = sorted(set(asked.headers.keys()))
        told.append(
            (
                (asked.status_code, page.status_code, wrong.status_code),
                headers,
                VARYING.sub("", asked.location),
                VARYING.sub("", page.text).encode(),
                VARYING.sub("", wrong.text).encode(),
                len(seen),
            )
        )

    assert told[1:] == told[:1] * 3


@pytest.mark.clause("7(8)")
@one_database
def test_an_account_query_answers_everybody_alike(city: City, database: Engine) -> None:
    enter_number(city)
    Browser(city).get("/recover/account")  # what a process asks once is asked
    told = []
    for number, born in (
        (NUMBER, recovering.BORN),
        (NUMBER, "1990-04-02"),
        ("A223456781", "1980-01-01"),
    ):
        browser = Browser(city)
        with statements(database) as seen:
            page = forget_account(browser, number, born)
        told.append((page.status_code, VARYING.sub("", page.text), len(seen)))

    assert told[1:] == told[:1] * 2


@one_database
def test_only_who_may_have_it_is_written_to(city: City, world: World) -> None:
    city.enrol("suspended.one")
    city.set_standing(Standing.SUSPENDED, "suspended.one")

    forget_password(Browser(city), "nobody.here")
    forget_password(Browser(city), "suspended.one")

    assert codes(world) == []
    assert reasons(city) == ["recovery.identity_unproven"] * 2
    with city.database() as session:
        assert {row.typed_sealed for row in session.scalars(select(Recovery))} == {b""}


@one_database
def test_nothing_that_was_typed_stands_in_a_job_or_in_the_clear(city: City) -> None:
    enter_number(city)
    forget_account(Browser(city))

    with city.database() as session:
        (job,) = session.scalars(select(Job))
        row = session.scalars(select(Recovery)).one()
    assert set(job.payload) == {"recovery"}
    assert NUMBER.encode() not in row.typed_sealed


# The account name


@pytest.mark.clause("7(8)")
def test_an_account_name_is_shown_to_who_reads_the_mailbox(city: City, world: World) -> None:
    enter_number(city)
    browser = Browser(city)

    page = forget_account(browser)
    shown = prove(browser, page, codes(world)[0].lower())

    assert "mei.chen" in shown.text
    assert not any("mei.chen" in recovering.text_of(letter) for letter in world.letters)
    assert kinds(city) == [Kind.RECOVERY_ASKED, Kind.ACCOUNT_TOLD]
    assert Browser(city).get(shown.request.path).status_code == 404


@one_database
def test_a_number_with_another_birth_date_finds_nobody(city: City, world: World) -> None:
    enter_number(city)

    forget_account(Browser(city), born="1990-04-02")

    assert codes(world) == []


@pytest.mark.parametrize(
    ("number", "born", "field"),
    [("", "1990-04-01", "number"), ("A123456780", "", "number"), (NUMBER, "soon", "birthdate")],
)
@one_database
def test_what_cannot_be_right_is_said_at_once(
    city: City, number: str, born: str, field: str
) -> None:
    browser = Browser(city)

    page = browser.submit(browser.get("/recover/account"), number=number, birthdate=born)

    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


@one_database
def test_a_date_may_be_written_with_strokes_and_wide(city: City, world: World) -> None:
    enter_number(city)

    forget_account(Browser(city), " ａ123456789 ", " １９９０/04/01 ")

    assert len(codes(world)) == 1


# The password


@pytest.mark.clause("7(8)")
def test_by_mail_alone_the_new_password_is_restricted_for_three_days(
    city: City, world: World
) -> None:
    elsewhere = Browser(city)
    token = elsewhere.tokens()["access_token"]

    done = recovering.reset_by_mail(Browser(city), world)

    assert done.location == "/account/login?done=reset_by_mail"
    assert elsewhere.get("/account").status_code == 303  # every session ended
    assert not city.is_alive(token)
    assert world.told()[-1] == "password.reset_by_mail"
    assert kinds(city)[-2:] == [Kind.RECOVERY_ASKED, Kind.PASSWORD_RESET]
    browser = Browser(city)
    assert recovering.sign_in(browser, make.PASSWORD).status_code == 200  # the old one
    assert recovering.sign_in(browser).status_code == 303
    assert "用郵件重設" in browser.get("/account").text
    refused = (
        "/account/carriers/new",
        "/account/password",
        "/account/delete/confirm",
        "/account/pause",
        "/account/download",
        "/account/password/new",
    )
    assert {browser.get(path).status_code for path in refused} == {403}

    city.wait(hours=73)
    assert recovering.sign_in(browser).status_code == 303
    assert "用郵件重設" not in browser.get("/account").text
    assert browser.get("/account/password").status_code == 200


@pytest.mark.refusal("recovery.restricted")
@one_database
def test_a_restricted_password_changes_no_password(city: City, world: World) -> None:
    recovering.reset_by_mail(Browser(city), world)
    browser = Browser(city)
    recovering.sign_in(browser)

    page = browser.post("/account/password", hidden(browser.get("/account")))

    assert page.status_code == 403
    assert "72 小時" in page.text


@one_database
def test_whatever_is_shown_beside_a_restricted_password_its_acr_is_the_least(
    city: City, world: World
) -> None:
    recovering.reset_by_mail(Browser(city), world)
    browser = Browser(city)
    recovering.sign_in(browser)
    with city.database() as session:
        for each in session.scalars(select(BrowserSession)):
            each.acr, each.amr = ACR[1], ["hwk", "sc", "pwd", "mfa"]

    with city.app.test_request_context("/", headers={"Cookie": cookie_of(browser)}):
        visitor = scope.visitor()

    assert visitor is not None
    assert (visitor.acr, visitor.is_restricted) == (ACR[0], True)


@pytest.mark.refusal("recovery.restricted")
@one_database
def test_a_restricted_password_tells_no_merchant_who_somebody_is(city: City, world: World) -> None:
    claims = [make.a_claim_form("name", required=True)]
    purposes = [make.a_purpose_form("membership", claims=claims)]
    city.register("cafe", **make.a_shop_form(sector="cafe.invalid", purposes=purposes))
    recovering.reset_by_mail(Browser(city), world)
    browser = Browser(city)
    recovering.sign_in(browser)
    page = browser.authorize("cafe", scope="openid profile")
    page = browser.consent(page, "name")  # the first page identifies nobody

    shared = {"decision": "allow", "duration": "90d", "claim.name": "share"}
    refused = browser.submit(page, **shared)

    assert refused.status_code == 403
    assert browser.submit(page, decision="deny").status_code == 303


def cookie_of(browser: Browser) -> str:
    found = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")
    assert found is not None
    return f"{found.key}={found.value}"


@pytest.mark.clause("7(8)")
@one_database
def test_a_carrier_sets_a_password_at_once_and_ends_the_restriction(
    city: City, world: World
) -> None:
    first, passkey = Browser(city), a_passkey(city)
    recovering.sign_in(first, make.PASSWORD)
    nonce = ask(first, "", "/account/carriers/options")
    send(first, "/account/carriers/new", nonce, passkey.create(nonce))
    recovering.reset_by_mail(Browser(city), world)
    browser = Browser(city)
    assert by_passkey(browser, passkey).status_code == 303
    assert browser.get("/account/carriers/new").status_code == 200  # nothing is restricted

    page = browser.get("/account/password/new")
    short = recovering.choose(browser, page, "short")
    apart = browser.submit(page, new_password=NEW, repeat_password="another one entirely")
    done = recovering.choose(browser, page, "rain on the roofs of Dadaocheng")

    assert (short.status_code, apart.status_code) == (422, 422)
    assert done.location == "/account?done=password"
    assert browser.get("/account").status_code == 200
    assert world.told()[-1] == "password.reset"
    other = Browser(city)
    recovering.sign_in(other, "rain on the roofs of Dadaocheng")
    assert other.get("/account/password").status_code == 200


@pytest.mark.refusal("recovery.carrier_required")
@one_database
def test_a_password_alone_is_no_carrier(city: City) -> None:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)

    assert browser.get("/account/password/new").status_code == 403
    posted = browser.post("/account/password/new", hidden(browser.get("/account")))
    assert posted.status_code == 403


@one_database
def test_who_has_a_carrier_is_shown_that_way_first(city: City, world: World) -> None:
    member_id = city.member_id()
    with city.database() as session:
        bindings.bind(
            session,
            member_id=member_id,
            kind=CarrierKind.PASSKEY,
            fingerprint="a passkey",
            name="",
            where=Place.ACCOUNT,
            acr=ACR[0],
            now=city.now,
        )
    browser = Browser(city)
    page = forget_password(browser)

    shown = prove(browser, page, codes(world)[0])

    assert "/account/login?next=/account/password/new" in shown.text


@one_database
def test_the_rules_for_passwords_hold(city: City, world: World) -> None:
    browser = Browser(city)
    page = prove(browser, forget_password(browser), codes(world)[0])

    for new, field in (("short", "new"), (make.PASSWORD, "new"), ("", "new")):
        refused = recovering.choose(browser, page, new)
        assert refused.status_code == 422
        assert f'id="{field}_password-error"' in refused.text
    apart = browser.submit(page, new_password=NEW, repeat_password=NEW + "!")
    assert 'id="repeat_password-error"' in apart.text
    assert recovering.choose(browser, page).status_code == 303


@one_database
def test_a_paused_member_sets_a_password_and_stays_paused(city: City, world: World) -> None:
    city.set_standing(Standing.PAUSED)

    done = recovering.reset_by_mail(Browser(city), world)

    assert done.location == "/resume?done=reset_by_mail"  # where the new password is of use
    page = Browser(city).get(done.location)
    assert "密碼已重設" in page.text
    with city.database() as session:
        assert session.scalars(select(Member.standing)).one() is Standing.PAUSED


@one_database
def test_who_is_suspended_meanwhile_gets_no_password(city: City, world: World) -> None:
    browser = Browser(city)
    page = prove(browser, forget_password(browser), codes(world)[0])
    city.set_standing(Standing.SUSPENDED)

    assert recovering.choose(browser, page).status_code == 403


# Codes


@pytest.mark.refusal("recovery.identity_unproven")
def test_a_code_works_once_in_its_browser_for_half_an_hour(city: City, world: World) -> None:
    browser = Browser(city)
    page = forget_password(browser)
    (code,) = codes(world)
    path = page.request.path

    stranger = Browser(city)
    other = stranger.post(path, {**hidden(stranger.get(path)), "code": code})
    assert other.status_code == 422
    proven = prove(browser, page, code)
    assert proven.request.path.startswith("/recover/password/")
    assert browser.submit(page, code=code).status_code == 422
    assert recovering.choose(browser, proven).status_code == 303
    assert recovering.choose(browser, proven, NEW + " again").status_code == 404

    late = Browser(city)
    page = forget_password(late)
    code = codes(world)[-1]
    city.wait(minutes=31)
    assert late.submit(page, code=code).status_code == 422


@one_database
def test_after_five_tries_the_right_code_is_wrong(city: City, world: World) -> None:
    browser = Browser(city)
    page = forget_password(browser)
    (code,) = codes(world)

    for _ in range(5):
        assert browser.submit(page, code="2222 2222").status_code == 422

    assert browser.submit(page, code=code).status_code == 422


@one_database
def test_asking_is_limited_for_strangers_and_members_alike(city: City) -> None:
    for login in ("mei.chen", "nobody.here"):
        for _ in range(5):
            forget_password(Browser(city), login)
        browser = Browser(city)

        page = browser.submit(browser.get("/recover/password"), login_id=login.upper())

        assert page.status_code == 429
        assert "11月24日" in page.text  # a day from now
        assert f'value="{login.upper()}"' in page.text


@one_database
def test_a_network_that_asked_too_often_waits_an_hour_and_reads_so(city: City) -> None:
    for each in range(20):
        forget_password(Browser(city), f"nobody.{each}")
    browser = Browser(city)

    page = browser.submit(browser.get("/recover/account"), number=NUMBER, birthdate=BORN)

    assert page.status_code == 429
    assert "11月23日" in page.text
    assert "明天" not in page.text
    assert f'value="{NUMBER}"' in page.text


@pytest.mark.refusal("recovery.rate_limited")
@one_database
def test_a_mailbox_gets_three_codes_a_day(city: City, world: World) -> None:
    enter_number(city)
    for _ in range(2):
        forget_account(Browser(city))
        forget_password(Browser(city))

    assert len(codes(world)) == 3
    assert reasons(city) == ["recovery.rate_limited"]


@pytest.mark.parametrize("changes", [{"email": None}, {"email_verified": False}])
@pytest.mark.refusal("recovery.channel_unverified")
@one_database
def test_an_unconfirmed_mailbox_gets_no_code(
    city: City, world: World, changes: dict[str, object]
) -> None:
    city.enrol("no.mail", **changes)

    forget_password(Browser(city), "no.mail")

    assert codes(world) == []
    assert reasons(city) == ["recovery.channel_unverified"]


@pytest.mark.refusal("recovery.channel_unverified")
@one_database
def test_a_mailbox_not_confirmed_for_a_year_gets_no_code(city: City, world: World) -> None:
    city.wait(days=366)

    forget_password(Browser(city))

    assert codes(world) == []


@one_database
def test_a_job_done_twice_sends_one_letter(city: City, world: World) -> None:
    forget_password(Browser(city))
    world.work_off()
    with city.database() as session:
        done = session.scalars(select(Job).where(Job.kind == "recovery.find")).one()
        done.done_at = None

    assert len(codes(world)) == 1


@given(st.uuids(), st.uuids())
def test_each_request_has_a_code_of_its_own_however_it_is_typed(one: UUID, other: UUID) -> None:
    key = bytes(32)

    code = recovery.code_of(one, key=key)

    assert recovery.plain(f" {code[:3].lower()}-{code[3:]} ") == code
    assert (recovery.code_of(other, key=key) == code) is (one == other)
    assert recovery.code_of(one, key=bytes(31) + b"k") != code


@pytest.mark.parametrize(
    "hostile", ["", "\x00", "\ud800", "A" * 5000, "<script>", "%00", "＊", "' OR 1=1 --", "\u202e"]
)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # the stricter one
def test_whatever_is_typed_nothing_breaks(city: City, hostile: str) -> None:
    browser = Browser(city)
    sent = hostile.encode("utf-8", "surrogatepass")
    page = forget_password(browser)
    forms = {
        "/recover/password": {"login_id": sent},
        "/recover/account": {"number": sent, "birthdate": sent},
        page.request.path: {"code": sent},
        "/recover/slip": {"code": sent, "new_password": sent, "repeat_password": sent},
    }

    for path, form in forms.items():
        token = hidden(browser.get("/recover/password"))
        assert browser.post(path, {**token, **form}).status_code in {303, 404, 422, 429}


# Children


@pytest.mark.clause("7(8)")
@one_database
def test_a_childs_guardian_is_told_and_the_child_gets_no_code(city: City, world: World) -> None:
    child_with_guardian(city)

    forget_password(Browser(city), "xiao.ming")

    assert world.told() == ["recovery.ward"]
    assert codes(world) == []


@one_database
def test_a_child_without_a_guardian_goes_to_a_counter(city: City, world: World) -> None:
    city.enrol("xiao.ming", birthdate="2015-05-05")

    forget_password(Browser(city), "xiao.ming")

    assert codes(world) == []
    assert reasons(city) == ["recovery.channel_unverified"]
