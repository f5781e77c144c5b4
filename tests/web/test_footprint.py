"""我的足跡: everything that concerned a member, in words, filtered, folded, taken along."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select, update
from werkzeug.test import TestResponse

from audit import footprint, proofs
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from idp.checkpoints import checking_with
from idp.checkpoints import seal as seal_ledger
from idp.keys import Keys
from idp.models import SigningKey
from idp.signing import Private
from kernel.errors import Refused
from kernel.ids import new_id, new_id_at
from kernel.settings import SettingsInvalid
from members.models import Member
from members.profile import seal_profile
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, statements
from web import footprint as footprint_pages
from web import footprint_words, handlers

PAGE = "/account/footprint"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser whose member signed in at the library and shared name and birth date."""
    browser = Browser(city)
    tokens = browser.tokens()
    city.userinfo(tokens["access_token"])
    return browser


def seal(city: City) -> int:
    rooms = city.app.extensions["taipei_id"]
    return seal_ledger(
        city.sessions, rooms.provider.keys, issuer=rooms.provider.issuer, now=city.now
    )


def kinds(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)))


def view(city: City, **more: Any) -> UUID:  # what a later part passes
    with city.database() as session:
        return footprint.record_view(
            session,
            member_id=city.member_id(),
            claims=["name"],
            office=("中正區公所", "Zhongzheng District Office"),
            role=("承辦人", "Clerk"),
            viewer="林○○",
            now=city.now,
            **more,
        )


def many(city: City, count: int, *, apart: timedelta = timedelta(hours=2)) -> None:
    """Write many releases of the member, at the same client, `apart` from one another."""
    member_id, client_id = city.member_id(), new_id()
    moments = [city.now - apart * (number + 1) for number in range(count)]
    rows: list[dict[str, Any]] = [  # columns of many types
        {
            "id": new_id_at(moment),
            "at": moment,
            "member_id": member_id,
            "kind": Kind.RELEASED.value,
            "client_id": client_id,
            "purpose_id": None,
            "claims": ["name"],
            "basis": [],
            "detail": {},
        }
        for moment in moments
    ]
    with city.database() as session:
        session.execute(insert(LedgerLine), rows)


def entries(page: TestResponse) -> list[str]:
    """Return the text of each entry on a page, without markup."""
    items = re.findall(
        r'<li id="line-.*?</li>\s*(?=<li id="line-|</ul>\s*</section>)', page.text, re.DOTALL
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]


# What stands in it


@pytest.mark.clause("10(3)")
def test_a_whole_sign_in_leaves_its_lines_in_order(city: City, browser: Browser) -> None:
    assert kinds(city) == [
        Kind.LOGGED_IN,
        Kind.CONSENT_GIVEN,
        Kind.SIGNED_IN,
        Kind.RELEASED,
    ]


@pytest.mark.clause("10(3)")
def test_a_release_names_recipient_purpose_claims_and_the_receipt_it_rests_on(
    city: City, browser: Browser
) -> None:
    with city.database() as session:
        given = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.CONSENT_GIVEN)
        ).one()
        released = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.RELEASED)).one()

    assert released.claims == ["birthdate", "name"]
    assert (released.client_id, released.purpose_id) == (given.client_id, given.purpose_id)
    assert released.basis == given.basis
    assert len(released.basis) == 1


def test_a_wrong_password_is_noted_for_the_member_and_for_strangers_on_the_trail(
    city: City,
) -> None:
    browser = Browser(city)
    for name in ("mei.chen", "nobody"):
        page = browser.get("/account/login")
        browser.submit(page, login_id=name, password="wrong")

    assert kinds(city) == [Kind.LOGIN_FAILED]
    with city.database() as session:
        assert session.scalars(select(TrailEntry.event)).all() == ["login.failed"]


@pytest.mark.clause("9")
@pytest.mark.refusal("view.without_reason")
@one_database
def test_nobody_of_the_city_looks_without_a_case_or_a_reason(city: City) -> None:
    with pytest.raises(Refused, match=r"view\.without_reason"):
        view(city, case=" ", reason="\n")

    assert kinds(city) == []


