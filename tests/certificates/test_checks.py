"""Each way a certificate can be wrong has a refusal of its own (CARDS; regulation 6, MOICA)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from adapters.certificate import checks
from adapters.certificate.profiles import (
    BUSINESS_NUMBER,
    LAST_FOUR,
    ORGANISATION_OID,
    Profile,
)
from kernel.errors import Refused
from kernel.wording import Bilingual
from tests.certificates import pki
from tests.certificates.pki import Leaf
from tests.make import NOON


def refusal_of(der: bytes, *profiles: Profile) -> str:
    try:
        checks.check(der, profiles or (pki.citizens(),), now=NOON)
    except Refused as refused:
        return refused.code.removeprefix("carrier.certificate_")
    return "good"


GOOD: dict[str, Callable[[], Leaf]] = {
    "of the second generation": Leaf,
    "of the third generation, which bears the same name": lambda: Leaf(by=pki.generation(3)),
    "with an elliptic key": lambda: Leaf(key=pki.ec_key("citizen")),
    "made for client authentication": lambda: Leaf(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
    "on its last day": lambda: Leaf(end=NOON),
    "on its first day": lambda: Leaf(start=NOON),
    "with several policies": lambda: Leaf(policies=("1.2.3", pki.POLICY)),
}


@pytest.mark.parametrize("leaf", GOOD.values(), ids=GOOD)
def test_a_certificate_is_good(leaf: Callable[[], Leaf]) -> None:
    assert refusal_of(leaf().der()) == "good"


def lookalike() -> pki.Authority:
    return pki.authority(pki.CITIZENS, pki.rsa_key("lookalike"), pki.root())


def impostor() -> x509.ExtensionType:
    """Return the key identifier of the real authority, on a certificate it never signed."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(pki.generation(2).key.public_key())


