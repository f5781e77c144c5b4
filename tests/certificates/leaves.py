"""Every certificate that is good, and every way to be bad with the code of its refusal."""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapters.certificate.profiles import BUSINESS_NUMBER, LAST_FOUR
from tests.certificates import pki
from tests.certificates.pki import Leaf
from tests.make import NOON

GOOD: dict[str, Callable[[], Leaf]] = {
    "of the second generation": Leaf,
    "of the third generation, which bears the same name": lambda: Leaf(by=pki.generation(3)),
    "with an elliptic key": lambda: Leaf(key=pki.ec_key("citizen")),
    "made for client authentication": lambda: Leaf(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
    "on its last day": lambda: Leaf(end=NOON),
    "on its first day": lambda: Leaf(start=NOON),
    "with several policies": lambda: Leaf(policies=("1.2.3", pki.POLICY)),
}


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
