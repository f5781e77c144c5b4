"""Speak WebAuthn: write options for the browser, read and check what comes back.

Everything that comes back may be hostile. What the library does not foresee it raises as it
happens, so whatever it raises while reading is one refusal here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST = 16_384  # characters of an answer; real ones have about a thousand
LONGEST_ID = 1023  # bytes (WebAuthn 5.8.3)
TIMEOUT_MS = 300_000
# Not EdDSA, which the library offers first: few authenticators have it, and hardware modules and
# certificates over the same key know these two.
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# The base point of P-256 as a COSE key: an answer by nobody's passkey is checked against it, so
# that it costs what a member's costs.
NOBODY = bytes.fromhex(
    "a5010203262001215820"
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "225820"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


Answer: TypeAlias = AuthenticationCredential  # read, not yet believed


class Unreadable(Exception):  # a state of affairs, not a mistake
    """The answer is no WebAuthn, or not one to this question on this site."""


@dataclass(frozen=True, kw_only=True)
class Created:
    """A new passkey, checked."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    aaguid: str


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a passkey said of itself when it signed."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


def relying_party(origin: str) -> str:
    """Return the relying party's id: the host of our own origin, exactly."""
    return urlsplit(origin).hostname or ""


def creation_options(
    *,
    origin: str,
    service: str,
    challenge: str,
    handle: bytes,
    login: str,
    known: list[bytes],
) -> str:
    """Return the options for `navigator.credentials.create`, as JSON (WebAuthn 5.4)."""
    options = generate_registration_options(
        rp_id=relying_party(origin),
        rp_name=service,
        user_id=handle,
        user_name=login,
        challenge=challenge.encode(),
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json(options)


def request_options(*, origin: str, challenge: str) -> str:
    """Return the options for `navigator.credentials.get`, the same for everybody (WebAuthn 5.5)."""
    options = generate_authentication_options(
        rp_id=relying_party(origin),
        challenge=challenge.encode(),
        timeout=TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def created(answer: str, *, origin: str, challenge: str) -> Created:
    """Check a new passkey (WebAuthn 7.1). Raises Unreadable."""
    with _reading():
        found = verify_registration_response(
            credential=parse_registration_credential_json(_json(answer)),
            expected_challenge=challenge.encode(),
            expected_rp_id=relying_party(origin),
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        if len(found.credential_id) > LONGEST_ID:
            raise Unreadable
    return Created(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        backup_eligible=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
        aaguid=found.aaguid,
    )


def spki_of(public_key: bytes) -> bytes:
    """Return a passkey's COSE key as a certificate carries it: SubjectPublicKeyInfo, DER."""
    key = decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read(answer: str) -> Answer:
    """Read which passkey answers, without believing it yet. Raises Unreadable."""
    with _reading():
        return parse_authentication_credential_json(_json(answer))


def used(answer: Answer, *, origin: str, challenge: str, public_key: bytes) -> Used:
    """Check that the key signed this challenge here, its holder verified (WebAuthn 7.2).

    The counter is the caller's to compare, after the signature: nobody else may make us believe
    that a passkey was copied. Raises Unreadable.
    """
    with _reading():
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=relying_party(origin),
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        flags = parse_authenticator_data(answer.response.authenticator_data).flags
    return Used(sign_count=found.new_sign_count, backup_eligible=flags.be, backed_up=flags.bs)


def _json(answer: str) -> dict[str, Any]:  # JSON of any shape
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise Unreadable
    return found


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001  # hostile JSON and CBOR raise whatever they run into
        raise Unreadable from None
