"""Interfaces for programs know clients by their certificates as every endpoint does (RFC 8705)."""

from pathlib import Path

import pytest
from cryptography import x509
from pydantic import SecretStr
from werkzeug.test import TestResponse

from kernel.settings import Mtls
from tests import mtls
from tests.certificates import pki
from tests.flows.provider import ISSUER, City
from tests.mtls import FRONT

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OWN = mtls.issued(x509.DNSName("api.bank.invalid")).sign()
OTHER = mtls.issued(x509.DNSName("api.shop.invalid"), key=pki.ec_key("shop")).sign()


@pytest.fixture
def bank(city: City, tmp_path: Path) -> City:
    """Lend a client that proves itself by a certificate and nothing else."""
    city.configure(
        mtls=Mtls(front=FRONT, authorities=mtls.write_authorities(tmp_path)),
        certificate_front_secret=SecretStr(mtls.SHARED),
    )
    city.register(
        "bank",
        auth_method="tls_client_auth",
        certificate={"san_dns": "api.bank.invalid"},
        sector="bank.invalid",
    )
    return city


def tap(city: City, certificate: x509.Certificate | None, *, host: str = FRONT) -> TestResponse:
    return city.app.test_client(use_cookies=False).open(
        "/api/verify",
        base_url=host,
        method="POST",
        data={"client_id": "bank", "service": "books"},
        headers=mtls.headers(certificate),
    )


def test_a_client_with_its_certificate_is_known_at_the_interfaces(bank: City) -> None:
    told = tap(bank, OWN)

    assert (told.status_code, told.get_json()["type"]) == (
        403,
        "urn:taipei-id:error:terminal.not_registered",
    )


@pytest.mark.parametrize("certificate", [None, OTHER])
def test_without_its_own_certificate_it_is_nobody(
    bank: City, certificate: x509.Certificate | None
) -> None:
    assert tap(bank, certificate).status_code == 401


def test_a_certificate_counts_only_at_its_front(bank: City) -> None:
    assert tap(bank, OWN, host=ISSUER).status_code == 401
