"""Change personal data by the rule of each field, and let whoever had them hear (PDPA 11)."""

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from kernel.ids import new_id
from members import numbering, register
from members.change_models import ChangeRequest, Channel, ContactCheck
from members.change_requests import Seen
from members.changes import Source
from members.models import Member
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import recovering
from tests.web.outbox import World
from tests.web.recovering import codes
from web import closing
from web.personal_changes import Writing
from web.personal_deciding import Deciding

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CLERK, OFFICER = new_id(), new_id()
NEW_MAIL = "mei@new.invalid"
SAME = {
    "email": "mei.chen@mail.invalid",
    "phone_number": "+886900000000",
    "contact_address": "",
    "preferred_username": "",
    "locale": "zh-Hant-TW",
}


@pytest.fixture
def world(city: City) -> World:
    return World(city)


@pytest.fixture
def browser(city: City) -> Browser:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    return browser


def save(browser: Browser, **changes: str) -> TestResponse:
    return browser.submit(browser.get("/account/personal/contact"), **{**SAME, **changes})


def held(city: City) -> dict[str, Any]:
    with city.database() as session:
        member = session.scalars(select(Member).where(Member.login == "mei.chen")).one()
        return register.claims_of(member, keyring=make.KEYRING)


def lines(city: City, kind: Kind) -> list[LedgerLine]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine).where(LedgerLine.kind == kind)))


def told_clients(city: City) -> list[Any]:
    with city.database() as session:
        entries = session.scalars(select(TrailEntry).where(TrailEntry.event == "request.told"))
        return [each.subject for each in entries]


def trailed(city: City, event: str) -> int:
    with city.database() as session:
        return len(session.scalars(select(TrailEntry).where(TrailEntry.event == event)).all())


def recipients(world: World) -> list[str]:
    return [str(letter["To"]) for letter in world.letters]


# What members change themselves


@pytest.mark.clause("2(8)5")
def test_contact_data_change_at_once_and_say_so(city: City, browser: Browser, world: World) -> None:
    done = save(browser, phone_number="0911-111-111", contact_address="某路 2 號", locale="en")

    assert done.location == "/account/personal?done=saved"
    claims = held(city)
    assert (claims["phone_number"], claims["contact_address"]) == ("+886911111111", "某路 2 號")
    (line,) = lines(city, Kind.RECORD_CHANGED)
    assert line.claims == ["contact_address", "locale", "phone_number"]
    assert world.told()[-1] == "record.changed"
    page = browser.get("/account/personal").text
    assert "您自己在這裡變更" in page
    history = browser.get("/account/personal/history").text
    assert "+886900000000" in history


@pytest.mark.clause("2(8)5")
def test_a_new_mailbox_counts_once_its_code_was_typed(
    city: City, browser: Browser, world: World
) -> None:
    asked = save(browser, email=NEW_MAIL)
    page = browser.get(asked.location)
    assert held(city)["email"] == SAME["email"]
    (code,) = codes(world)
    assert recipients(world)[-1] == NEW_MAIL
    assert browser.submit(page, code="2345 6789").status_code == 422

    done = browser.submit(page, code=code)

    assert done.location == "/account/personal?done=mailbox"
    assert (held(city)["email"], held(city)["email_verified"]) == (NEW_MAIL, True)
    before = len(world.letters)
    world.work_off()
    assert sorted(recipients(world)[before:]) == [SAME["email"], NEW_MAIL]  # the old one, too
    assert browser.get(asked.location).status_code == 404
    assert not any(NEW_MAIL in str(job.payload) for job in world.jobs())


@one_database
def test_after_five_tries_a_mailbox_is_asked_for_again(browser: Browser, world: World) -> None:
    page = browser.get(save(browser, email=NEW_MAIL).location)
    (code,) = codes(world)

    for _ in range(5):
        browser.submit(page, code="nonsense")

    assert browser.submit(page, code=code).status_code == 422


