"""A synthetic public-key infrastructure, shaped like GRCA and its citizen authority.

Both generations of the authority bear the same name, as the real ones do. Nobody in it exists: the
names say what a certificate is for, the last four characters come from the regulation's vectors.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.certificate.profiles import LAST_FOUR, Issuer, Profile
from kernel.wording import Bilingual
from tests.make import NOON

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
POLICY = "2.16.886.101.0.3.3"
OCSP_URL = "http://ocsp.example/"
YEAR = timedelta(days=365)
VERSION_3 = bytes.fromhex("a003020102")
# A name in the form of X.400, which nobody reads any more.
STRANGE_NAME = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.17"), bytes.fromhex("3004a3023000")
)


@asn1.sequence
class Attribute:
    """One subject directory attribute with text values."""

    type: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.PrintableString]


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certificate and the key it signs with."""

    certificate: x509.Certificate
    key: Private

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the key of this name, made once a run."""
    del name
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    del name
    return ec.generate_private_key(ec.SECP256R1())


def name(common: str, *, unit: str | None = None, serial: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "TW")]
    if unit:
        parts.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "行政院"))
        parts.append(x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    if common:
        parts.append(x509.NameAttribute(x509.NameOID.COMMON_NAME, common))
    if serial:
        parts.append(x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


CITIZENS = name("", unit="合成自然人憑證管理中心")


def authority(
    subject: x509.Name,
    key: Private,
    by: Authority | None = None,
    *,
    start: datetime = NOON - 5 * YEAR,
    end: datetime = NOON + 10 * YEAR,
    constraints: x509.NameConstraints | None = None,
) -> Authority:
    """Return a certificate authority; without `by`, a root."""
    signer = by or Authority(certificate=None, key=key)  # type: ignore[arg-type]  # its own signer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if constraints:
        builder = builder.add_extension(constraints, critical=True)
    return Authority(certificate=builder.sign(signer.key, SHA256()), key=key)


def _usage(
    *, cert_sign: bool = False, signature: bool = False, encryption: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=False,
        key_encipherment=encryption,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=cert_sign,
        crl_sign=cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def of_version(der: bytes, number: int) -> bytes:
    """Return a certificate that says it is of another version than the third (number 2)."""
    return der.replace(VERSION_3, VERSION_3[:-1] + bytes([number]), 1)


@cache
def root() -> Authority:
    return authority(name("Synthetic Root", unit="根"), rsa_key("root"))


@cache
def generation(number: int) -> Authority:
    """Return one generation of the citizens' authority: the same name, another key."""
    return authority(CITIZENS, rsa_key(f"g{number}"), root())


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """How a certificate is made; `but` changes one thing about it."""

    by: Authority = field(default_factory=lambda: generation(2))
    key: Private = field(default_factory=lambda: rsa_key("citizen"))
    subject: x509.Name = field(
        default_factory=lambda: name("合成會員一", serial="0000000100000001")
    )
    start: datetime = NOON - YEAR
    end: datetime = NOON + 4 * YEAR
    policies: tuple[str, ...] = (POLICY,)
    usage: x509.KeyUsage | None = field(default_factory=lambda: _usage(signature=True))
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ((LAST_FOUR, ("0001",)),)
    raw_attributes: bytes | None = None
    key_id: bool = True
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    algorithm: SHA224 | SHA256 = field(default_factory=SHA256)
    serial: int = 0

    def but(self, **changes: object) -> "Leaf":
        return replace(self, **changes)  # type: ignore[arg-type]  # the caller knows the fields

    def sign(self) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.by.certificate.subject)
            .public_key(self.key.public_key())
            .serial_number(self.serial or x509.random_serial_number())
            .not_valid_before(self.start)
            .not_valid_after(self.end)
        )
        for extension, critical in self._extensions():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.by.key, self.algorithm)

    def _extensions(self) -> Iterable[tuple[x509.ExtensionType, bool]]:
        if self.key_id:
            issuer_key = self.by.key.public_key()
            yield x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), False
        if self.usage:
            yield self.usage, True
        if self.policies:
            infos = [x509.PolicyInformation(oid(each), None) for each in self.policies]
            yield x509.CertificatePolicies(infos), False
        if self.purposes:
            yield x509.ExtendedKeyUsage(self.purposes), False
        raw = self.raw_attributes if self.raw_attributes is not None else encoded(self.attributes)
        if raw:
            yield x509.UnrecognizedExtension(oid("2.5.29.9"), raw), False
        yield from self.extra

    def der(self) -> bytes:
        return self.sign().public_bytes(Encoding.DER)


def oid(dotted: str) -> x509.ObjectIdentifier:
    return x509.ObjectIdentifier(dotted)


def encoded(attributes: Iterable[tuple[str, tuple[str, ...]]]) -> bytes:
    """Return subject directory attributes in DER; nothing for none."""
    inner = b"".join(
        asn1.encode_der(
            Attribute(
                type=oid(type_), values=asn1.SetOf([asn1.PrintableString(each) for each in values])
            )
        )
        for type_, values in attributes
    )
    return sequence(inner) if inner else b""


def sequence(body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes([0x30, len(body)]) + body
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def issuer(of: Authority, **urls: str) -> Issuer:
    return Issuer(certificate=of.certificate, **urls)


@cache
def citizens() -> Profile:
    """Return the profile of citizens' certificates: both generations pinned."""
    return Profile(
        name="citizen",
        label=Bilingual("自然人憑證", "Citizen digital certificate"),
        family="synthetic-citizens",
        issuers=(issuer(generation(2), ocsp_url=OCSP_URL), issuer(generation(3))),
        policies=frozenset({POLICY}),
        attributes=frozenset({LAST_FOUR}),
        hardware=True,
        holder_verified=True,
    )


def revocation_list(
    by: Authority,
    serials: Iterable[int] = (),
    *,
    number: int | None = 1,
    start: datetime = NOON - timedelta(hours=1),
    until: datetime = NOON + timedelta(days=1),
) -> bytes:
    """Return a signed list in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(start)
        .next_update(until)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(start).build()
        )
    return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)


def changed_byte(der: bytes, *, at: Callable[[bytes], int]) -> bytes:
    """Return the bytes with one bit flipped at the place `at` finds."""
    place = at(der)
    return der[:place] + bytes([der[place] ^ 1]) + der[place + 1 :]
