"""Basic OP, and in other ways of answering Form Post, Implicit and Hybrid OP."""

import base64
import json
from typing import Any

import pytest

from kernel.ids import new_id
from tests.conformance.suite import CALLBACK, Suite, call
from tests.flows.provider import VERIFIER, challenge

pytestmark = pytest.mark.slow

PROTOCOL = {"iss", "sub", "aud", "iat", "exp", "acr", "amr", "nonce", "at_hash"}
ACR = "urn:taipei-id:acr:1"


def unsigned(**claims: str) -> str:
    """Return a request object that nobody signed."""
    header, body = json.dumps({"alg": "none"}), json.dumps(claims)
    parts = [
        base64.urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in (header, body)
    ]
    return ".".join([*parts, ""])


def protocol(tokens: dict[str, Any]) -> set[str]:
    """Return the claims that an id_token has of itself: of no access token if none came."""
    return PROTOCOL - (set() if "access_token" in tokens else {"at_hash"})


@pytest.mark.module("oidcc-server")
def test_oidcc_server(suite: Suite) -> None:
    asked = suite.parameters()
    suite.visitor.open(suite.url(asked))
    answer = suite.walk()
    tokens = suite.redeemed(answer)

    claims = tokens["claims"]
    assert answer["state"] == asked["state"]
    assert answer["iss"] == claims["iss"] == suite.provider.issuer
    for each in {"code", "access_token"} & set(answer):
        assert len(answer[each]) >= 43  # 256 bit in base64url
    assert claims["aud"] == suite.client.client_id
    assert claims["nonce"] == asked["nonce"]
    assert claims["iat"] < claims["exp"]
    assert set(claims) == protocol(tokens)  # nothing unasked
    if "access_token" in tokens:
        assert tokens["token_type"] == "Bearer"
        assert int(tokens["expires_in"]) > 0


@pytest.mark.module("oidcc-response-type-missing")
def test_oidcc_response_type_missing(suite: Suite) -> None:
    suite.open(response_type=None)

    assert suite.answer()["error"] == "invalid_request"


@pytest.mark.module("oidcc-idtoken-signature")
def test_oidcc_idtoken_signature(suite: Suite) -> None:
    header = suite.sign_in()["id_token"].split(".")[0]
    read = json.loads(base64.urlsafe_b64decode(header + "=="))

    assert read["alg"] == "RS256"
    assert read["kid"] in {key.kid for key in suite.keys().keys}


@pytest.mark.module("oidcc-idtoken-unsigned")
def test_oidcc_idtoken_unsigned(suite: Suite) -> None:
    header = suite.sign_in()["id_token"].split(".")[0]

    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] != "none"  # not supported


@pytest.mark.module("oidcc-userinfo-get")
def test_oidcc_userinfo_get(suite: Suite) -> None:
    tokens = suite.sign_in()

    assert suite.userinfo(tokens["access_token"]).json()["sub"] == tokens["claims"]["sub"]


@pytest.mark.module("oidcc-userinfo-post-header")
def test_oidcc_userinfo_post_header(suite: Suite) -> None:
    tokens = suite.sign_in()

    response = suite.provider.call("/userinfo", {}, token=tokens["access_token"])

    assert response.json()["sub"] == tokens["claims"]["sub"]


@pytest.mark.module("oidcc-userinfo-post-body")
def test_oidcc_userinfo_post_body(suite: Suite) -> None:
    tokens = suite.sign_in()

    response = suite.provider.call("/userinfo", {"access_token": tokens["access_token"]})

    assert response.json()["sub"] == tokens["claims"]["sub"]


@pytest.mark.module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow")
def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite: Suite) -> None:
    assert "nonce" not in suite.sign_in(nonce=None)["claims"]


def told_for(suite: Suite, scope: str) -> set[str]:
    """Return which standard claims userinfo tells for a scope."""
    tokens = suite.sign_in(scope=scope)
    if "access_token" in tokens:
        assert set(tokens["claims"]) == protocol(tokens)
    return set(suite.tells(tokens))


@pytest.mark.module("oidcc-scope-profile")
def test_oidcc_scope_profile(suite: Suite) -> None:
    wanted = (
        "name family_name given_name middle_name nickname preferred_username profile picture "
        "website gender birthdate zoneinfo locale updated_at"
    )

    assert set(wanted.split()) <= told_for(suite, "openid profile")