@pytest.mark.refusal("contact.code_wrong")
@one_database
def test_a_code_ends_after_half_an_hour(city: City, browser: Browser, world: World) -> None:
    page = browser.get(save(browser, email=NEW_MAIL).location)
    (code,) = codes(world)
    city.wait(minutes=4)
    browser.submit(browser.get("/account/confirm"), password=make.PASSWORD)
    city.wait(minutes=27)

    assert browser.submit(page, code=code).status_code in {303, 404}
    assert held(city)["email"] == SAME["email"]


@pytest.mark.refusal("contact.too_many")
@one_database
def test_a_mailbox_gets_five_codes_a_day(browser: Browser) -> None:
    for _ in range(5):
        assert save(browser, email=NEW_MAIL).status_code == 303

    assert save(browser, email=NEW_MAIL).status_code == 429


@pytest.mark.clause("7(8)")
@one_database
def test_a_mailbox_confirmed_again_is_relied_on_for_another_year(city: City, world: World) -> None:
    city.wait(days=300)
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    page = browser.get("/account/personal")
    asked = browser.post("/account/personal/contact/again", hidden(page))
    done = browser.submit(browser.get(asked.location), code=codes(world)[-1])
    assert done.location == "/account/personal?done=mailbox"
    assert lines(city, Kind.RECORD_CHANGED) == []  # nothing changed
    city.wait(days=300)

    recovering.forget_password(Browser(city))

    assert len(codes(world)) == 2


@pytest.mark.clause("2(8)5")
@pytest.mark.clause("7(8)")
@one_database
def test_a_mailbox_nobody_ever_confirmed_is_confirmed_and_written_to(
    city: City, world: World
) -> None:
    city.enrol("not.sure", email="not.sure@mail.invalid", email_verified=False)
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD, "not.sure")
    page = browser.get("/account/personal")
    assert "還沒有確認" in page.text
    asked = browser.post("/account/personal/contact/again", hidden(page))
    world.work_off()

    done = browser.submit(browser.get(asked.location), code=codes(world)[-1])

    assert done.location == "/account/personal?done=mailbox"
    assert "還沒有確認" not in browser.get("/account/personal").text
    assert trailed(city, "mailbox.confirmed") == 1
    before = len(world.letters)
    save(browser, email="not.sure@mail.invalid", phone_number="0911-111-111")
    world.work_off()
    assert recipients(world)[before:] == ["not.sure@mail.invalid"]


@one_database
def test_without_a_mailbox_there_is_nothing_to_confirm(city: City, browser: Browser) -> None:
    assert save(browser, email="").location == "/account/personal?done=saved"
    assert "email" not in held(city)

    page = browser.get("/account/personal")

    assert "confirm_again" not in page.text
    again = browser.post("/account/personal/contact/again", hidden(page))
    assert again.location == "/account/personal/contact"


@pytest.mark.refusal("phone.format")
@pytest.mark.refusal("mail.format")
@one_database
def test_what_cannot_be_read_is_said_beside_its_field(city: City, browser: Browser) -> None:
    page = save(browser, email="mei at home", phone_number="call me", locale="xx")

    assert page.status_code == 422
    assert 'id="email-error"' in page.text
    assert 'id="phone_number-error"' in page.text
    assert "call me" in page.text
    assert held(city)["phone_number"] == SAME["phone_number"]


@pytest.mark.refusal("recovery.restricted")
@one_database
def test_a_password_just_reset_by_mail_changes_no_contact(city: City, world: World) -> None:
    recovering.reset_by_mail(Browser(city), world)
    browser = Browser(city)
    recovering.sign_in(browser)

    for path in ("/account/personal/contact", "/account/personal/change"):
        assert browser.get(path).status_code == 403