# What the page says


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh-TW",
            ["圖書館 市府機關 收到您的資料：姓名、出生日期", "登入「圖書館」", "登入了帳號"],
        ),
        (
            "en",
            ["Library City agency Received your data: Full name, Date of birth",
             "Signed in to Library", "Signed in to your account"],
        ),
    ],
)  # fmt: skip
@one_database
def test_the_page_speaks_in_words_the_newest_first(
    city: City, browser: Browser, language: str, expected: list[str]
) -> None:
    page = browser.get(PAGE, headers={"Accept-Language": language})

    shown = entries(page)
    assert len(shown) == 4
    for words, entry in zip(expected, (shown[0], shown[1], shown[3]), strict=True):
        assert words in entry
    assert not any(kind.value in page.text for kind in Kind)


@one_database
def test_a_view_by_staff_shows_office_role_masked_name_and_case(
    city: City, browser: Browser
) -> None:
    view(city, case="1151120-0042")

    newest = entries(browser.get(PAGE))[0]

    assert "中正區公所 · 承辦人 · 林○○" in newest
    assert "案件 1151120-0042" in newest


def test_the_same_data_read_again_within_an_hour_are_one_entry(city: City) -> None:
    browser = Browser(city)
    token = browser.tokens()["access_token"]
    for _ in range(6):
        city.userinfo(token)
        city.wait(minutes=1)

    shown = entries(browser.get(PAGE))

    assert kinds(city).count(Kind.RELEASED) == 6
    assert sum("收到您的資料" in each for each in shown) == 1
    assert "同樣內容再讀取 5 次，從 12:00 起" in shown[0]


@one_database
def test_an_hour_later_it_is_an_entry_of_its_own(city: City, browser: Browser) -> None:
    many(city, 3)

    shown = entries(browser.get(PAGE))

    assert sum("收到您的資料" in each for each in shown) == 4


@one_database
def test_a_page_says_whether_its_lines_are_as_they_were_sealed(
    city: City, browser: Browser
) -> None:
    waiting = browser.get(PAGE).text
    seal(city)
    sealed = browser.get(PAGE).text

    assert "最新的 4 筆還沒封存" in waiting
    assert "這一頁的 4 筆都核對過，和封存時相同。" in sealed
    assert "還沒封存" not in sealed


@one_database
def test_links_lead_to_the_receipt_to_withdrawal_and_to_not_me(
    city: City, browser: Browser
) -> None:
    page = browser.get(PAGE).text
    addresses = re.findall(r'href="(/account/(?:receipts|consents|footprint)/[^"]+)"', page)

    assert {browser.get(each).status_code for each in addresses} == {200}
    assert any(each.endswith("/withdraw") for each in addresses)
    assert any(each.endswith("/not-me") for each in addresses)


@one_database
def test_what_was_withdrawn_cannot_be_withdrawn_again(city: City, browser: Browser) -> None:
    page = browser.get(PAGE)
    address = re.findall(r'href="([^"]+/withdraw)"', page.text)[0]
    browser.submit(browser.get(address))

    assert "/withdraw" not in browser.get(PAGE).text
    assert kinds(city)[-1] == Kind.CONSENT_WITHDRAWN


# Filters and pages


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "data"}, 1),
        ({"kind": "signin"}, 2),
        ({"kind": "consent"}, 1),
        ({"kind": "staff"}, 1),
        ({"kind": "nonsense"}, 5),
        ({"from": "2026-11-23", "to": "2026-11-23"}, 5),
        ({"from": "2026-11-24"}, 0),
        ({"to": "2026-11-22"}, 0),
        ({"from": "yesterday", "to": "9999-12-31", "who": "me"}, 5),
    ],
)
def test_filters_narrow_and_nonsense_does_not(
    city: City, browser: Browser, query: dict[str, str], expected: int
) -> None:
    view(city, reason="抽查")

    page = browser.get(PAGE, query)

    assert page.status_code == 200
    assert len(entries(page)) == expected


def test_one_recipient_can_be_asked_for(city: City, browser: Browser) -> None:
    tokens = browser.tokens("archive", share=())
    city.userinfo(tokens["access_token"])
    page = browser.get(PAGE)
    options = dict(re.findall(r'<option value="([0-9a-f-]{36})">([^<]+)', page.text))

    library = next(value for value, name in options.items() if name == "圖書館")
    shown = entries(browser.get(PAGE, {"who": library}))

    assert len(options) == 2
    assert len(shown) == 3


