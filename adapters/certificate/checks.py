"""Check a certificate: small named checks, in this order, one refusal each (CARDS, RFC 5280 6).

What a library says of a failure never reaches anybody: it blames the wrong thing (an expired
authority reads as a bad signature there), and it may quote the certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from adapters.certificate import reading
from adapters.certificate.profiles import Issuer, Profile
from adapters.certificate.reading import Named, Unreadable
from kernel.errors import Refused
from kernel.strong_keys import NONE_KNOWN, KnownWeak, is_strong

HASHES = (SHA256, SHA384, SHA512)
CLIENT_AUTHENTICATION = ExtendedKeyUsageOID.CLIENT_AUTH
# The issuers are pinned and what we want of a holder's certificate is checked here by name: the
# library is left the signature, the name constraints and unknown critical extensions.
_AUTHORITY = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A certificate that passed; whether it was revoked since is another question."""

    certificate: x509.Certificate = field(repr=False)  # it names a person (STYLE 7)
    profile: Profile
    issuer: Issuer
    named: Named = field(repr=False)
    attributes: dict[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class _Subject:
    certificate: x509.Certificate = field(repr=False)
    profile: Profile
    issuer: Issuer
    known_weak: KnownWeak
    now: datetime


def check(
    der: bytes, profiles: tuple[Profile, ...], *, known_weak: KnownWeak = NONE_KNOWN, now: datetime
) -> Checked:
    """Return what a certificate in DER says, if it may be believed.

    Raises Refused with the code of the first check it fails: `carrier.certificate_…`.
    """
    certificate = _readable(der)
    profile, issuer = _issued_by_a_pinned_authority(certificate, profiles)
    subject = _Subject(
        certificate=certificate, profile=profile, issuer=issuer, known_weak=known_weak, now=now
    )
    for require in CHECKS:
        require(subject)
    named, attributes = _who(subject)
    return Checked(
        certificate=certificate, profile=profile, issuer=issuer, named=named, attributes=attributes
    )


def _readable(der: bytes) -> x509.Certificate:
    try:
        return reading.read(der)
    except Unreadable:
        raise Refused("carrier.certificate_invalid") from None


def _issued_by_a_pinned_authority(
    certificate: x509.Certificate, profiles: tuple[Profile, ...]
) -> tuple[Profile, Issuer]:
    for profile in profiles:
        issuer = profile.find_issuer(certificate)
        if issuer is not None and _asserted(certificate) & profile.policies:
            return profile, issuer
    if any(profile.find_issuer(certificate) for profile in profiles):
        raise Refused("carrier.certificate_policy")
    raise Refused("carrier.certificate_issuer")


def _asserted(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(each.policy_identifier.dotted_string for each in found.value)


def _strong_algorithm(subject: _Subject) -> None:
    if not isinstance(subject.certificate.signature_hash_algorithm, HASHES):
        raise Refused("carrier.certificate_weak_key")


def _strong_key(subject: _Subject) -> None:
    if not is_strong(subject.certificate.public_key(), known_weak=subject.known_weak):
        raise Refused("carrier.certificate_weak_key")


def _in_its_time(subject: _Subject) -> None:
    if subject.now < subject.certificate.not_valid_before_utc:
        raise Refused("carrier.certificate_not_yet_valid")
    if subject.now > subject.certificate.not_valid_after_utc:
        raise Refused("carrier.certificate_expired")


def _issuer_in_its_time(subject: _Subject) -> None:
    issuer = subject.issuer.certificate
    if not issuer.not_valid_before_utc <= subject.now <= issuer.not_valid_after_utc:
        raise Refused("carrier.certificate_issuer")


def _path(subject: _Subject) -> None:
    """Let the library walk the path: signature, name constraints, unknown critical extensions."""
    verifier = (
        PolicyBuilder()
        .store(Store([subject.issuer.certificate]))
        .time(subject.now.astimezone(UTC).replace(tzinfo=None))
        .max_chain_depth(0)
        .extension_policies(ca_policy=_AUTHORITY, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(subject.certificate, [])
    except (VerificationError, ValueError):
        raise Refused("carrier.certificate_path") from None


def _made_to_sign(subject: _Subject) -> None:
    """Require a signature key: authorities give a card a second certificate for encryption."""
    extensions = subject.certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise Refused("carrier.certificate_purpose") from None
    if not usage.digital_signature or usage.key_cert_sign:
        raise Refused("carrier.certificate_purpose")
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if CLIENT_AUTHENTICATION not in purposes:
        raise Refused("carrier.certificate_purpose")


CHECKS: tuple[Callable[[_Subject], None], ...] = (
    _strong_algorithm,
    _strong_key,
    _in_its_time,
    _issuer_in_its_time,
    _path,
    _made_to_sign,
)


def _who(subject: _Subject) -> tuple[Named, dict[str, str]]:
    try:
        named = reading.named(subject.certificate)
        attributes = reading.directory_attributes(subject.certificate)
    except Unreadable:
        raise Refused("carrier.certificate_identity") from None
    if not subject.profile.attributes <= attributes.keys():
        raise Refused("carrier.certificate_identity")
    return named, attributes