@pytest.mark.clause("7(8)")
@one_database
def test_a_mailbox_that_gave_way_lately_hears_of_a_reset(
    city: City, browser: Browser, world: World
) -> None:
    page = browser.get(save(browser, email=NEW_MAIL).location)
    browser.submit(page, code=codes(world)[-1])
    world.work_off()
    world.letters.clear()

    recovering.reset_by_mail(Browser(city), world)
    world.work_off()

    assert recipients(world).count(SAME["email"]) == 1
    assert recipients(world).count(NEW_MAIL) == 2


@pytest.mark.refusal("contact.check_not_found")
@one_database
def test_another_members_check_is_nobodys(city: City, browser: Browser) -> None:
    city.enrol("da.wang")
    other = Browser(city)
    recovering.sign_in(other, make.PASSWORD, "da.wang")
    location = save(browser, email=NEW_MAIL).location

    assert other.get(location).status_code == 404
    assert other.post(location, hidden(other.get("/account"))).status_code == 404


# Who had them hears


@pytest.mark.clause("2(8)5")
def test_whoever_received_the_name_is_told_that_it_changed(city: City) -> None:
    tokens = Browser(city).tokens()
    assert city.userinfo(tokens["access_token"]).get_json()["name"] == "陳美玉"
    Browser(city).sign_in("archive")  # fetched nothing
    with city.database() as session:
        member = session.scalars(select(Member)).one()
        writing = Writing(
            session=session,
            member_id=member.id,
            source=Source(
                channel=Channel.INTERFACE, actor_id=CLERK, case_reference="C-1", basis="b"
            ),
            language="en",
            keyring=make.KEYRING,
            now=city.now,
        )
        library = registry.get(session, "library").id
        assert writing.write({"name": "陳美美"}) == ["name"]
        assert writing.write({"name": "陳美美"}) == []

    assert told_clients(city) == [library]  # once, and only who received the name
    (line,) = lines(city, Kind.RECORD_CORRECTED)
    assert line.detail["reference"] == "C-1"


# What needs evidence


def asked(browser: Browser, field: str, wanted: str) -> TestResponse:
    return browser.submit(browser.get("/account/personal/change"), field=field, wanted=wanted)


def decided(city: City, *, granted: bool = True, documents: tuple[str, ...] = ("idcard",)) -> None:
    rooms = city.app.extensions["taipei_id"]
    with city.database() as session:
        request = session.scalars(select(ChangeRequest)).one()
        deciding = Deciding(
            session=session,
            keyring=rooms.keyring,
            table=rooms.representation,
            by=OFFICER,
            now=city.now,
        )
        if documents:
            deciding.show(request, Seen(documents=documents, clerk_id=CLERK, counter_id=None))
        deciding.decide(request, granted=granted, reason="照證件")


@pytest.mark.clause("2(8)5")
def test_a_name_is_asked_for_seen_and_granted(city: City, browser: Browser, world: World) -> None:
    done = asked(browser, "name", "陳美美")
    assert done.location == "/account/personal/change?done=asked"
    page = browser.get(done.location).text
    assert "國民身分證" in page
    assert "等看文件" in page

    decided(city)

    claims = held(city)
    assert claims["name"] == "陳美美"
    assert "given_name" not in claims  # nobody's name is split by guessing
    page = browser.get("/account/personal/change").text
    assert "已變更" in page
    assert "照證件" in page
    assert "陳美玉" in browser.get("/account/personal/history").text
    assert "change.decided" in world.told()
    assert [each.detail.get("step") for each in lines(city, Kind.CHANGE_MOVED)] == [
        "documented",
        "granted",
    ]


@pytest.mark.clause("2(8)5")
@one_database
def test_a_refused_change_changes_nothing_and_says_why(
    city: City, browser: Browser, world: World
) -> None:
    asked(browser, "name", "陳美美")

    decided(city, granted=False, documents=())

    assert held(city)["name"] == "陳美玉"
    assert "照證件" in browser.get("/account/personal/change").text
    assert "change.decided" in world.told()