def test_a_hundred_lines_a_page_and_the_rest_is_one_link_away(city: City, browser: Browser) -> None:
    many(city, 150)

    first = browser.get(PAGE, {"kind": "data"})
    older = re.findall(r'class="button quiet" href="([^"]+before[^"]+)"', first.text)[0]
    second = browser.get(older.replace("&amp;", "&"))

    assert (len(entries(first)), len(entries(second))) == (100, 51)
    assert "更早的紀錄" not in second.text


def test_a_page_costs_the_same_however_long_the_footprint_and_large_the_city(
    city: City, browser: Browser, database: Engine
) -> None:
    browser.get(PAGE)
    with statements(database) as short:
        browser.get(PAGE)

    many(city, 300)
    with city.database() as session:
        for number in range(30):
            make.a_member(session, f"member-{number}")
    with statements(database) as long:
        browser.get(PAGE)

    assert len(long) == len(short) <= 9, long


@one_database
def test_a_stranger_is_sent_to_log_in(city: City) -> None:
    for address in (PAGE, f"{PAGE}/{new_id()}/not-me"):
        assert Browser(city).get(address).status_code == 303


# Not me


def test_not_me_signs_out_everywhere_and_is_on_record(city: City, browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    elsewhere = Browser(city)
    elsewhere.log_in(elsewhere.get("/account/login"))
    address = re.findall(rf'href="({PAGE}/[^"]+/not-me)"', browser.get(PAGE).text)[0]

    done = browser.follow(browser.submit(browser.get(address)))

    assert "已回報，全部裝置都登出了" in done.text
    assert not city.is_alive(token)
    assert [each.get("/account").status_code for each in (browser, elsewhere)] == [303, 303]
    assert kinds(city)[-1] == Kind.DISOWNED
    with city.database() as session:
        report = session.scalars(select(TrailEntry).where(TrailEntry.event == Kind.DISOWNED)).one()
    assert report.actor == city.member_id()


@one_database
def test_a_line_of_somebody_else_is_not_found(city: City, browser: Browser) -> None:
    with city.database() as session:
        other = footprint.record(session, Kind.LOGGED_IN, member_id=new_id(), now=city.now)

    assert browser.get(f"{PAGE}/{other}/not-me").status_code == 404


# Export


def exported(browser: Browser, form: str) -> TestResponse:
    page = browser.get(PAGE)
    return browser.post(f"{PAGE}/export", {**hidden(page), "format": form})


def jwks(city: City) -> dict[str, Any]:
    document: dict[str, Any] = city.call("/jwks.json").get_json()
    return document


@pytest.mark.clause("9")
def test_an_export_proves_itself_with_the_public_keys_alone(city: City, browser: Browser) -> None:
    document = json.loads(exported(browser, "json").text)

    assert list(proofs.verify(document, check=checking_with(jwks(city)))) == []
    assert [line["kind"] for line in document["lines"]][-1] == Kind.EXPORTED
    assert all(line["position"] for line in document["lines"])


class AwayToken:
    """A token that cannot be reached."""

    def make(self, alg: str) -> Private:
        raise SettingsInvalid("token: cannot make a key (NoSuchToken)")

    def sign(self, kid: str, alg: str, message: bytes) -> bytes:
        raise SettingsInvalid("token: cannot sign (NoSuchToken)")


@one_database
def test_while_the_token_is_away_the_footprint_is_given_all_the_same(
    city: City, browser: Browser
) -> None:
    with city.database() as session:
        session.execute(update(SigningKey).values(private_sealed=None))
    city.app.extensions["taipei_id"].provider.keys = Keys(make.KEYRING, token=AwayToken())

    response = exported(browser, "json")

    assert response.status_code == 200
    assert json.loads(response.text)["lines"][-1]["position"] is None


TAMPERED = {
    "an edited line": lambda lines: lines[1].update(claims=[]),
    "a removed line": lambda lines: lines.pop(1),
    "the last line removed": lambda lines: lines.pop(),
    "two lines in each other's place": lambda lines: lines[0].update(position=lines[1]["position"]),
    "an inserted line": lambda lines: lines.append({**lines[0], "position": len(lines) + 1}),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
@one_database
def test_an_export_that_was_changed_does_not(city: City, browser: Browser, change: Any) -> None:
    document = json.loads(exported(browser, "json").text)
    change(document["lines"])

    assert list(proofs.verify(document, check=checking_with(jwks(city))))


@one_database
def test_an_export_without_its_proof_or_under_other_keys_does_not(
    city: City, browser: Browser
) -> None:
    document = json.loads(exported(browser, "json").text)
    check = checking_with(jwks(city))

    assert [each.what for each in proofs.verify({**document, "proof": None}, check=check)] == [
        "removed"
    ]
    assert [each.what for each in proofs.verify(document, check=lambda _signed: None)] == [
        "no given key signed its checkpoint"
    ]


@pytest.mark.parametrize("document", [{}, {"format": proofs.FORMAT, "lines": [{}]}])
@one_database
def test_what_is_no_export_is_called_that(city: City, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not an exported footprint"):
        list(proofs.verify(document, check=lambda _signed: None))


def test_a_spreadsheet_runs_no_formula(city: City, browser: Browser) -> None:
    view(city, reason='=HYPERLINK("http://evil.invalid")')

    response = exported(browser, "csv")

    rows = list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert len(rows) == 7
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@one_database
def test_the_page_to_print_escapes_what_it_shows(city: City, browser: Browser) -> None:
    view(city, reason="<script>alert(1)</script>")

    response = exported(browser, "html")

    assert "&lt;script&gt;" in response.text
    assert "<script" not in response.text


@one_database
def test_a_long_footprint_is_written_in_portions(city: City, browser: Browser) -> None:
    many(city, 2100)
    seal(city)

    document = json.loads(exported(browser, "json").text)

    assert len(document["lines"]) == 2105
    assert list(proofs.verify(document, check=checking_with(jwks(city)))) == []


@pytest.mark.refusal("footprint.not_found")
@one_database
def test_an_unknown_format_is_not_found(city: City, browser: Browser) -> None:
    assert exported(browser, "pdf").status_code == 404
    assert exported(browser, "").status_code == 404


# What never stands in it

WORDS = st.text(st.characters(categories=["L", "Nd"]), min_size=6, max_size=12)


@pytest.mark.clause("10(3)")
@given(name=WORDS, email=WORDS, phone=WORDS, street=WORDS)
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@one_database
def test_no_value_of_a_profile_is_ever_in_the_ledger(
    city: City, name: str, email: str, phone: str, street: str
) -> None:
    values = {"name": name, "birthdate": "1990-04-01", "email": email, "phone_number": phone}
    profile = make.a_profile(**values, address={"formatted": street})
    with city.database() as session:
        member = session.get_one(Member, city.member_id())
        member.data_key_sealed, member.profile_sealed = seal_profile(
            profile, make.KEYRING, member_id=member.id
        )
    browser = Browser(city)
    tokens = browser.tokens(
        scope="openid profile email address", share=("birthdate", "email", "address")
    )
    city.userinfo(tokens["access_token"])
    exported(browser, "json")

    with city.database() as session:
        written = json.dumps(
            [
                [line.kind, line.claims, line.basis, line.detail]
                for line in session.scalars(select(LedgerLine))
            ],
            ensure_ascii=False,
        )
        assert session.scalar(select(func.count()).select_from(LedgerLine))
    for value in (*values.values(), street):
        assert value not in written


def test_every_kind_has_words_in_both_languages() -> None:
    assert set(footprint_words.WORDS) == set(Kind)
    assert all(words.zh and words.en for words in footprint_words.WORDS.values())


@one_database
def test_the_worker_seals_what_was_written(city: City, browser: Browser) -> None:
    handlers.sweep(city.app.extensions["taipei_id"], now=city.now)

    assert "這一頁的 4 筆都核對過" in browser.get(PAGE).text
    assert "還沒封存" not in browser.get(PAGE).text


def test_every_kind_of_line_can_be_filtered_for() -> None:
    assert set(Kind) == set().union(*footprint_pages.KINDS.values())
