"""Certificates of members' own devices: short, naming nobody, and over the moment they must be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from adapters.certificate import authority, devices
from adapters.certificate.authority import Authority
from adapters.certificate.models import DeviceCertificate
from adapters.contract import NotProven, Proof
from carriers import bindings
from carriers.models import Binding, Suspension
from idp import acr
from kernel.errors import NotFound, Refused
from tests import make
from tests.certificates import pki
from tests.certificates.holder import HERE, Holder, an_adapter
from tests.certificates.pki import Leaf


def no_token(_label: str) -> ec.EllipticCurvePrivateKey:
    raise AssertionError


def an_authority(session: Session) -> Authority:
    authority.make(session, make.KEYRING, name="Synthetic devices", now=make.NOON)
    return authority.opened(session, make.KEYRING, no_token)


def a_request(key: Any = None, asked: str = "A123456789") -> bytes:  # keys of several kinds
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, asked)])
    key = key or pki.ec_key("device")
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    request = x509.CertificateSigningRequestBuilder(name).sign(key, algorithm)
    return request.public_bytes(Encoding.PEM)


@pytest.fixture
def mei(session: Session) -> UUID:
    return make.a_member(session).id


def bound(
    session: Session, member_id: UUID, request: bytes | None = None
) -> tuple[Binding, DeviceCertificate]:
    by = authority.find(session) and authority.opened(session, make.KEYRING, no_token)
    issued = devices.bind(
        session,
        by or an_authority(session),
        a_request() if request is None else request,
        member_id=member_id,
        name="我的筆電",
        acr=acr.ACR[0],
        now=make.NOON,
    )
    return bindings.get(session, issued.binding_id, member_id=member_id), issued


def read(issued: DeviceCertificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.certificate)


class Device(Holder):
    """A device that shows the certificate it was issued."""

    shows: bytes = b""

    @property
    def der(self) -> bytes:
        return self.shows


def prove(session: Session, issued: DeviceCertificate, *, later: timedelta = timedelta()) -> Proof:
    device = Device(leaf=Leaf(key=pki.ec_key("device")), algorithm="ES256")
    object.__setattr__(device, "shows", issued.certificate)
    adapter, now = an_adapter(), make.NOON + later
    asked = adapter.begin(HERE, now=now)
    return adapter.verify(session, HERE, asked, {"token": device.token(asked.nonce)}, now=now)


@pytest.mark.clause("7(6)3")
def test_a_device_gets_a_certificate_that_names_nobody(session: Session, mei: UUID) -> None:
    _, issued = bound(session, mei)

    certificate = read(issued)
    ca = authority.find(session)
    assert ca is not None
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(ca.certificate))
    assert certificate.subject.rfc4514_string().startswith("CN=device-")
    assert b"A123456789" not in issued.certificate
    assert issued.ends_at - make.NOON == authority.LIFETIME
    assert b"BEGIN CERTIFICATE" in devices.pem_of(issued)


@pytest.mark.clause("2(8)2")
def test_a_device_signs_in_as_weakly_as_a_key_in_a_file(session: Session, mei: UUID) -> None:
    binding, issued = bound(session, mei)

    proof = prove(session, issued)

    assert (proof.member_id, proof.carrier_id) == (mei, binding.id)
    assert acr.worth(proof) == acr.Assurance(acr.ACR[0], ("swk",))


@pytest.mark.clause("7(7)")
def test_a_lost_device_is_refused_at_once(session: Session, mei: UUID) -> None:
    binding, issued = bound(session, mei)
    bindings.suspend(session, binding, Suspension.LOST, actor=mei, now=make.NOON)

    with pytest.raises(NotProven) as refused:
        prove(session, issued)
    assert refused.value.reason == "carrier.reported_lost"
    session.expire_all()
    by = authority.opened(session, make.KEYRING, no_token)
    with pytest.raises(Refused, match="reported_lost"):
        devices.renew(session, by, binding, now=make.NOON)


def test_an_expired_or_removed_device_is_refused(session: Session, mei: UUID) -> None:
    binding, issued = bound(session, mei)

    with pytest.raises(NotProven) as expired:
        prove(session, issued, later=authority.LIFETIME)
    bindings.release(session, binding, actor=mei, now=make.NOON)
    with pytest.raises(NotProven) as removed:
        prove(session, issued)

    assert expired.value.reason == "carrier.certificate_expired"
    assert removed.value.reason == "carrier.certificate_issuer"


def test_a_renewed_certificate_keeps_key_and_binding(session: Session, mei: UUID) -> None:
    binding, first = bound(session, mei)
    by, later = authority.opened(session, make.KEYRING, no_token), make.NOON + timedelta(days=80)

    second = devices.renew(session, by, binding, now=later)

    assert read(second).public_key() == read(first).public_key()
    assert prove(session, second, later=timedelta(days=100)).carrier_id == binding.id
    assert devices.newest_of(session, mei) == {binding.id: second}


def test_what_never_had_a_certificate_is_not_renewed(session: Session, mei: UUID) -> None:
    binding, issued = bound(session, mei)
    session.delete(issued)

    with pytest.raises(NotFound):
        devices.renew(
            session, authority.opened(session, make.KEYRING, no_token), binding, now=make.NOON
        )


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_a_device_is_one_members(session: Session, mei: UUID) -> None:
    bound(session, mei)

    with pytest.raises(Refused, match="already_bound"):
        bound(session, make.a_member(session, "ah.hua").id)


def short() -> bytes:
    return a_request(pki.rsa_key("short", 1024))


def tampered() -> bytes:
    request = x509.load_pem_x509_csr(a_request())
    der = bytearray(request.public_bytes(Encoding.DER))
    der[der.index(b"A123456789")] ^= 1
    return x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)


@pytest.mark.refusal("device.request_unreadable")
@pytest.mark.refusal("device.weak_key")
@pytest.mark.parametrize(
    ("code", "request_of"),
    [
        ("request_unreadable", lambda: b""),
        ("request_unreadable", lambda: b"x" * 20_000),
        ("request_unreadable", tampered),
        ("weak_key", short),
        ("weak_key", lambda: a_request(ed25519.Ed25519PrivateKey.generate())),
        ("weak_key", lambda: a_request(ec.generate_private_key(ec.SECP256K1()))),
    ],
)
def test_a_bad_request_gets_nothing(
    session: Session, mei: UUID, code: str, request_of: Callable[[], bytes]
) -> None:
    with pytest.raises(Refused, match=rf"^device\.{code}$"):
        bound(session, mei, request_of())


@given(st.binary(max_size=300))
def test_no_bytes_are_a_request_by_chance(request_bytes: bytes) -> None:
    with pytest.raises(Refused):
        authority.requested_key(request_bytes)


def test_a_weak_key_is_certified_by_no_way(session: Session, mei: UUID) -> None:
    binding, _ = bound(session, mei)
    by = authority.opened(session, make.KEYRING, no_token)
    weak = pki.rsa_key("short", 1024).public_key()
    odd = ed25519.Ed25519PrivateKey.generate().public_key()

    for key in (weak, odd):
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(Refused, match="weak_key"):
            devices.certify(session, by, binding, der, now=make.NOON)


@pytest.mark.refusal("device.no_authority")
def test_without_an_authority_nothing_is_issued(session: Session) -> None:
    with pytest.raises(Refused, match="no_authority"):
        authority.opened(session, make.KEYRING, no_token)


def test_an_authority_in_a_token_is_opened_by_its_label(session: Session) -> None:
    key = pki.ec_key("token")
    authority.make(session, make.KEYRING, name="In a token", token_key=("k", key), now=make.NOON)

    by = authority.opened(session, make.KEYRING, {"k": key}.__getitem__)

    assert by.key is key
    assert by.row.key_sealed is None
