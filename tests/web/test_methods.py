"""A way of signing in from an outside package: no template of its own, and the core's own rules."""

import json
import re
import tomllib
from base64 import b32decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from adapters import loading
from adapters.contract import Adapter, Proof, ProofKind
from adapters.password.adapter import PasswordAdapter
from audit.lines import Kind
from audit.models import LedgerLine
from idp import acr
from kernel.wording import Bilingual
from tests import make, plugins
from tests.flows.browser import Browser, answer
from tests.flows.provider import City
from tests.plugins.taipei_id_totp import APP, STEP, TotpAdapter, code_at

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRONG = "urn:taipei-id:acr:2"
DEMAND = json.dumps({"id_token": {"acr": {"essential": True, "values": [STRONG]}}})
PACKAGE = Path(plugins.__file__).parent / "taipei_id_totp"


@pytest.fixture
def totp(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TotpAdapter:
    """Install the package as pip would, and name it in the settings."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())
    entry = project["project"]["entry-points"][loading.GROUP]["totp"]
    info = tmp_path / "taipei_id_totp-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: taipei-id-totp\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{loading.GROUP}]\ntotp = {entry}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(PACKAGE.parent)
    adapter = loading.load(["totp"], {}, derive=make.KEYRING.derive)["totp"]
    use(city, adapter)
    with city.database() as session:
        APP.create(session.connection(), checkfirst=True)
    return TotpAdapter(make.KEYRING.derive("adapter/totp/v1"))


def use(city: City, *more: Adapter) -> None:
    rooms = city.app.extensions["taipei_id"]
    adapters = {**rooms.adapters, **{each.name: each for each in more}}
    reachable = acr.reachable(each.capabilities for each in adapters.values())
    city.app.extensions["taipei_id"] = replace(rooms, adapters=adapters, reachable=reachable)


def set_up(city: City, totp: TotpAdapter, login: str = "mei.chen") -> bytes:
    """Give the member an app and return what it shares with us."""
    with city.database() as session:
        uri = totp.enrol(session, city.member_id(login))
    return b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def code(city: City, secret: bytes) -> str:
    return code_at(secret, int(city.now.timestamp()) // STEP).decode()


def ask(browser: Browser, page: TestResponse, typed: str) -> TestResponse:
    """Choose the code on the step-up page and enter one."""
    form = browser.get(page.request.path.replace("/step-up", "/by/totp"))
    return browser.follow(browser.submit(form, code=typed))


def kept(city: City, kind: Kind) -> list[Mapping[str, object]]:
    with city.database() as session:
        found = session.scalars(
            select(LedgerLine.detail).where(LedgerLine.kind == kind).order_by(LedgerLine.id)
        )
        return [dict(detail) for detail in found]


def test_codes_are_those_of_the_standard() -> None:
    secret = b"12345678901234567890"  # RFC 6238 appendix B, its last six digits

    moments = (59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000)
    codes = [code_at(secret, moment // STEP).decode() for moment in moments]

    assert codes == ["287082", "081804", "050471", "005924", "279037", "353130"]


@pytest.mark.clause("2(8)2")
def test_a_password_and_a_code_open_a_card_service(city: City, totp: TotpAdapter) -> None:
    secret, browser = set_up(city, totp), Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND, max_age="3600"))
    assert page.request.path.endswith("/step-up")
    assert "驗證碼" in page.text

    city.wait(seconds=40)
    page = ask(browser, page, code(city, secret))
    tokens = city.exchange(answer(browser.consent(page))["code"]).get_json()

    claims = city.opened(tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == (STRONG, ["pwd", "otp", "mfa"])
    # The code made the password no newer than it is.
    assert claims["auth_time"] == int((city.now - timedelta(seconds=40)).timestamp())
    assert kept(city, Kind.LOGGED_IN)[-1]["method"] == "totp"
    assert "驗證碼" in browser.get("/account/footprint").text


@one_database
def test_a_code_is_good_once(city: City, totp: TotpAdapter) -> None:
    secret = set_up(city, totp)
    pages = []
    for _ in range(2):
        browser = Browser(city)
        page = browser.log_in(browser.authorize(claims=DEMAND))
        pages.append(ask(browser, page, code(city, secret)))

    assert pages[0].request.path.endswith("/consent")
    assert pages[1].request.path.endswith("/by/totp")
    assert "沒有通過" in pages[1].text


@one_database
def test_a_code_that_was_typed_with_a_chinese_keyboard_is_understood(
    city: City, totp: TotpAdapter
) -> None:
    secret, browser = set_up(city, totp), Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))
    wide = code(city, secret).translate({ord("0") + each: ord("０") + each for each in range(10)})

    assert ask(browser, page, f" {wide} ").request.path.endswith("/consent")


@pytest.mark.refusal("login.failed")
@one_database
def test_codes_cannot_be_tried_one_by_one(city: City, totp: TotpAdapter) -> None:
    secret, browser = set_up(city, totp), Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    for _ in range(5):
        assert ask(browser, page, "000000").status_code == 200
        # The password, which a thief of passwords has, takes no failure back.
        browser.submit(browser.get("/account/confirm"), password=make.PASSWORD)
    locked = ask(browser, page, code(city, secret))

    assert locked.status_code == 429
    assert kept(city, Kind.LOGIN_FAILED)[-1]["reason"] == "totp.wrong"


@one_database
def test_who_has_no_app_is_not_offered_it(city: City, totp: TotpAdapter) -> None:
    browser = Browser(city)

    page = browser.log_in(browser.authorize(claims=DEMAND))

    assert page.request.path.endswith("/step-up")
    assert "驗證碼" not in page.text
    assert browser.get(page.request.path.replace("/step-up", "/by/totp")).status_code == 303
    left = browser.post(page.request.path + "/leave", hidden_of(browser, page))
    assert answer(left)["error"] == "unmet_authentication_requirements"


def hidden_of(browser: Browser, page: TestResponse) -> dict[str, str]:
    from_page = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    return {"csrf_token": from_page}


@one_database
def test_who_has_an_app_and_will_not_use_it_has_refused(city: City, totp: TotpAdapter) -> None:
    set_up(city, totp)
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    left = browser.post(page.request.path + "/leave", hidden_of(browser, page))

    assert answer(left)["error"] == "access_denied"


@one_database
def test_a_wish_is_asked_of_who_has_an_app(city: City, totp: TotpAdapter) -> None:
    set_up(city, totp)
    browser = Browser(city)

    assert browser.log_in(browser.authorize(acr_values=STRONG)).request.path.endswith("/step-up")


@one_database
def test_a_code_is_no_login_of_its_own(city: City, totp: TotpAdapter) -> None:
    secret, browser = set_up(city, totp), Browser(city)
    page = browser.authorize()
    assert "驗證碼" not in page.text

    path = page.request.path.replace("/login", "/by/totp")
    form = {**hidden_of(browser, page), "login": "mei.chen", "code": code(city, secret)}

    assert browser.get(path).status_code == browser.post(path, form).status_code == 303
    assert browser.get("/account").status_code == 303


class OtherPassword(PasswordAdapter):
    """A second password, as another department may have one."""

    name = "staff-password"
    capabilities = replace(
        PasswordAdapter.capabilities, label=Bilingual("員工密碼", "Staff password")
    )


class Weak(OtherPassword):
    """Promises a login and then proves nothing of worth."""

    def verify(self, *asked: object, **more: object) -> Proof:
        return replace(
            PasswordAdapter.verify(self, *asked, **more),  # type: ignore[arg-type]  # passed on
            kind=ProofKind.IDENTIFIER,
        )


def by_other_password(
    browser: Browser, page: TestResponse, password: str = make.PASSWORD
) -> TestResponse:
    form = browser.get(page.request.path.replace("/login", "/by/staff-password"))
    assert "員工密碼" in form.text
    return browser.follow(browser.submit(form, login="mei.chen", password=password))


@one_database
def test_a_way_that_stands_alone_is_on_the_login_page(city: City) -> None:
    use(city, OtherPassword(hasher=make.HASHER, breaches=make.NO_BREACHES))
    browser = Browser(city)
    page = browser.authorize()
    assert "員工密碼" in page.text

    assert "沒有通過" in by_other_password(browser, page, "wrong").text
    assert by_other_password(browser, page).request.path.endswith("/consent")


@one_database
def test_who_signs_in_by_such_a_way_on_a_public_computer_says_so(city: City) -> None:
    use(city, OtherPassword(hasher=make.HASHER, breaches=make.NO_BREACHES))
    browser = Browser(city)
    form = browser.get(browser.authorize().request.path.replace("/login", "/by/staff-password"))
    assert "這是公用電腦" in form.text
    told = {"login": "mei.chen", "shared_computer": "yes"}

    wrong = browser.submit(form, password="wrong", **told)
    assert re.search(r'id="shared_computer"[^>]* checked', wrong.text)
    browser.submit(form, password=make.PASSWORD, **told)

    assert browser.http.get_cookie("__Host-taipei-id-method", domain="id.example.invalid") is None
    city.wait(minutes=9)
    assert browser.get("/account").status_code == 200
    city.wait(minutes=1)
    assert browser.get("/account").status_code == 303


@one_database
def test_who_adds_what_is_missing_is_not_asked_whose_computer_it_is(
    city: City, totp: TotpAdapter
) -> None:
    set_up(city, totp)
    browser = Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    form = browser.get(page.request.path.replace("/step-up", "/by/totp"))

    assert "這是公用電腦" not in form.text


@pytest.mark.refusal("login.proof_too_weak")
@one_database
def test_a_plug_in_that_proves_less_than_it_promised_signs_nobody_in(city: City) -> None:
    use(city, Weak(hasher=make.HASHER, breaches=make.NO_BREACHES))
    browser = Browser(city)

    assert "沒有通過" in by_other_password(browser, browser.authorize()).text
    assert kept(city, Kind.LOGIN_FAILED) == []


class Impostor(TotpAdapter):
    """Answers for whoever logged in first, whoever is here."""

    other: UUID

    def verify(self, *asked: object, **more: object) -> Proof:
        proof = TotpAdapter.verify(self, *asked, **more)  # type: ignore[arg-type]  # passed on
        return replace(proof, member_id=self.other)


@one_database
def test_a_plug_in_cannot_change_who_is_here(city: City, totp: TotpAdapter) -> None:
    impostor = Impostor(make.KEYRING.derive("adapter/totp/v1"))
    impostor.other = city.enrol("daming")
    use(city, impostor)
    secret, browser = set_up(city, totp), Browser(city)
    page = browser.log_in(browser.authorize(claims=DEMAND))

    assert "沒有通過" in ask(browser, page, code(city, secret)).text
    assert kept(city, Kind.LOGIN_FAILED)[-1]["reason"] == "login.other_member"


def test_the_guide_shows_the_very_package() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
    written = (PACKAGE / "__init__.py").read_text(encoding="utf-8")

    assert f"```python\n{written}```" in guide
    assert f"```toml\n{(PACKAGE / 'pyproject.toml').read_text()}```" in guide
    assert len(written.splitlines()) < 100
