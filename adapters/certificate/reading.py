"""Read certificates and what they say of their holder: strict DER, bounded, nothing searched for.

A byte search for an attribute would find it wherever an attacker may write; only a parser knows
where it stands (RFC 5280 4.2.1.8).
"""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.unreadable import UNREADABLE

DER = Encoding.DER
MOST_BYTES = 16 * 1024
SUBJECT_DIRECTORY_ATTRIBUTES = x509.ObjectIdentifier("2.5.29.9")
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}  # UTF8String, PrintableString, IA5String
_LONGEST_TEXT = 127
_SHORT = 0x7F  # the longest body whose length is one octet (X.690 8.1.3)


class Unreadable(Exception):
    """The bytes are no certificate, or not one that says what it says in one way."""


@asn1.sequence
class _Attribute:
    """Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY } (RFC 5280 4.1.2.4)."""

    type: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Wrapped:
    """The library decodes a list only inside a sequence, so one is put around it."""

    attributes: list[_Attribute]


@dataclass(frozen=True)
class Named:
    """What a certificate says of its holder. It names a person: keep it out of logs."""

    common_name: str = field(repr=False)
    serial_number: str = field(repr=False)  # of the subject, which a renewed certificate keeps


def read(der: bytes) -> x509.Certificate:
    """Return the certificate in `der`, at most 16 KiB. Raises Unreadable."""
    if len(der) > MOST_BYTES:
        raise Unreadable("too long")
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.extensions  # noqa: B018  # parsed late, and refused only then
        certificate.subject, certificate.issuer  # noqa: B018  # same
        certificate.public_key()
        certificate.signature_hash_algorithm  # noqa: B018
    except UNREADABLE:
        raise Unreadable("no certificate") from None
    if not der.endswith(b"\0" + certificate.signature):  # nobody signs how many are unused
        raise Unreadable("a signature of odd bits")
    return certificate


def named(certificate: x509.Certificate) -> Named:
    """Return the holder's name and number. Raises Unreadable if either is missing or told twice."""
    return Named(
        common_name=_single(certificate, x509.NameOID.COMMON_NAME),
        serial_number=_single(certificate, x509.NameOID.SERIAL_NUMBER),
    )


def _single(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    if len(found) != 1 or not isinstance(found[0].value, str) or not found[0].value.strip():
        raise Unreadable("the subject is not named once")
    return found[0].value


def directory_attributes(certificate: x509.Certificate) -> dict[str, str]:
    """Return the subject directory attributes by OID, each a single text; none if there are none.

    Raises Unreadable.
    """
    try:
        extension = certificate.extensions.get_extension_for_oid(SUBJECT_DIRECTORY_ATTRIBUTES)
    except x509.ExtensionNotFound:
        return {}
    raw = extension.value.public_bytes()
    try:
        attributes = asn1.decode_der(_Wrapped, _in_a_sequence(raw)).attributes
    except ValueError:
        raise Unreadable("the attributes are malformed") from None
    found = {each.type.dotted_string: _text(each) for each in attributes}
    if len(found) != len(attributes):
        raise Unreadable("an attribute is told twice")
    return found


def _in_a_sequence(der: bytes) -> bytes:
    length = len(der)
    if length <= _SHORT:
        return bytes([0x30, length]) + der
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x30, 0x80 | len(size)]) + size + der


def _text(attribute: _Attribute) -> str:
    values = attribute.values.as_list()
    if len(values) != 1:
        raise Unreadable("an attribute has several values")
    tag, body = values[0].tag_bytes[0], bytes(values[0].data)
    if tag not in _TEXTS or len(body) > _LONGEST_TEXT:
        raise Unreadable("an attribute is no text")
    try:
        return body.decode(_TEXTS[tag])
    except UnicodeDecodeError:
        raise Unreadable("an attribute is no text") from None
