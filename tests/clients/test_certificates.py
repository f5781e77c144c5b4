"""Which certificates prove a client, and which prove nothing (RFC 8705 2)."""

import base64
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clients import certificates, registry
from clients.certificate_names import CertificateName
from clients.certificates import NOBODY, Authorities
from clients.directory import RegisteredClient, view_of
from clients.revocations import RevocationLists
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from tests import make, mtls
from tests.certificates import pki
from tests.certificates.pki import Leaf

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
VOUCHING = Authorities((mtls.authority().certificate,))
DNS = x509.DNSName("api.library.invalid")
NAMED: dict[str, tuple[str, Leaf]] = {
    "subject_dn": ("CN=bank,C=TW", mtls.issued(subject=pki.name("bank"))),
    "san_dns": ("API.library.invalid", mtls.issued(DNS)),
    "san_uri": (
        "urn:taipei:library",
        mtls.issued(x509.UniformResourceIdentifier("urn:taipei:library")),
    ),
    "san_ip": ("2001:DB8::1", mtls.issued(x509.IPAddress(ip_address("2001:db8::1")))),
    "san_email": ("it@library.invalid", mtls.issued(x509.RFC822Name("it@library.invalid"))),
}


@pytest.fixture
def client(session: Session) -> RegisteredClient:
    """Lend a client known by the DNS name of its program."""
    certificate = {"san_dns": "api.library.invalid"}
    return view_of(make.a_client(session, auth_method="tls_client_auth", certificate=certificate))


def proves(client: RegisteredClient, leaf: Leaf, **changes: Any) -> bool:
    usual = {"authorities": VOUCHING, "now": make.NOON}
    return certificates.is_of(client, leaf.der(), **{**usual, **changes})


@one_database
@pytest.mark.parametrize("kind", NAMED)
def test_a_client_is_known_by_the_name_it_registered(client: RegisteredClient, kind: str) -> None:
    value, leaf = NAMED[kind]
    known = replace(client, certificate={kind: value})

    assert proves(known, leaf)
    assert not any(proves(known, other) for name, (_, other) in NAMED.items() if name != kind)


BAD: dict[str, tuple[Leaf, dict[str, Any]]] = {
    "of nobody": (mtls.issued(), {}),
    "of another name": (mtls.issued(x509.DNSName("api.library.invalid.evil.invalid")), {}),
    "of another authority": (mtls.issued(DNS, by=pki.root()), {}),
    "of a look-alike authority": (
        mtls.issued(
            DNS,
            by=pki.authority(pki.name("Synthetic client authority"), pki.ec_key("look-alike")),
        ),
        {},
    ),
    "without authorities": (mtls.issued(DNS), {"authorities": NOBODY}),
    "expired": (mtls.issued(DNS, end=make.NOON - timedelta(seconds=1)), {}),
    "not yet good": (mtls.issued(DNS, start=make.NOON + timedelta(seconds=1)), {}),
    "of an authority past its time": (mtls.issued(DNS), {"now": make.NOON + 11 * pki.YEAR}),
    "with a short key": (mtls.issued(DNS, key=pki.rsa_key("short", 1024)), {}),
    "on another curve": (mtls.issued(DNS, key=ec.generate_private_key(ec.SECP256K1())), {}),
    "of a web server": (mtls.issued(DNS, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), {}),
}


@one_database
@pytest.mark.parametrize("case", BAD)
def test_a_certificate_proves_nothing_that_is(client: RegisteredClient, case: str) -> None:
    leaf, changes = BAD[case]

    assert proves(client, mtls.issued(DNS, purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)))
    assert not proves(client, leaf, **changes)


@one_database
@given(st.binary(max_size=80))
def test_no_bytes_are_a_mistake_of_ours(client: RegisteredClient, der: bytes) -> None:
    assert not certificates.is_of(client, der, authorities=VOUCHING, now=make.NOON)


# Self-signed


def owner(session: Session, *keys: dict[str, Any]) -> RegisteredClient:
    method = "self_signed_tls_client_auth"
    return view_of(make.a_client(session, auth_method=method, jwks={"keys": list(keys)}))


def is_of(client: RegisteredClient, certificate: x509.Certificate) -> bool:
    der = certificate.public_bytes(Encoding.DER)
    return certificates.is_of(client, der, authorities=NOBODY, now=make.NOON)


@one_database
@pytest.mark.parametrize("key", [pki.ec_key("own"), pki.rsa_key("own")], ids=["EC", "RSA"])
def test_a_registered_key_needs_nobody_to_vouch_for_it(session: Session, key: pki.Private) -> None:
    known = owner(session, mtls.jwk(pki.ec_key("older")), mtls.jwk(key))

    assert is_of(known, mtls.self_signed(key))
    assert not is_of(known, mtls.self_signed(pki.ec_key("stranger")))
    assert not is_of(known, mtls.self_signed(key, end=make.NOON - timedelta(days=1)))


@one_database
def test_where_a_certificate_is_registered_no_other_over_its_key_counts(session: Session) -> None:
    key = pki.ec_key("own")
    certificate = mtls.self_signed(key)
    told = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    known = owner(session, mtls.jwk(key, x5c=[told]))

    assert is_of(known, certificate)
    assert not is_of(known, mtls.self_signed(key))


