"""Passkeys, in Chromium with an authenticator of its own: add, sign in, step up, lose."""

import re
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.journeys import inspection
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
LANGUAGES = ("zh-Hant-TW", "en")
NO_SUGGESTIONS = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


class Device:
    """The platform authenticator of a phone: it knows its holder and keeps passkeys.

    It answers at once; so where the button is to be pressed, the browser must not suggest first.
    """

    def __init__(self, page: Page, *, suggests: bool = False) -> None:
        if not suggests:
            page.add_init_script(NO_SUGGESTIONS)
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._call("addVirtualAuthenticator", options=options)
        self._name = made["authenticatorId"]

    def _call(self, verb: str, **more: Any) -> Any:  # the protocol's own JSON
        return self._session.send(f"WebAuthn.{verb}", more)

    def passkeys(self) -> list[dict[str, Any]]:
        found = self._call("getCredentials", authenticatorId=self._name)["credentials"]
        return list(found)

    def keep(self, credential: dict[str, Any]) -> None:
        self._call("clearCredentials", authenticatorId=self._name)
        self._call("addCredential", authenticatorId=self._name, credential=credential)

    def refuse(self) -> None:
        """Let the holder fail to be recognised."""
        self._call("setUserVerified", authenticatorId=self._name, isUserVerified=False)


@pytest.fixture
def login_id(city: City) -> str:
    return city.provider.enrol(f"passkey.{next(NUMBERS)}").login


def sign_in_by_password(page: Page, city: City, login_id: str) -> None:
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login_id)
    page.wait_for_url("**/account")


def add_passkey(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/account/carriers")
    page.locator("#add_carrier").click()
    page.locator("#create_passkey").click()
    page.wait_for_url("**/account/carriers?done=carrier")


def sign_out(page: Page) -> None:
    page.locator("form[action='/account/logout'] button").click()
    page.wait_for_url(re.compile(r":\d+/$"))


def report_lost(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/account/carriers")
    page.locator(".carrier summary").first.click()
    page.locator(".carrier form[action$='/lost'] button").first.click()
    page.wait_for_url("**done=lost")


@pytest.mark.clause("2(8)7")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_passkey_is_added_and_signs_in_without_a_name(
    arrive: Arrive, city: City, login_id: str, language: str
) -> None:
    page = arrive(language).page
    device = Device(page)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)
    sign_out(page)

    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_passkey").click()
    page.wait_for_url("**/account")

    assert len(device.passkeys()) == 1
    page.goto(f"{city.provider.issuer}/account/carriers")
    expect(page.locator(".carrier")).to_have_count(1)
    assert not list(inspection.faults(page, language=language, name="carriers with one"))


def test_the_browser_suggests_the_passkey_by_itself(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    Device(page, suggests=True)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)
    sign_out(page)

    page.goto(f"{city.provider.issuer}/account/login")

    page.wait_for_url("**/account")


@pytest.mark.clause("2(8)2")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_of_the_card_asks_for_more_and_gets_it(
    arrive: Arrive, city: City, login_id: str, language: str
) -> None:
    page = arrive(language).page
    Device(page)
    page.goto(f"{city.library}/login")
    log_in(page, login_id)
    page.locator("#consent_allow").click()
    page.wait_for_url("**/card")

    page.locator("#card_services").click()
    page.wait_for_url("**/step-up")
    page.locator("#add_passkey").click()
    page.locator("#create_passkey").click()
    page.wait_for_url("**/step-up")
    assert not list(inspection.faults(page, language=language, name="step up"))
    page.locator("#step_up").click()
    page.wait_for_url("**/card")

    expect(page.locator("#services_open")).to_be_visible()
    page.locator("details summary").click()
    expect(page.get_by_text("urn:taipei-id:acr:2")).to_be_visible()
    expect(page.get_by_text("hwk user mfa")).to_be_visible()


@pytest.mark.clause("7(7)")
def test_a_lost_passkey_opens_nothing_any_more(arrive: Arrive, city: City, login_id: str) -> None:
    page = arrive().page
    Device(page)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)
    report_lost(page, city)
    sign_out(page)

    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_passkey").click()

    expect(page.locator("#errors")).to_contain_text("通行密鑰沒有通過")


def test_a_copied_passkey_is_noticed_and_stopped(arrive: Arrive, city: City, login_id: str) -> None:
    page = arrive().page
    device = Device(page)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)
    copy = device.passkeys()[0]
    sign_out(page)
    sign_in_by_passkey(page, city)
    sign_out(page)

    device.keep(copy)
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_passkey").click()

    expect(page.locator("#errors")).to_be_visible()
    sign_in_by_password(page, city, login_id)
    page.goto(f"{city.provider.issuer}/account/carriers")
    expect(page.locator(".carrier")).to_contain_text("可能被人複製")


def sign_in_by_passkey(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_passkey").click()
    page.wait_for_url("**/account")


def test_who_is_not_recognised_by_the_device_is_told_what_else_to_do(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    device = Device(page)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)
    sign_out(page)
    device.refuse()

    page.goto(f"{city.provider.issuer}/account/login")
    page.locator("#login_passkey").click()

    expect(page.locator("[data-trouble]")).to_be_visible()
    log_in(page, login_id)
    page.wait_for_url("**/account")


@pytest.mark.clause("2(3)")
def test_a_device_makes_no_second_passkey_for_the_same_member(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    Device(page)
    sign_in_by_password(page, city, login_id)
    add_passkey(page, city)

    page.locator("#add_carrier").click()
    confirm_by_passkey(page)
    page.locator("#create_passkey").click()

    expect(page.locator("[data-trouble]")).to_be_visible()


def confirm_by_passkey(page: Page) -> None:
    """Pass the page that a password does not pass."""
    page.wait_for_url(re.compile("/account/confirm.*need=passkey"))
    expect(page.locator("#submit_confirm")).to_have_count(0)
    page.locator("#confirm_passkey").click()
    page.wait_for_url("**/account/carriers/new")


def test_without_a_script_the_password_works_and_the_button_is_not_there(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive(java_script_enabled=False).page
    page.goto(f"{city.provider.issuer}/account/login")
    expect(page.locator("#login_passkey")).to_be_hidden()

    log_in(page, login_id)

    page.wait_for_url("**/account")
    page.goto(f"{city.provider.issuer}/account/carriers/new")
    expect(page.locator("[data-without-passkeys]")).to_be_visible()
