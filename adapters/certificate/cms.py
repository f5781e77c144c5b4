"""Read what a card program signed in the form of CMS (RFC 5652): one signer, RSA and SHA-256.

Signed attributes are demanded: without them, whoever has somebody sign bytes that look like
attributes has a signature over other content.
"""

from hashlib import sha256
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from adapters import web_eid
from adapters.contract import NotProven
from adapters.web_eid import Token
from kernel.unreadable import UNREADABLE

MOST_BYTES = 24 * 1024
MOST_CERTIFICATES = 8  # a chain; the holder's is one of them
SIGNED_DATA = x509.ObjectIdentifier("1.2.840.113549.1.7.2")
CONTENT_TYPE = x509.ObjectIdentifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = x509.ObjectIdentifier("1.2.840.113549.1.9.4")
DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_LONG = 0x80  # the length stands in as many octets as the rest says (X.690 8.1.3)


@asn1.sequence
class _Attribute:
    type: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Attributes:
    """The library writes a set only inside a sequence, so one is put around it."""

    all: asn1.SetOf[_Attribute]


@asn1.sequence
class _Signer:
    version: int
    who: asn1.TLV
    digest: asn1.TLV
    attributes: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _Content:
    type: x509.ObjectIdentifier
    octets: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[asn1.TLV]
    content: _Content
    certificates: Annotated[asn1.SetOf[x509.Certificate], asn1.Implicit(0)]
    lists: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_Signer]


@asn1.sequence
class _Message:
    type: x509.ObjectIdentifier
    signed: Annotated[_SignedData, asn1.Explicit(0)]


def signer_of(der: bytes, content: bytes) -> bytes:
    """Return the certificate (DER) whose key signed `content` in this message.

    Raises NotProven `token.malformed`, or `token.signature`.
    """
    try:
        certificates, signer = _read(der, content)
        message = _signed_by(signer)
    except UNREADABLE:
        raise NotProven("token.malformed") from None
    for certificate in certificates:
        token = Token(
            certificate=certificate.public_bytes(Encoding.DER),
            algorithm="RS256",
            signature=signer.signature,
        )
        if web_eid.is_message_signed(token, message):
            return token.certificate
    raise NotProven("token.signature")


def _read(der: bytes, content: bytes) -> tuple[list[x509.Certificate], _Signer]:
    """Return the certificates and the one signer.

    Raises ValueError, NotProven; InvalidVersion for a certificate of no known version.
    """
    if len(der) > MOST_BYTES:
        raise ValueError("too long")
    message = asn1.decode_der(_Message, der)
    signers = message.signed.signers.as_list()
    certificates = message.signed.certificates.as_list()
    if message.type != SIGNED_DATA or len(signers) != 1 or len(certificates) > MOST_CERTIFICATES:
        raise ValueError("another message")
    said = {each.type: _value(each) for each in signers[0].attributes.as_list()}
    if said.get(CONTENT_TYPE) != DATA:
        raise ValueError("another content")
    carried = message.signed.content.octets
    if said.get(MESSAGE_DIGEST) != sha256(content).digest() or carried not in {None, content}:
        raise NotProven("token.signature")
    return certificates, signers[0]


def _value(attribute: _Attribute) -> bytes:
    (only,) = attribute.values.as_list()
    return bytes(only.data)


def _signed_by(signer: _Signer) -> bytes:
    """Return what the signature is over: the attributes as a set of their own (RFC 5652 5.4)."""
    wrapped = asn1.encode_der(_Attributes(all=signer.attributes))
    head = 2 + (wrapped[1] & ~_LONG if wrapped[1] & _LONG else 0)
    return wrapped[head:]
