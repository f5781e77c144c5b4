"""Ask the authority about one certificate, and believe only what it can have said just now.

The address is the configured one of the pinned issuer. An answer counts if it is signed by the
issuer or by somebody the issuer made for it, is about this very certificate, is fresh, and repeats
our nonce where it repeats one (RFC 6960 3.2, 4.2.2; RFC 9654).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapters.certificate.checks import HASHES, Checked
from kernel.ids import new_nonce
from kernel.unreadable import UNREADABLE

NONCE_BYTES = 32
OLDEST = timedelta(minutes=10)  # of an answer, and how far the authority's clock may go ahead
AHEAD = timedelta(minutes=2)

# POST these bytes to this address and return the answer, or None if there was none in time.
Fetch: TypeAlias = Callable[[str, bytes], bytes | None]


class Status(StrEnum):
    """What is known of a certificate at this moment."""

    GOOD = "good"
    REVOKED = "revoked"  # on hold counts as revoked, and so does "unknown"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"  # nobody who could say was reached, or believed


class Said(NamedTuple):
    """What a responder says, and until when; None if it does not say that."""

    status: Status
    until: datetime | None = None


UNAVAILABLE = Said(Status.UNAVAILABLE)


def ask(checked: Checked, fetch: Fetch, *, now: datetime) -> Said:
    """Return what the issuer's responder says of a certificate that passed every check."""
    nonce = new_nonce(NONCE_BYTES)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        checked.certificate, checked.issuer.certificate, SHA256()
    )
    request = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
    answer = fetch(checked.issuer.ocsp_url, request.public_bytes(Encoding.DER))
    if answer is None:
        return UNAVAILABLE
    return read_answer(answer, checked, nonce=nonce, now=now)


def read_answer(answer: bytes, checked: Checked, *, nonce: bytes, now: datetime) -> Said:
    """Return what an answer says; UNAVAILABLE for one that cannot be believed."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if not _is_believable(response, checked, nonce=nonce, now=now):
            return UNAVAILABLE
    except UNREADABLE:
        return UNAVAILABLE
    status = {
        ocsp.OCSPCertStatus.GOOD: Status.GOOD,
        ocsp.OCSPCertStatus.REVOKED: Status.REVOKED,
        ocsp.OCSPCertStatus.UNKNOWN: Status.UNKNOWN,
    }[response.certificate_status]
    return Said(status, response.next_update_utc)


def _is_believable(
    response: ocsp.OCSPResponse, checked: Checked, *, nonce: bytes, now: datetime
) -> bool:
    return (
        response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        and _is_about(response, checked)
        and _is_fresh(response, now=now)
        and _echoes(response, nonce)
        and _is_signed_by_the_authority(response, checked.issuer.certificate, now=now)
    )


def _is_about(response: ocsp.OCSPResponse, checked: Checked) -> bool:
    """Compare with our own question: the same certificate of the same issuer, and only that one."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        checked.certificate, checked.issuer.certificate, response.hash_algorithm
    )
    asked = builder.build()
    return (
        response.serial_number == asked.serial_number
        and response.issuer_key_hash == asked.issuer_key_hash
        and response.issuer_name_hash == asked.issuer_name_hash
    )


def _is_fresh(response: ocsp.OCSPResponse, *, now: datetime) -> bool:
    made, until = response.this_update_utc, response.next_update_utc
    return now - OLDEST <= made <= now + AHEAD and (until is None or now < until)


def _echoes(response: ocsp.OCSPResponse, nonce: bytes) -> bool:
    try:
        told = response.extensions.get_extension_for_class(x509.OCSPNonce)
    except x509.ExtensionNotFound:
        return True  # many responders sign beforehand; freshness then rests on the time alone
    return told.value.nonce == nonce


def _is_signed_by_the_authority(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, *, now: datetime
) -> bool:
    algorithm = response.signature_hash_algorithm
    if not isinstance(algorithm, HASHES):
        return False
    signers = (issuer, *(each for each in response.certificates if _may_answer(each, issuer, now)))
    return any(
        _verifies(each.public_key(), response.signature, response.tbs_response_bytes, algorithm)
        for each in signers
    )


def _may_answer(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    """Say whether the issuer made this certificate for answering, and its time has not passed."""
    try:
        certificate.verify_directly_issued_by(issuer)
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return in_time and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _verifies(
    key: CertificatePublicKeyTypes, signature: bytes, body: bytes, algorithm: HashAlgorithm
) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, body, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, body, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
