"""Prove possession of the verifier: S256 only, whoever uses it (RFC 7636, RFC 9700 2.1.1)."""

import base64
import hashlib
import hmac
import re

from idp.errors import ProtocolError

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


def require_challenge(challenge: str | None, method: str | None) -> None:
    """Refuse a request without an S256 challenge. Raises ProtocolError `invalid_request`."""
    if challenge is None:
        raise ProtocolError("invalid_request", "code_challenge is required (PKCE, S256)")
    if method != METHOD:
        raise ProtocolError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise ProtocolError("invalid_request", "code_challenge is not a SHA-256 in base64url")


def require_verifier(verifier: str | None, challenge: str | None) -> None:
    """Refuse a verifier that is not the challenge's. Raises ProtocolError `invalid_grant`.

    A verifier for a code that has no challenge is refused as well, or somebody could inject a
    code whose challenge was taken away (RFC 9700 4.8.2).
    """
    if challenge is None:
        if verifier is not None:
            raise ProtocolError("invalid_grant", "this code was asked for without a code_challenge")
        return
    if verifier is None:
        raise ProtocolError("invalid_request", "code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise ProtocolError("invalid_grant", "code_verifier is malformed")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise ProtocolError("invalid_grant", "code_verifier does not match the code_challenge")


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
