"""What the protocol library does when left alone: each hole here is closed in our own tests.

Every test shows the library failing what `pyop_row` tests with the same number expect of us. If
one of them breaks after an upgrade, a hole was closed upstream: read PYOP.md again.
"""

import base64
import inspect
from typing import Any
from urllib.parse import urlencode

import pytest
from jwkest import ecc
from jwkest.jwk import SYMKey
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidAuthenticationRequest
from pyop.provider import Provider
from pyop.subject_identifier import HashBasedSubjectIdentifierFactory
from pyop.userinfo import Userinfo

CALLBACK = "https://library.invalid/callback"
ISSUER = "https://id.example.invalid"
REQUEST = {
    "client_id": "library",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
}


@pytest.fixture
def stock() -> Any:  # pyop is untyped
    """Return the library's provider with two clients, as its own examples build it."""
    clients = {
        name: {
            "client_secret": f"secret-of-{name}",
            "redirect_uris": [CALLBACK],
            "response_types": ["code"],
            "subject_type": "pairwise",
            "token_endpoint_auth_method": "client_secret_post",
            "id_token_signed_response_alg": "HS256",
        }
        for name in ("library", "museum")
    }
    metadata = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/jwks.json",
        "subject_types_supported": ["pairwise"],
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["HS256"],
    }
    state = AuthorizationState(
        HashBasedSubjectIdentifierFactory("salt"), refresh_token_lifetime=86_400
    )
    return Provider(SYMKey(key="k" * 32), metadata, state, clients, Userinfo({"mei": {}}))


def a_code(stock: Any, **more: str) -> str:  # pyop is untyped
    request = stock.parse_authentication_request(urlencode({**REQUEST, **more}))
    return str(stock.authorize(request, "mei")["code"])


def token(stock: Any, client_id: str = "library", **form: str) -> Any:  # pyop is untyped
    secret = {"client_id": client_id, "client_secret": f"secret-of-{client_id}"}
    return stock.handle_token_request(urlencode({**secret, **form}))


def exchange(stock: Any, code: str, **more: str) -> Any:  # pyop is untyped
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return token(stock, **{**form, **more})


@pytest.mark.pyop_row(1)
def test_it_draws_signature_nonces_from_a_predictable_generator() -> None:
    assert "getrandbits" in inspect.getsource(ecc)


@pytest.mark.pyop_row(2)
def test_it_gives_any_client_the_tokens_of_another(stock: Any) -> None:
    refresh_token = exchange(stock, a_code(stock))["refresh_token"]

    stolen = token(stock, "museum", grant_type="refresh_token", refresh_token=refresh_token)

    assert stolen["access_token"]


@pytest.mark.pyop_row(3)
def test_it_leaves_the_tokens_of_a_replayed_code_alive(stock: Any) -> None:
    code = a_code(stock)
    tokens = exchange(stock, code)

    with pytest.raises(ValueError, match="already been used"):
        exchange(stock, code)

    assert stock.authz_state.introspect_access_token(tokens["access_token"])["active"]


@pytest.mark.pyop_row(4)
def test_it_lets_a_verifier_pass_that_nobody_announced(stock: Any) -> None:
    assert exchange(stock, a_code(stock), code_verifier="x" * 43)["access_token"]


@pytest.mark.pyop_row(4)
def test_it_takes_a_request_for_the_plain_method(stock: Any) -> None:
    assert a_code(stock, code_challenge="x" * 43, code_challenge_method="plain")


@pytest.mark.pyop_row(5)
def test_its_logout_leaves_a_refresh_token_that_fails_as_a_bug(stock: Any) -> None:
    refresh_token = exchange(stock, a_code(stock))["refresh_token"]
    stock.logout_user(stock.authz_state.subject_identifiers["mei"]["pairwise"][0])

    with pytest.raises(KeyError):
        token(stock, grant_type="refresh_token", refresh_token=refresh_token)


@pytest.mark.pyop_row(8)
@pytest.mark.parametrize("credentials", ["library", "library:secret:with:colons"])
def test_it_stumbles_over_colons(stock: Any, credentials: str) -> None:
    header = "Basic " + base64.b64encode(credentials.encode()).decode()

    with pytest.raises(ValueError, match="unpack"):
        stock.handle_token_request("grant_type=refresh_token", {"Authorization": header})


@pytest.mark.pyop_row(16)
def test_it_sends_errors_to_any_address_at_all(stock: Any) -> None:
    request = {**REQUEST, "redirect_uri": "https://attacker.invalid/", "scope": "profile"}

    with pytest.raises(InvalidAuthenticationRequest) as refused:
        stock.parse_authentication_request(urlencode(request))

    assert refused.value.to_error_url().startswith("https://attacker.invalid/")