@pytest.mark.module("oidcc-scope-email")
def test_oidcc_scope_email(suite: Suite) -> None:
    assert {"email", "email_verified"} <= told_for(suite, "openid email")


@pytest.mark.module("oidcc-scope-address")
def test_oidcc_scope_address(suite: Suite) -> None:
    assert "address" in told_for(suite, "openid address")


@pytest.mark.module("oidcc-scope-phone")
def test_oidcc_scope_phone(suite: Suite) -> None:
    assert {"phone_number", "phone_number_verified"} <= told_for(suite, "openid phone")


@pytest.mark.module("oidcc-scope-all")
def test_oidcc_scope_all(suite: Suite) -> None:
    told = told_for(suite, "openid profile email address phone")

    assert {"name", "email", "address", "phone_number"} <= told


@pytest.mark.module("oidcc-alternate-happy-flow")
def test_oidcc_alternate_happy_flow(suite: Suite) -> None:
    asked = suite.parameters(scope="email openid")
    suite.visitor.open(suite.url(dict(reversed(asked.items()))))
    tokens = suite.redeemed(suite.walk())

    assert "email" in suite.tells(tokens)


@pytest.mark.module("oidcc-display-page")
def test_oidcc_display_page(suite: Suite) -> None:
    assert suite.sign_in(display="page")


@pytest.mark.module("oidcc-display-popup")
def test_oidcc_display_popup(suite: Suite) -> None:
    assert suite.sign_in(display="popup")


@pytest.mark.module("oidcc-prompt-login")
def test_oidcc_prompt_login(suite: Suite) -> None:
    first = suite.sign_in(max_age="10000")["claims"]
    suite.let_pass(seconds=2)

    second = suite.sign_in(prompt="login", max_age="10000")["claims"]

    assert suite.logins == 2
    assert second["sub"] == first["sub"]
    assert second["auth_time"] >= first["auth_time"]


@pytest.mark.module("oidcc-prompt-none-not-logged-in")
def test_oidcc_prompt_none_not_logged_in(suite: Suite) -> None:
    suite.open(prompt="none")

    assert suite.answer()["error"] == "login_required"


@pytest.mark.module("oidcc-prompt-none-logged-in")
def test_oidcc_prompt_none_logged_in(suite: Suite) -> None:
    first = suite.sign_in(max_age="10000")["claims"]

    suite.open(prompt="none", max_age="10000")
    second = suite.redeemed(suite.answer())["claims"]

    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


@pytest.mark.module("oidcc-max-age-1")
def test_oidcc_max_age_1(suite: Suite) -> None:
    first = suite.sign_in(max_age="15000")["claims"]
    suite.let_pass(seconds=2)

    second = suite.sign_in(max_age="1")["claims"]

    assert suite.logins == 2
    assert second["auth_time"] >= first["auth_time"]
    assert second["iat"] - second["auth_time"] < 60


@pytest.mark.module("oidcc-max-age-10000")
def test_oidcc_max_age_10000(suite: Suite) -> None:
    first = suite.sign_in(max_age="10000")["claims"]

    second = suite.sign_in(max_age="10000")["claims"]

    assert suite.logins == 1
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


@pytest.mark.module("oidcc-ensure-request-with-unknown-parameter-succeeds")
def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite: Suite) -> None:
    assert suite.sign_in(extra="foobar")


@pytest.mark.module("oidcc-id-token-hint")
def test_oidcc_id_token_hint(suite: Suite) -> None:
    first = suite.sign_in()

    suite.open(prompt="none", id_token_hint=first["id_token"])
    second = suite.redeemed(suite.answer())["claims"]

    assert second["sub"] == first["claims"]["sub"]


@pytest.mark.module("oidcc-login-hint")
def test_oidcc_login_hint(suite: Suite) -> None:
    suite.open(login_hint=suite.person.login)
    shown = suite.visitor.page

    assert f'value="{suite.person.login}"' in shown
    assert suite.redeemed(suite.walk())


@pytest.mark.module("oidcc-ui-locales")
def test_oidcc_ui_locales(suite: Suite) -> None:
    suite.open(ui_locales="en zh-TW")
    shown = suite.visitor.page

    assert '<html lang="en">' in shown
    assert suite.redeemed(suite.walk())