@one_database
@pytest.mark.parametrize(
    "jwks",
    [{}, {"keys": "none"}, {"keys": [7]}, {"keys": [{"kty": "oct", "k": "A" * 43}]}, {"keys": []}],
    ids=str,
)
def test_keys_that_are_none_match_nothing(session: Session, jwks: dict[str, Any]) -> None:
    known = replace(owner(session, mtls.jwk(pki.ec_key("own"))), jwks=jwks)

    assert not is_of(known, mtls.self_signed(pki.ec_key("own")))


@one_database
def test_a_certificate_in_no_base64_matches_nothing(session: Session) -> None:
    key = pki.ec_key("own")
    known = owner(session, mtls.jwk(key, x5c=["***"]))

    assert not is_of(known, mtls.self_signed(key))


# Registration


@pytest.mark.parametrize(
    "name",
    [
        {},
        {"san_dns": "a", "san_uri": "b"},
        {"san_dns": ""},
        {"san_ip": "300.1.1.1"},
        {"subject_dn": "nonsense"},
        {"subject_dn": " "},
        {"invented": "x"},
    ],
    ids=str,
)
def test_a_name_that_names_nobody_is_not_registered(name: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever is wrong with it
        CertificateName.model_validate(name)


@pytest.mark.parametrize(
    "changes",
    [
        {"auth_method": "tls_client_auth"},
        {"certificate": {"san_dns": "api.library.invalid"}},
        {"auth_method": "self_signed_tls_client_auth"},
        {
            "auth_method": "tls_client_auth",
            "profile": "fapi2-signed",
            "certificate": {"san_dns": "api.library.invalid"},
        },
    ],
    ids=str,
)
def test_a_registration_holds_what_its_method_needs_and_nothing_else(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(make.a_client_form(**changes))


# Authorities


def test_authorities_are_read_from_a_file(tmp_path: Path) -> None:
    assert certificates.read(mtls.write_authorities(tmp_path)) == VOUCHING
    assert certificates.read(None) == NOBODY


def test_a_file_that_holds_none_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "empty.pem"
    path.write_text("nothing")

    with pytest.raises(SettingsInvalid, match="holds no certificates"):
        certificates.read(path)


# What authorities revoked


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


def listing(path: Path, *lists: bytes) -> Authorities:
    path.write_bytes(b"".join(pem(each) for each in lists))
    return replace(VOUCHING, revoked=RevocationLists(path))


@one_database
def test_a_revoked_certificate_proves_nothing(client: RegisteredClient, tmp_path: Path) -> None:
    stolen, sound = mtls.issued(DNS, serial=71), mtls.issued(DNS, serial=72)
    lists = listing(tmp_path / "crl.pem", pki.revocation_list(mtls.authority(), [71]))

    assert proves(client, sound, authorities=lists)
    assert not proves(client, stolen, authorities=lists)
    assert proves(client, stolen)  # where nobody keeps lists


@one_database
def test_a_new_list_counts_at_once(client: RegisteredClient, tmp_path: Path) -> None:
    leaf, path = mtls.issued(DNS, serial=73), tmp_path / "crl.pem"
    lists = listing(path, pki.revocation_list(mtls.authority()))
    assert proves(client, leaf, authorities=lists)

    path.write_bytes(pem(pki.revocation_list(mtls.authority(), [73, 74], number=2)))

    assert not proves(client, leaf, authorities=lists)


LISTS: dict[str, list[bytes]] = {
    "nothing": [],
    "another authority's": [pki.revocation_list(pki.root())],
    "a look-alike's": [
        pki.revocation_list(
            pki.authority(pki.name("Synthetic client authority"), pki.ec_key("look-alike"))
        )
    ],
    "one that is over": [pki.revocation_list(mtls.authority(), until=make.NOON)],
    "one to come": [pki.revocation_list(mtls.authority(), start=make.NOON + timedelta(hours=1))],
    "one changed on the way": [
        pki.changed_byte(pki.revocation_list(mtls.authority()), at=lambda der: len(der) - 1)
    ],
}


@one_database
@pytest.mark.parametrize("what", LISTS)
def test_in_doubt_a_certificate_does_not_count(
    client: RegisteredClient, tmp_path: Path, what: str
) -> None:
    lists = listing(tmp_path / "crl.pem", *LISTS[what])

    assert not proves(client, mtls.issued(DNS), authorities=lists)


@one_database
def test_a_file_that_is_lost_or_broken_speaks_for_nobody(
    client: RegisteredClient, tmp_path: Path
) -> None:
    path = tmp_path / "crl.pem"
    lists = listing(path, pki.revocation_list(mtls.authority()))

    path.write_bytes(b"-----BEGIN X509 CRL-----\nx\n-----END X509 CRL-----\n")
    assert not proves(client, mtls.issued(DNS), authorities=lists)
    path.unlink()
    assert not proves(client, mtls.issued(DNS), authorities=lists)


def test_the_lists_are_named_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "crl.pem"
    path.write_bytes(pem(pki.revocation_list(mtls.authority())))

    read = certificates.read(mtls.write_authorities(tmp_path), path)

    assert read.revoked is not None
    assert read.certificates == VOUCHING.certificates


@one_database
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_certificate_of_no_version_there_is_proves_nobody(
    client: RegisteredClient, number: int
) -> None:
    odd = pki.of_version(mtls.issued(DNS).der(), number)

    assert not certificates.is_of(client, odd, authorities=VOUCHING, now=make.NOON)


@one_database
def test_a_certificate_with_a_name_nobody_reads_proves_nobody(client: RegisteredClient) -> None:
    assert not proves(client, mtls.issued(extra=((pki.STRANGE_NAME, False),)))
