"""Dynamic OP with response_type=code: clients that register themselves with private_key_jwt."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from idp import keys
from idp.models import KeyState
from kernel import clock
from kernel.ids import new_id
from tests import proofs
from tests.conformance.dynamic_clients import Dynamic
from tests.conformance.suite import CALLBACK
from tests.live.server import DISCOVERY, KEYRING

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n and so on"
REFRESHES = {"grant_types": ["authorization_code", "refresh_token"]}
ELSEWHERE = "https://suite.invalid/test/a/taipei-id/elsewhere"


@pytest.mark.module("oidcc-idtoken-rs256")
def test_oidcc_idtoken_rs256(dynamic: Dynamic) -> None:
    client = dynamic.register(id_token_signed_response_alg="RS256")

    assert jwt_header(dynamic.sign_in(client)["id_token"])["alg"] == "RS256"


@pytest.mark.module("oidcc-idtoken-unsigned")
def test_oidcc_idtoken_unsigned(dynamic: Dynamic) -> None:
    supported = dynamic.provider.call(DISCOVERY).json()["id_token_signing_alg_values_supported"]

    assert "none" not in supported  # which skips the module
    assert dynamic.send(id_token_signed_response_alg="none").status_code == 400


@pytest.mark.module("oidcc-userinfo-rs256")
def test_oidcc_userinfo_rs256(dynamic: Dynamic) -> None:
    client = dynamic.register(userinfo_signed_response_alg="RS256")
    tokens = dynamic.sign_in(client, scope="openid email")

    response = dynamic.userinfo(tokens["access_token"])

    assert response.headers["Content-Type"] == "application/jwt"
    told = jwt.decode(response.text, dynamic.keys(), algorithms=["RS256"]).claims
    assert told["sub"] == tokens["claims"]["sub"]
    assert (told["iss"], told["aud"]) == (dynamic.provider.issuer, client.client_id)
    assert told["email"]


@pytest.mark.module("oidcc-ensure-redirect-uri-in-authorization-request")
def test_oidcc_ensure_redirect_uri_in_authorization_request(dynamic: Dynamic) -> None:
    client = dynamic.register(redirect_uris=[CALLBACK, ELSEWHERE])

    page = dynamic.open(client, redirect_uri=None)

    assert (page.status, page.has_stopped()) == (400, False)


@pytest.mark.module("oidcc-redirect-uri-query-OK")
def test_oidcc_redirect_uri_query_OK(dynamic: Dynamic) -> None:  # noqa: N802  # the module's name
    address = f"{CALLBACK}?foo=bar"
    client = dynamic.register(redirect_uris=[address])

    told = dynamic.authorize(client, redirect_uri=address)

    assert told["foo"] == "bar"
    assert told["code"]


@pytest.mark.module("oidcc-redirect-uri-query-mismatch")
def test_oidcc_redirect_uri_query_mismatch(dynamic: Dynamic) -> None:
    client = dynamic.register(redirect_uris=[f"{CALLBACK}?foo=bar"])

    page = dynamic.open(client, redirect_uri=f"{CALLBACK}?foo=baz")

    assert (page.status, page.has_stopped()) == (400, False)


@pytest.mark.module("oidcc-redirect-uri-query-added")
def test_oidcc_redirect_uri_query_added(dynamic: Dynamic) -> None:
    client = dynamic.register()

    page = dynamic.open(client, redirect_uri=f"{CALLBACK}?foo=bar")

    assert (page.status, page.has_stopped()) == (400, False)


@pytest.mark.module("oidcc-redirect-uri-regfrag")
def test_oidcc_redirect_uri_regfrag(dynamic: Dynamic) -> None:
    refused = dynamic.send(redirect_uris=[f"{CALLBACK}#foobar"])

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.module("oidcc-discovery-endpoint-verification")
def test_oidcc_discovery_endpoint_verification(dynamic: Dynamic) -> None:
    document = dynamic.provider.call(DISCOVERY).json()

    assert document["registration_endpoint"] == f"{dynamic.provider.issuer}/register"
    assert "RS256" in document["userinfo_signing_alg_values_supported"]
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert document["request_uri_parameter_supported"]
    assert {"code", "id_token", "id_token token"} <= set(document["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(document["grant_types_supported"])


@pytest.mark.module("oidcc-server")
def test_oidcc_server(dynamic: Dynamic) -> None:
    tokens = dynamic.sign_in(dynamic.register())

    assert dynamic.userinfo(tokens["access_token"]).json()["sub"] == tokens["claims"]["sub"]


@pytest.mark.module("oidcc-registration-logo-uri")
def test_oidcc_registration_logo_uri(dynamic: Dynamic) -> None:
    logo = dynamic.site.publish("/logo.png", PNG)
    client = dynamic.register(logo_uri=logo)

    page = dynamic.open(client).page

    assert 'src="/logos/' in page
    assert logo not in page  # nobody's browser is sent to the client's site


@pytest.mark.module("oidcc-registration-policy-uri")
def test_oidcc_registration_policy_uri(dynamic: Dynamic) -> None:
    client = dynamic.register(policy_uri="https://suite.invalid/policy")

    assert 'href="https://suite.invalid/policy"' in dynamic.open(client).page


@pytest.mark.module("oidcc-registration-tos-uri")
def test_oidcc_registration_tos_uri(dynamic: Dynamic) -> None:
    client = dynamic.register(tos_uri="https://suite.invalid/terms")

    assert 'href="https://suite.invalid/terms"' in dynamic.open(client).page


@pytest.mark.module("oidcc-registration-jwks-uri")
def test_oidcc_registration_jwks_uri(dynamic: Dynamic) -> None:
    address = dynamic.site.publish("/jwks.json", proofs.public_set(dynamic.key))

    assert dynamic.sign_in(dynamic.register(jwks=None, jwks_uri=address))["access_token"]


@pytest.mark.module("oidcc-registration-sector-uri")
def test_oidcc_registration_sector_uri(dynamic: Dynamic) -> None:
    sector = dynamic.site.publish("/sector.json", [CALLBACK])
    clients = [
        dynamic.register(sector_identifier_uri=sector, subject_type="pairwise") for _ in range(2)
    ]

    subjects = {dynamic.sign_in(client)["claims"]["sub"] for client in clients}

    assert len(subjects) == 1  # they share a sector


@pytest.mark.module("oidcc-registration-sector-bad")
def test_oidcc_registration_sector_bad(dynamic: Dynamic) -> None:
    sector = dynamic.site.publish("/sector.json", [ELSEWHERE])

    refused = dynamic.send(sector_identifier_uri=sector)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.module("oidcc-server-rotate-keys")
def test_oidcc_server_rotate_keys(dynamic: Dynamic) -> None:
    client = dynamic.register()
    old = jwt_header(dynamic.sign_in(client)["id_token"])["kid"]
    with dynamic.provider.database() as session:
        keys.rotate(session, KEYRING, "RS256", now=clock.now())
        active = [key.kid for key in keys.listed(session) if key.state is KeyState.ACTIVE]
    time.sleep(1.1)  # for so long a worker may sign with the key it knows

    new = jwt_header(dynamic.sign_in(client)["id_token"])["kid"]

    assert new in active
    assert {old, new} <= {key.kid for key in dynamic.keys().keys}  # the old one is still there


@pytest.mark.module("oidcc-refresh-token-rp-key-rotation")
def test_oidcc_refresh_token_rp_key_rotation(dynamic: Dynamic) -> None:
    address = dynamic.site.publish("/jwks.json", proofs.public_set(dynamic.key))
    client = dynamic.register(jwks=None, jwks_uri=address, **REFRESHES)
    tokens = dynamic.sign_in(client)
    client.key = RSAKey.generate_key(2048, private=True)
    dynamic.site.publish("/jwks.json", proofs.public_set(client.key))
    dynamic.forget_looks()

    response = client.refresh(tokens["refresh_token"])

    assert response.status_code == 200, response.text


@pytest.mark.module("oidcc-request-uri-unsigned")
def test_oidcc_request_uri_unsigned(dynamic: Dynamic) -> None:
    supported = dynamic.provider.call(DISCOVERY).json()
    algorithms = supported["request_object_signing_alg_values_supported"]

    assert "none" not in algorithms  # which skips the module
    assert dynamic.send(request_object_signing_alg="none").status_code == 400


@pytest.mark.module("oidcc-request-uri-signed-rs256")
def test_oidcc_request_uri_signed_rs256(dynamic: Dynamic) -> None:
    path = f"/request-{new_id().hex}"
    address = dynamic.site.publish(path, b"")
    client = dynamic.register(request_uris=[address], request_object_signing_alg="RS256")
    dynamic.site.publish(path, dynamic.signed(client, state="inside"))

    told = dynamic.authorize(client, request_uri=address, state=None)

    assert told["state"] == "inside"
    assert told["code"]


@pytest.mark.module("oidcc-ensure-request-object-with-redirect-uri")
def test_oidcc_ensure_request_object_with_redirect_uri(dynamic: Dynamic) -> None:
    client = dynamic.register()
    signed = dynamic.signed(client).decode()

    told = dynamic.authorize(client, request=signed, redirect_uri=ELSEWHERE)

    assert told["code"]  # it went to the address that was signed


@pytest.mark.module("oidcc-refresh-token")
def test_oidcc_refresh_token(dynamic: Dynamic) -> None:
    client, other = dynamic.register(**REFRESHES), dynamic.register(**REFRESHES)
    token = dynamic.sign_in(client)["refresh_token"]

    assert other.refresh(token).json()["error"] == "invalid_grant"
    assert client.refresh(token).status_code == 200


@pytest.mark.module("oidcc-ensure-client-assertion-with-iss-aud-succeeds")
def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(dynamic: Dynamic) -> None:
    client = dynamic.register()
    code = dynamic.authorize(client)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}

    assert client.token_for(dynamic.provider.issuer, **form).status_code == 200


def jwt_header(token: str) -> dict[str, str]:
    read: dict[str, str] = json.loads(
        base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "==")
    )
    return read
