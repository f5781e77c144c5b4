"""What a whole sign-in leaves in the logs: identifiers and codes, nothing else."""

import logging
from io import StringIO

import pytest
import structlog

from kernel import logs
from tests import make
from tests.flows.browser import Browser, authorization
from tests.flows.provider import VERIFIER, City, basic, the_settings
from web.app import create_app


def live(city: City) -> list[str]:
    """Do everything once, well and badly, and return what must be in no log."""
    browser = Browser(city)
    page = browser.authorize(login_hint="mei.chen", state="secret-state", nonce="secret-nonce")
    browser.submit(page, login_id="mei.chen", password="a mistyped password")
    code = browser.code()
    tokens = city.exchange(code).get_json()
    city.userinfo(tokens["access_token"])
    renewed = city.refresh(tokens["refresh_token"]).get_json()
    city.introspect(renewed["access_token"])
    city.exchange(code)
    city.exchange("wrong", code_verifier="w" * 43)
    city.userinfo("wrong-token-for-userinfo")
    city.call("/token", {"grant_type": "x"}, headers=basic("library", "a-wrong-secret"))
    browser.get("/authorize", authorization(redirect_uri="https://attacker.invalid"))
    browser.get("/authorize", authorization(claims="{broken"))
    browser.get("/authorize", authorization(id_token_hint=tokens["id_token"], prompt="none"))
    browser.get("/account/consents")
    browser.get("/logout", {"id_token_hint": tokens["id_token"]})
    cookies = [
        found.value
        for kind in ("browser", "session")
        if (found := browser.http.get_cookie(f"__Host-taipei-id-{kind}", "id.example.invalid"))
    ]
    profile = make.a_profile()
    return [
        *tokens.values(),
        *renewed.values(),
        *cookies,
        code,
        make.PASSWORD,
        "a mistyped password",
        make.SECRET,
        "a-wrong-secret",
        VERIFIER,
        "secret-state",
        "secret-nonce",
        "wrong-token-for-userinfo",
        "mei.chen",
        profile.name,
        str(profile.birthdate),
        str(profile.email),
    ]


def leaked(text: str, secrets: list[object]) -> list[str]:
    public = {"Bearer", "openid profile", "900"}
    return [str(each) for each in secrets if str(each) not in public and str(each) in text]


@pytest.mark.pyop_row(17)
def test_a_whole_sign_in_leaves_no_personal_datum_and_no_token_in_the_log(city: City) -> None:
    kept, level = logging.root.handlers, logging.root.level
    stream = StringIO()
    logs.configure(level=logging.DEBUG, readable=False, stream=stream)
    try:
        secrets = live(city)
    finally:
        logging.root.handlers = kept
        logging.root.setLevel(level)
        structlog.reset_defaults()

    assert leaked(stream.getvalue(), [*secrets]) == []


@pytest.mark.pyop_row(17)
def test_whoever_listens_at_debug_hears_no_library_tell_tokens(
    city: City, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in logs.TALKATIVE:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    create_app(the_settings(), database=city.sessions)
    with caplog.at_level(logging.DEBUG):
        secrets = live(city)

    assert leaked(caplog.text, [*secrets]) == []
    talk = [each for each in caplog.records if each.name.startswith(logs.TALKATIVE)]
    assert all(each.levelno >= logging.INFO for each in talk)
