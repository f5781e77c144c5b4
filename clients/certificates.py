"""Prove a client by the certificate it shows over TLS (RFC 8705 2).

The proxy has proved that the caller holds the key. Whose certificate it is, is said here: an
authority that the operator pinned vouches for a registered name, or the client registered the key.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from clients import certificate_names
from clients.directory import RegisteredClient
from clients.models import AuthMethod
from clients.revocations import RevocationLists
from kernel.settings import SettingsInvalid
from kernel.strong_keys import is_strong
from kernel.unreadable import UNREADABLE


@dataclass(frozen=True)
class Authorities:
    """Who vouches for clients' certificates, and what they revoked, if the operator keeps lists."""

    certificates: tuple[x509.Certificate, ...] = ()
    revoked: RevocationLists | None = None

    def __bool__(self) -> bool:
        """Say whether there is anybody who vouches."""
        return bool(self.certificates)

    def in_time(self, now: datetime) -> list[x509.Certificate]:
        """Return those whose own time it is."""
        return [each for each in self.certificates if _is_in_its_time(each, now)]


NOBODY = Authorities()
_AUTHORITY = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)


def read(path: Path | None, lists: Path | None = None) -> Authorities:
    """Return the authorities pinned in a PEM file, with the file of what they revoked.

    Nobody vouches without the first. Raises SettingsInvalid.
    """
    if path is None:
        return NOBODY
    revoked = None if lists is None else RevocationLists(lists)
    try:
        return Authorities(tuple(x509.load_pem_x509_certificates(path.read_bytes())), revoked)
    except (OSError, *UNREADABLE):
        raise SettingsInvalid(f"mtls.authorities: {path} holds no certificates in PEM") from None


def is_of(client: RegisteredClient, der: bytes, *, authorities: Authorities, now: datetime) -> bool:
    """Say whether this certificate proves the client; one that is odd in any way does not."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return (
            _is_in_its_time(certificate, now)
            and is_strong(certificate.public_key())
            and _is_the_clients(client, certificate, der, authorities, now)
        )
    except UNREADABLE:
        return False


def _is_in_its_time(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _is_the_clients(
    client: RegisteredClient,
    certificate: x509.Certificate,
    der: bytes,
    authorities: Authorities,
    now: datetime,
) -> bool:
    if client.auth_method is AuthMethod.SELF_SIGNED_TLS:
        return _is_registered(certificate, der, client.jwks)
    return (
        client.certificate is not None
        and certificate_names.is_on(certificate, client.certificate)
        and _is_for_clients(certificate)
        and _is_issued(certificate, authorities.in_time(now), now)
        and (
            authorities.revoked is None
            or authorities.revoked.clear(certificate, authorities.in_time(now), now=now)
        )
    )


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """Say whether it may authenticate a client: a web server's certificate is not one."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in found.value


def _is_issued(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate], now: datetime
) -> bool:
    """Say whether one of the authorities signed it itself: the proxy passes no chain on."""
    if not authorities:
        return False
    verifier = (
        PolicyBuilder()
        .store(Store(list(authorities)))
        .time(now.astimezone(UTC).replace(tzinfo=None))
        .max_chain_depth(0)
        .extension_policies(ca_policy=_AUTHORITY, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, [])
    except VerificationError:
        return False
    return True


def _is_registered(certificate: x509.Certificate, der: bytes, jwks: object) -> bool:
    """Say whether its key is among the client's, and it is the certificate told there, if any is.

    (RFC 8705 2.2.2)
    """
    try:
        keys = KeySet.import_key_set(cast("KeySetSerialization", jwks)).keys
    except (JoseError, KeyError, AttributeError):
        return False
    key = certificate.public_key()
    return any(_public(each) == key and _told(each) in {None, der} for each in keys)


def _public(key: Any) -> object:  # keys of several kinds; one that is only a secret has none
    return getattr(key, "public_key", None)


def _told(key: Any) -> bytes | None:  # same
    chain = key.as_dict(private=False).get("x5c")
    if not chain:
        return None
    try:
        return base64.b64decode(chain[0], validate=True)
    except binascii.Error:
        return b""
