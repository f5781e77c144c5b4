"""Each way a certificate can be wrong has a refusal of its own (CARDS; regulation 6, MOICA)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
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
from tests.certificates.leaves import BAD, GOOD
from tests.certificates.pki import Leaf
from tests.make import NOON


def refusal_of(der: bytes, *profiles: Profile) -> str:
    try:
        checks.check(der, profiles or (pki.citizens(),), now=NOON)
    except Refused as refused:
        return refused.code.removeprefix("carrier.certificate_")
    return "good"


@pytest.mark.parametrize("leaf", GOOD.values(), ids=GOOD)
def test_a_certificate_is_good(leaf: Callable[[], Leaf]) -> None:
    assert refusal_of(leaf().der()) == "good"


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


def test_a_signature_that_says_it_lacks_a_bit_is_refused() -> None:
    """The count of its unused bits stands outside of what is signed."""
    leaf = next(
        each for each in (Leaf(serial=number) for number in range(1, 99)) if not each.der()[-1] & 1
    )
    der = leaf.der()
    at = len(der) - len(leaf.sign().signature) - 1

    assert der[at] == 0
    assert refusal_of(der[:at] + b"\1" + der[at + 1 :]) == "invalid"


@given(st.data())
def test_no_changed_byte_passes(data: st.DataObject) -> None:
    der = Leaf(serial=5).der()
    place = data.draw(st.integers(0, len(der) - 1))
    change = data.draw(st.integers(1, 255))

    assert refusal_of(der[:place] + bytes([der[place] ^ change]) + der[place + 1 :]) != "good"


def test_a_giant_certificate_is_not_even_parsed() -> None:
    assert refusal_of(b"\x30" * 20_000) == "invalid"