@pytest.mark.parametrize(
    ("field", "wanted", "paper", "value"),
    [
        ("birthdate", "民國80年5月6日", "household_register", "1991-05-06"),
        ("gender", "女", "household_register", "female"),
        ("residence", "2030-01-01", "residence_permit", "2030-01-01"),
        (
            "address",
            "台北市某區某路 3 號",
            "household_register",
            {"formatted": "台北市某區某路 3 號", "locality": "臺北市", "country": "TW"},
        ),
    ],
)
@one_database
def test_each_field_is_written_as_it_is_kept(
    city: City, field: str, wanted: str, paper: str, value: object
) -> None:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    asked(browser, field, wanted)

    decided(city, documents=(paper,))

    assert held(city)[field] == value


@pytest.mark.clause("10(1)")
@one_database
def test_a_new_number_makes_the_old_one_a_former_one(city: City, browser: Browser) -> None:
    for wanted in ("AC12345679", "A800000014"):
        asked(browser, "number", wanted)
        decided(city, documents=("residence_permit",))
        with city.database() as session:
            session.delete(session.scalars(select(ChangeRequest)).one())

    with city.database() as session:
        member = session.scalars(select(Member)).one()
        current = numbering.current(session, member, keyring=make.KEYRING)
        former = numbering.former(session, member, keyring=make.KEYRING)
    assert current is not None
    assert (current.value, [each.value for each in former]) == ("A800000014", ["AC12345679"])
    assert "證號" in browser.get("/account/personal/history").text


@pytest.mark.refusal("change.value_unreadable")
@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("name", "x" * 101),
        ("name", "a\nb"),
        ("gender", "?"),
        ("birthdate", "soon"),
        ("birthdate", "2990-01-01"),
        ("birthdate", "1990"),
        ("number", "A123456780"),
        ("name", " "),
        ("shoes", "42"),
    ],
)
@one_database
def test_what_could_never_be_granted_is_refused_at_once(
    browser: Browser, field: str, wanted: str
) -> None:
    page = asked(browser, field, wanted)

    assert page.status_code == 422
    assert '-error"' in page.text


@one_database
def test_a_wish_is_taken_back_by_its_member_alone(city: City, browser: Browser) -> None:
    asked(browser, "name", "陳美美")
    with city.database() as session:
        reference = session.scalars(select(ChangeRequest.reference)).one()
    url = f"/account/personal/change/{reference}/withdraw"
    city.enrol("da.wang")
    other = Browser(city)
    recovering.sign_in(other, make.PASSWORD, "da.wang")

    assert other.post(url, hidden(other.get("/account"))).status_code == 404
    page = browser.get("/account/personal/change")
    assert browser.post(url, hidden(page)).location == "/account/personal/change?done=withdrawn"
    assert browser.post(url, hidden(page)).status_code == 409
    assert browser.post("/account/personal/change/％/withdraw", hidden(page)).status_code == 404


@pytest.mark.clause("2(8)5")
def test_old_values_are_for_the_member_alone(city: City, browser: Browser) -> None:
    save(browser, phone_number="0911111111")
    city.enrol("da.wang")
    other = Browser(city)
    recovering.sign_in(other, make.PASSWORD, "da.wang")

    assert "+886900000000" in browser.get("/account/personal/history").text
    assert "還沒有變更過" in other.get("/account/personal/history").text
    assert Browser(city).get("/account/personal/history").status_code == 303


@pytest.mark.clause("10-I(1)")
@one_database
def test_nothing_of_it_outlives_an_erased_account(city: City, browser: Browser) -> None:
    save(browser, email=NEW_MAIL, phone_number="0911111111")
    asked(browser, "name", "陳美美")
    browser.submit(browser.get("/account/delete/confirm"), typed="刪除")
    city.wait(days=8)

    assert closing.run(city.app.extensions["taipei_id"], now=city.now) == 1
    with city.database() as session:
        for table in (ChangeRequest, ContactCheck):
            assert session.scalars(select(table)).all() == []