BAD: dict[str, tuple[str, Callable[[], Leaf]]] = {
    "expired": ("expired", lambda: Leaf(end=NOON - timedelta(seconds=1))),
    "not yet valid": ("not_yet_valid", lambda: Leaf(start=NOON + timedelta(seconds=1))),
    "of another policy": ("policy", lambda: Leaf(policies=("2.16.886.101.0.3.1",))),
    "without a policy": ("policy", lambda: Leaf(policies=())),
    "for encryption": ("purpose", lambda: Leaf(usage=pki._usage(encryption=True))),
    "without a usage": ("purpose", lambda: Leaf(usage=None)),
    "for servers only": (
        "purpose",
        lambda: Leaf(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    ),
    "that may sign certificates": (
        "purpose",
        lambda: Leaf(usage=pki._usage(signature=True, cert_sign=True)),
    ),
    "of a look-alike authority": ("issuer", lambda: Leaf(by=lookalike())),
    "of a look-alike that names the real key": (
        "path",
        lambda: Leaf(by=lookalike(), key_id=False, extra=((impostor(), False),)),
    ),
    "of the root itself": ("issuer", lambda: Leaf(by=pki.root())),
    "of another citizen": (
        "issuer",
        lambda: Leaf(by=pki.Authority(certificate=Leaf().sign(), key=pki.rsa_key("citizen"))),
    ),
    "that names no issuer key": ("issuer", lambda: Leaf(key_id=False)),
    "with a short key": ("weak_key", lambda: Leaf(key=pki.rsa_key("short", 1024))),
    "on another curve": (
        "weak_key",
        lambda: Leaf(key=ec.generate_private_key(ec.SECP256K1())),
    ),
    "signed over a weak hash": ("weak_key", lambda: Leaf(algorithm=SHA224())),
    "with long attributes of no meaning": (
        "identity",
        lambda: Leaf(attributes=(("1.2.3", ("a" * 100,)), ("1.2.4", ("b" * 100,)))),
    ),
    "with an unknown critical extension": (
        "path",
        lambda: Leaf(extra=((x509.UnrecognizedExtension(pki.oid("1.2.3.4"), b"\x05\x00"), True),)),
    ),
    "without attributes": ("identity", lambda: Leaf(attributes=())),
    "with another attribute only": (
        "identity",
        lambda: Leaf(attributes=((BUSINESS_NUMBER, ("04595252",)),)),
    ),
    "with an attribute of two values": (
        "identity",
        lambda: Leaf(attributes=((LAST_FOUR, ("0001", "0002")),)),
    ),
    "with the attribute twice": (
        "identity",
        lambda: Leaf(attributes=((LAST_FOUR, ("0001",)), (LAST_FOUR, ("0002",)))),
    ),
    "with malformed attributes": ("identity", lambda: Leaf(raw_attributes=b"\x30\x84\xff")),
    "with an attribute that is no text": (
        "identity",
        lambda: Leaf(raw_attributes=_attribute(b"\x02\x01\x05")),
    ),
    "with an attribute in no alphabet": (
        "identity",
        lambda: Leaf(raw_attributes=_attribute(b"\x0c\x01\xff")),
    ),
    "without a holder's number": ("identity", lambda: Leaf(subject=pki.name("合成會員一"))),
    "without a holder's name": ("identity", lambda: Leaf(subject=pki.name("", serial="1"))),
}


def _attribute(value: bytes) -> bytes:
    type_ = bytes.fromhex("060760867601640233")  # 2.16.886.1.100.2.51
    body = type_ + bytes([0x31, len(value)]) + value
    return pki.sequence(pki.sequence(body))


@pytest.mark.clause("2(5)")
@pytest.mark.parametrize(("code", "leaf"), BAD.values(), ids=BAD)
def test_a_certificate_is_refused(code: str, leaf: Callable[[], Leaf]) -> None:
    assert refusal_of(leaf().der()) == code


def test_an_expired_authority_vouches_for_nobody() -> None:
    old = pki.authority(pki.CITIZENS, pki.rsa_key("old"), pki.root(), end=NOON - timedelta(days=1))
    profile = replace(pki.citizens(), issuers=(pki.issuer(old),))

    assert refusal_of(Leaf(by=old).der(), profile) == "issuer"


def test_a_name_outside_the_authoritys_bounds_is_refused() -> None:
    bounds = x509.NameConstraints(
        permitted_subtrees=[x509.DirectoryName(pki.name("", unit="elsewhere"))],
        excluded_subtrees=None,
    )
    bounded = pki.authority(pki.CITIZENS, pki.rsa_key("bounded"), pki.root(), constraints=bounds)
    profile = replace(pki.citizens(), issuers=(pki.issuer(bounded),))

    assert refusal_of(Leaf(by=bounded).der(), profile) == "path"


def test_one_changed_letter_of_the_name_is_refused() -> None:
    der = Leaf().der()
    forged = pki.changed_byte(der, at=lambda each: each.index("合成會員一".encode()) + 14)

    assert forged != der
    assert refusal_of(forged) == "path"


def test_a_key_that_cannot_sign_in_is_refused() -> None:
    leaf = Leaf(key=ed25519.Ed25519PrivateKey.generate())  # type: ignore[arg-type]  # on purpose

    assert refusal_of(leaf.der()) == "weak_key"


def test_the_holder_is_told_by_name_number_and_attribute() -> None:
    checked = checks.check(Leaf().der(), (pki.citizens(),), now=NOON)

    assert checked.named.common_name == "合成會員一"
    assert checked.named.serial_number == "0000000100000001"
    assert checked.attributes == {LAST_FOUR: "0001"}


@pytest.mark.parametrize("attribute", [BUSINESS_NUMBER, ORGANISATION_OID])
def test_a_second_profile_is_only_data(attribute: str) -> None:
    officers = Profile(
        name="organisation",
        label=Bilingual("工商憑證", "Organisation certificate"),
        family="synthetic-organisations",
        issuers=(pki.issuer(pki.generation(3)),),
        policies=frozenset({"2.16.886.101.0.3.9"}),
        attributes=frozenset({attribute}),
        hardware=True,
        holder_verified=True,
    )
    leaf = Leaf(
        by=pki.generation(3),
        policies=("2.16.886.101.0.3.9",),
        attributes=((attribute, ("04595252",)),),
    )

    checked = checks.check(leaf.der(), (pki.citizens(), officers), now=NOON)

    assert checked.profile is officers


@given(st.binary(max_size=200))
def test_no_bytes_are_a_certificate_by_chance(body: bytes) -> None:
    assert refusal_of(body) == "invalid"


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    der = Leaf(serial=5).der()
    place = data.draw(st.integers(0, len(der) - 1))
    change = data.draw(st.integers(1, 255))

    assert refusal_of(der[:place] + bytes([der[place] ^ change]) + der[place + 1 :]) != "good"


def test_a_giant_certificate_is_not_even_parsed() -> None:
    assert refusal_of(b"\x30" * 20_000) == "invalid"
