"""Clients that show a certificate: who they are, and what their tokens are held to (RFC 8705)."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr
from werkzeug.test import TestResponse

from idp.discovery import metadata
from kernel.settings import Mtls
from tests import make, mtls, proofs
from tests.certificates import pki
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import CALLBACK, ISSUER, VERIFIER, City, basic
from tests.mtls import FRONT
from web.fronts import CERTIFICATE, SECRET

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OWN = mtls.issued(x509.DNSName("api.bank.invalid")).sign()
OTHER = mtls.issued(x509.DNSName("api.shop.invalid"), key=pki.ec_key("shop")).sign()


@pytest.fixture
def front(city: City, tmp_path: Path) -> City:
    """Ask clients for certificates; `bank` is known by one, and so are its tokens."""
    city.configure(
        mtls=Mtls(front=FRONT, authorities=mtls.write_authorities(tmp_path)),
        certificate_front_secret=SecretStr(mtls.SHARED),
    )
    register(city, "bank")
    return city


def register(city: City, client_id: str, **changes: Any) -> None:  # forms are JSON
    form: dict[str, Any] = {
        "auth_method": "tls_client_auth",
        "certificate": {"san_dns": "api.bank.invalid"},
        "certificate_bound": True,
        "sector": f"{client_id}.invalid",
    }
    city.register(client_id, **{**form, **changes})


def call(
    city: City,
    path: str,
    form: dict[str, str] | None,
    certificate: x509.Certificate | None = OWN,
    *,
    host: str = FRONT,
    **headers: str,
) -> TestResponse:
    """Call an endpoint as the proxy at the front passes it on."""
    return city.app.test_client(use_cookies=False).open(
        path,
        base_url=host,
        method="GET" if form is None else "POST",
        data=form,
        headers={**mtls.headers(certificate), **headers},
    )


def of_no_version() -> str:
    odd = pki.of_version(OWN.public_bytes(Encoding.DER), 3)
    return ssl.DER_cert_to_PEM_cert(odd)


def code_form(city: City, client_id: str = "bank", **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": Browser(city).code(client_id),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": client_id,
        **changes,
    }


def tokens(city: City) -> dict[str, Any]:
    response = call(city, "/token", code_form(city))
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.get_json()
    return told


def userinfo(
    city: City, token: str, certificate: x509.Certificate | None, **more: str
) -> TestResponse:
    return call(
        city, "/userinfo", None, certificate, **{"Authorization": f"Bearer {token}", **more}
    )


def test_a_certificate_proves_a_client_and_holds_its_tokens(front: City) -> None:
    told = tokens(front)
    token = told["access_token"]

    assert told["token_type"] == "Bearer"
    assert userinfo(front, token, OWN).get_json()["name"]
    seen = call(front, "/introspect", {"token": token, "client_id": "bank"}).get_json()
    fingerprint = proofs.hash_of_bytes(OWN.public_bytes(Encoding.DER))
    assert (seen["token_type"], seen["cnf"]) == ("Bearer", {"x5t#S256": fingerprint})


def test_its_tokens_are_worth_nothing_without_it(front: City) -> None:
    token = tokens(front)["access_token"]

    refused = [
        userinfo(front, token, OTHER),
        userinfo(front, token, None),
        front.userinfo(token),
        userinfo(front, token, OWN, Authorization=f"DPoP {token}"),
    ]

    assert {(each.status_code, each.get_json()["error"]) for each in refused} == {
        (401, "invalid_token")
    }


@one_database
@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/revoke"])
def test_at_every_endpoint_the_certificate_counts_and_no_other(front: City, path: str) -> None:
    form = {"client_id": "bank", "token": "x"}

    refused = [
        call(front, path, form, OTHER),
        call(front, path, form, None),
        call(front, path, {**form, "client_secret": make.SECRET}),
        call(front, path, form, host=ISSUER),
        call(front, path, form, OWN, **{SECRET: "guessed"}),
        call(front, path, form, OWN, **{SECRET: ""}),
        call(front, path, form, OWN, **{CERTIFICATE: "x" * 40_000}),
        call(front, path, form, OWN, **{CERTIFICATE: "-----BEGIN CERTIFICATE-----"}),
        call(front, path, form, OWN, **{CERTIFICATE: quote(of_no_version())}),
    ]

    assert {each.get_json()["error"] for each in refused} == {"invalid_client"}
    assert call(front, path, form).get_json(silent=True) != refused[0].get_json()


@one_database
def test_a_bound_client_gets_no_token_without_a_certificate(front: City) -> None:
    front.register(
        "vault",
        auth_method="client_secret_basic",
        certificate_bound=True,
        sector="vault.invalid",
    )
    form = code_form(front, "vault")

    without = front.call("/token", form, headers=basic("vault"))
    held = call(front, "/token", form, OTHER, **basic("vault"))

    assert (without.status_code, without.get_json()["error"]) == (400, "invalid_request")
    assert userinfo(front, held.get_json()["access_token"], OTHER).status_code == 200


@one_database
def test_a_key_goes_before_a_certificate(front: City) -> None:
    key = proofs.new_key()
    sent = proofs.proof(key, "POST", f"{FRONT}/token", now=front.now)

    told = call(front, "/token", code_form(front), DPoP=sent).get_json()

    token = told["access_token"]
    shown = proofs.proof(key, "GET", f"{ISSUER}/userinfo", now=front.now, token=token)
    response = front.call("/userinfo", headers={"Authorization": f"DPoP {token}", "DPoP": shown})
    assert (told["token_type"], response.status_code) == ("DPoP", 200)
    assert userinfo(front, token, OWN).status_code == 401


@one_database
def test_a_proof_is_made_for_the_address_that_was_called(front: City) -> None:
    sent = proofs.proof(proofs.new_key(), "POST", f"{ISSUER}/token", now=front.now)

    refused = call(front, "/token", code_form(front), DPoP=sent)

    assert refused.get_json()["error"] == "invalid_dpop_proof"


def test_a_refreshed_token_is_held_to_the_certificate_of_the_day(front: City) -> None:
    renewed = mtls.issued(x509.DNSName("api.bank.invalid"), key=pki.ec_key("renewed")).sign()
    old = tokens(front)
    form = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}

    stolen = call(front, "/token", {**form, "client_id": "bank"}, OTHER)
    new = call(front, "/token", {**form, "client_id": "bank"}, renewed).get_json()["access_token"]

    assert stolen.get_json()["error"] == "invalid_client"
    assert userinfo(front, new, renewed).status_code == 200
    assert userinfo(front, new, OWN).status_code == 401
    assert userinfo(front, old["access_token"], OWN).status_code == 200


@one_database
def test_a_public_clients_refresh_token_is_held_to_its_certificate(front: City) -> None:
    register(front, "kiosk", auth_method="none", certificate=None)
    form = code_form(front, "kiosk")
    token = call(front, "/token", form).get_json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "kiosk"}

    assert call(front, "/token", again, OTHER).get_json()["error"] == "invalid_grant"
    assert call(front, "/token", again).status_code == 200


@one_database
def test_a_fapi_client_may_do_without_keys(front: City) -> None:
    register(front, "broker", profile="fapi2")

    pushed = call(front, "/par", authorization("broker")).get_json()
    browser = Browser(front)
    sent = {"client_id": "broker", "request_uri": pushed["request_uri"]}
    page = browser.follow(browser.get("/authorize", sent))
    code = answer(browser.consent(browser.log_in(page)))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "broker",
    }
    token = call(front, "/token", form).get_json()["access_token"]

    assert userinfo(front, token, OWN).status_code == 200


@one_database
def test_a_fapi_client_that_registered_no_binding_needs_a_key(front: City) -> None:
    register(front, "broker", profile="fapi2", certificate_bound=False)

    response = call(
        front,
        "/token",
        {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "broker"},
    )

    assert response.get_json()["error"] == "invalid_dpop_proof"


@one_database
def test_an_assertion_may_name_the_front(front: City) -> None:
    key = proofs.new_key()
    jwks = proofs.public_set(key)
    front.register("robot", auth_method="private_key_jwt", jwks=jwks, sector="robot.invalid")
    signed = proofs.assertion(key, "robot", f"{FRONT}/revoke", now=front.now)
    form = {"client_assertion_type": proofs.ASSERTION, "client_assertion": signed, "token": "x"}

    assert call(front, "/revoke", form).status_code == 200


# Discovery


def test_the_document_names_the_front_and_what_works_there() -> None:
    told = metadata(ISSUER, mtls_front=FRONT, vouched=True)
    alone = metadata(ISSUER, mtls_front=FRONT)
    without = metadata(ISSUER)

    assert told["mtls_endpoint_aliases"]["token_endpoint"] == f"{FRONT}/token"
    assert told["mtls_endpoint_aliases"].keys() <= told.keys()
    assert "authorization_endpoint" not in told["mtls_endpoint_aliases"]
    assert told["tls_client_certificate_bound_access_tokens"] is True
    methods = [
        [each for each in document["token_endpoint_auth_methods_supported"] if "tls" in each]
        for document in (told, alone, without)
    ]
    assert methods == [
        ["tls_client_auth", "self_signed_tls_client_auth"],
        ["self_signed_tls_client_auth"],
        [],
    ]
    assert "mtls_endpoint_aliases" not in without