@pytest.mark.module("oidcc-claims-locales")
def test_oidcc_claims_locales(suite: Suite) -> None:
    assert suite.sign_in(claims_locales="se", scope="openid profile")


@pytest.mark.module("oidcc-ensure-request-with-acr-values-succeeds")
def test_oidcc_ensure_request_with_acr_values_succeeds(suite: Suite) -> None:
    assert suite.sign_in(acr_values=ACR)["claims"]["acr"] == ACR


@pytest.mark.module("oidcc-codereuse")
def test_oidcc_codereuse(suite: Suite) -> None:
    code = suite.authorize()["code"]
    first = suite.client.exchange(code)

    again = suite.client.exchange(code)

    assert first.status_code == 200
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.module("oidcc-codereuse-30seconds")
def test_oidcc_codereuse_30seconds(suite: Suite) -> None:
    code = suite.authorize()["code"]
    token = suite.client.exchange(code).json()["access_token"]
    suite.let_pass(seconds=30)

    again = suite.client.exchange(code)

    assert again.json()["error"] == "invalid_grant"
    assert suite.userinfo(token).status_code == 401


@pytest.mark.module("oidcc-ensure-registered-redirect-uri")
def test_oidcc_ensure_registered_redirect_uri(suite: Suite) -> None:
    page = suite.open(redirect_uri=f"{CALLBACK}/{new_id().hex}")

    # The visitor stops at the callback, and at everything below it.
    assert (page.status, page.has_stopped()) == (400, False)
    assert "<h1>" in page.page


@pytest.mark.module("oidcc-ensure-post-request-succeeds")
def test_oidcc_ensure_post_request_succeeds(suite: Suite) -> None:
    asked = suite.parameters()
    sent = call("POST", f"{suite.provider.issuer}/authorize", data=asked)
    suite.visitor.open(suite.provider.issuer + sent.headers["Location"])

    assert sent.status_code == 303
    assert suite.redeemed(suite.walk())


@pytest.mark.module("oidcc-server-client-secret-post")
def test_oidcc_server_client_secret_post(suite: Suite) -> None:
    suite.client = suite.another_client(auth_method="client_secret_post")

    assert suite.sign_in()


@pytest.mark.module("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    suite.open(request_uri="https://suite.invalid/test/a/taipei-id/requesturi.jwt")

    assert suite.answer()["error"] == "request_uri_not_supported"


@pytest.mark.module("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported")
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    suite.open(request=unsigned(nonce=new_id().hex))

    assert suite.answer()["error"] == "request_not_supported"


@pytest.mark.module("oidcc-claims-essential")
def test_oidcc_claims_essential(suite: Suite) -> None:
    place = "id_token" if suite.response_type == "id_token" else "userinfo"
    tokens = suite.sign_in(claims=json.dumps({place: {"name": {"essential": True}}}))

    assert suite.tells(tokens)["name"]
    assert ("name" in tokens["claims"]) == (place == "id_token")


@pytest.mark.module("oidcc-ensure-request-object-with-redirect-uri")
def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite) -> None:
    page = suite.open(
        redirect_uri="https://suite.invalid/elsewhere", request=unsigned(redirect_uri=CALLBACK)
    )

    assert (page.status, page.has_stopped()) == (400, False)


@pytest.mark.module("oidcc-refresh-token")
def test_oidcc_refresh_token(suite: Suite) -> None:
    first = suite.sign_in(scope="openid email")
    other = suite.another_client()

    stolen = other.refresh(first["refresh_token"])
    second = suite.client.refresh(first["refresh_token"]).json()

    assert stolen.json()["error"] == "invalid_grant"
    assert "id_token" not in second  # as OIDC Core 12.2 allows
    assert second["access_token"] != first["access_token"]
    told = suite.userinfo(second["access_token"]).json()
    assert told["sub"] == first["claims"]["sub"]


@pytest.mark.module("oidcc-ensure-request-with-valid-pkce-succeeds")
def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite) -> None:
    answer = suite.authorize(code_challenge=challenge(), code_challenge_method="S256")

    without = suite.client.exchange(answer["code"])
    proven = suite.client.exchange(answer["code"], code_verifier=VERIFIER)

    assert without.status_code == 400
    assert proven.status_code == 200
