"""The first account name and password: by code and birth date, once (2(8)1)."""

import re
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, func, select

from adapters.password.models import PasswordCredential
from audit.lines import Kind
from audit.models import LedgerLine
from kernel.mail import FolderPost
from kernel.working import do_one
from members import register
from members.application_models import Application
from members.invitations import LASTS
from members.models import Member, Standing
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, the_settings
from tests.web.applicants import WHO, apply, approve, confirm, letters
from web import application_mails
from web.application_mails import ApplicationMailer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CHOSEN = {
    "birth_date": WHO["birth_date"],
    "login_id": "first.name",
    "new_password": make.PASSWORD,
    "repeat_password": make.PASSWORD,
}


def approved(city: City, **more: dict[str, str]) -> str:
    apply(city, **more)
    confirm(city)
    return approve(city).secret


def choose(city: City, code: str, **changes: str) -> tuple[int, str]:
    browser = Browser(city)
    page = browser.get("/activate", {"code": code})
    answer = browser.submit(page, **{"code": code, **CHOSEN, **changes})
    return answer.status_code, answer.text


def passwords(city: City) -> int:
    with city.database() as session:
        return session.scalar(select(func.count()).select_from(PasswordCredential)) or 0


def send_letters(city: City, tmp_path: Path) -> list[str]:
    """Let the worker write what is due; return the letters as text."""
    folder = tmp_path / "letters"
    folder.mkdir()
    mailer = ApplicationMailer(city.sessions, make.KEYRING, the_settings(), FolderPost(folder))
    while do_one(city.sessions, {application_mails.KIND: mailer}, now=city.now):
        pass
    return [text_of(each.read_bytes()) for each in sorted(folder.iterdir())]


def text_of(letter: bytes) -> str:
    message = message_from_bytes(letter, policy=policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([str(message["Subject"]), *parts])


@pytest.mark.clause("2(8)1")
def test_a_new_member_chooses_name_and_password_and_signs_in(city: City) -> None:
    code = approved(city)
    before = passwords(city)

    status, _ = choose(city, code.lower().replace("-", ""))

    assert (status, passwords(city)) == (303, before + 1)
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"), "first.name")
    assert "first.name" in browser.get("/account").text
    with city.database() as session:
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert Kind.ACCOUNT_OPENED in kinds


@pytest.mark.clause("2(8)1")
def test_between_approval_and_choice_there_is_no_password_anywhere(city: City) -> None:
    before = passwords(city)
    approved(city)

    assert passwords(city) == before
    with city.database() as session:
        member = session.scalars(select(Member).where(Member.login.startswith("/new/"))).one()
        browser = Browser(city)
        browser.log_in(browser.get("/account/login"), member.login, "")
    assert browser.get("/account").status_code == 303


@pytest.mark.refusal("activation.wrong")
def test_a_wrong_code_and_a_wrong_birth_date_look_alike(city: City) -> None:
    code = approved(city)

    answers = [
        choose(city, code, birth_date="1996-05-02"),
        choose(city, "AAAA-BBBB-CCCC-DDDD"),
        choose(city, code, birth_date=""),
    ]

    for status, text in answers:
        assert (status, "啟用碼或出生日期不對" in text) == (422, True)


def test_the_birth_date_is_guessed_at_five_times(city: City) -> None:
    code = approved(city)
    for day in range(5):
        choose(city, code, birth_date=f"1990-01-0{day + 1}")

    status, text = choose(city, code)

    assert (status, "嘗試太多次" in text) == (422, True)


def test_a_code_is_good_once_and_for_fourteen_days(city: City) -> None:
    code = approved(city)
    assert choose(city, code)[0] == 303
    assert choose(city, code, login_id="second.name")[0] == 422


def test_an_old_code_is_good_no_more(city: City) -> None:
    code = approved(city)
    city.now += LASTS

    assert choose(city, code)[0] == 422


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login_id": "abc"}, "帳號至少 4 個字"),
        ({"login_id": "mei.chen"}, "這個帳號有人用了"),
        ({"repeat_password": "other"}, "兩次輸入的密碼不一樣"),
        ({"new_password": "short", "repeat_password": "short"}, "密碼"),
    ],
)
@pytest.mark.refusal("member.login_format")
@pytest.mark.refusal("member.login_taken")
def test_what_will_not_do_is_said_and_the_code_stays_good(
    city: City, changes: dict[str, str], words: str
) -> None:
    code = approved(city)

    status, text = choose(city, code, **changes)

    assert (status, words in text) == (422, True)
    assert make.PASSWORD not in text
    assert choose(city, code)[0] == 303


def test_who_was_suspended_meanwhile_chooses_nothing(city: City) -> None:
    code = approved(city)
    with city.database() as session:
        member = session.scalars(select(Member).where(Member.login.startswith("/new/"))).one()
        member.standing = Standing.SUSPENDED

    status, text = choose(city, code)

    assert (status, "帳號停用" in text) == (422, True)


# Letters


@pytest.mark.clause("2(8)1")
def test_the_letter_leads_to_the_choice_and_proves_the_address(city: City, tmp_path: Path) -> None:
    approved(city)
    assert [each["state"] for each in letters(city)] == ["counter_confirming", "approved"]

    sent = send_letters(city, tmp_path)

    assert len(sent) == 2
    links = {
        unescape(link) for each in sent for link in re.findall(rf"{ISSUER}/activate[^\s\"<]+", each)
    }
    query = parse_qs(urlsplit(links.pop()).query)
    assert not links
    assert choose(city, query["code"][0], sent=query["sent"][0])[0] == 303
    with city.database() as session:
        member = register.find_by_login(session, "first.name")
        assert member is not None
        held = register.claims_of(member, keyring=make.KEYRING)
    assert held["email_verified"] is True


def test_a_code_from_the_receipt_proves_no_address(city: City) -> None:
    assert choose(city, approved(city), sent="AAAA-BBBB-CCCC-DDDD")[0] == 303

    with city.database() as session:
        member = register.find_by_login(session, "first.name")
        assert member is not None
        held = register.claims_of(member, keyring=make.KEYRING)
    assert held["email_verified"] is False


def test_who_gave_no_address_is_not_written_to(city: City, tmp_path: Path) -> None:
    code = approved(city, contact={"email": "", "phone": ""})

    assert send_letters(city, tmp_path) == []
    assert choose(city, code)[0] == 303


def test_a_letter_names_nobody(city: City, tmp_path: Path) -> None:
    approved(city)

    for text in send_letters(city, tmp_path):
        assert not any(word in text for word in ("測試一號", "1996", "A1000", "0912"))


def test_a_letter_about_what_was_destroyed_is_not_written(city: City, tmp_path: Path) -> None:
    apply(city)
    with city.database() as session:
        session.execute(delete(Application))

    assert send_letters(city, tmp_path) == []
