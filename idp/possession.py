"""Hold tokens to a key or a certificate: whoever uses one shows it again (RFC 9449; RFC 8705 3).

See docs/decisions/0052 and 0068.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sqlalchemy.orm import Session

from idp import dpop
from idp.errors import ProtocolError
from idp.models import SpentProof
from idp.nonces import Nonces
from kernel.db import spend
from kernel.ids import digest

REMEMBERED = dpop.AGE + dpop.SKEW  # a proof older than that is refused for its age
BEARER, DPOP = "Bearer", "DPoP"
_JKT = "jkt"  # RFC 7800 3.1, as RFC 9449 6.1 names it
_X5T = "x5t#S256"  # of a certificate (RFC 8705 3.1)
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class Shown:
    """What a caller shows beside its words, and where: the endpoint's address has no query."""

    method: str = ""
    address: str = ""
    proof: str | None = None
    certificate: bytes | None = None  # DER, as the proxy saw it
    nonces: Nonces | None = None  # of which a proof must hold one


NOTHING = Shown()


def shown_key(session: Session, shown: Shown, *, now: datetime) -> str | None:
    """Return the confirmation of the key the caller showed, None if it showed none.

    Raises ProtocolError `invalid_dpop_proof`.
    """
    if shown.proof is None:
        return None
    return _confirmed(session, shown, shown.proof, now=now)


def held_to(
    session: Session, shown: Shown, *, bound: bool, certificate_bound: bool, now: datetime
) -> str | None:
    """Return what new tokens are held to: the key of a proof, else the certificate, else nothing.

    `bound` says whether a client's tokens must be, `certificate_bound` whether it registered that
    they are held to its certificate. Raises ProtocolError for one that shows neither.
    """
    key = shown_key(session, shown, now=now)
    if key is None and certificate_bound:
        if shown.certificate is None:
            raise ProtocolError("invalid_request", "this client's tokens need its certificate")
        return f"{_X5T}:{_fingerprint(shown.certificate)}"
    if key is None and bound:
        raise ProtocolError("invalid_dpop_proof", "this client's tokens are held to a key")
    return key


def _fingerprint(der: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def token_type(confirmation: str | None) -> str:
    """Return the scheme a token is sent with; a certificate is shown beside it (RFC 8705 3)."""
    return DPOP if confirmation is not None and confirmation.startswith(_JKT) else BEARER


def _confirmed(
    session: Session,
    shown: Shown,
    sent: str,
    *,
    now: datetime,
    access_token: str | None = None,
    status: int = HTTPStatus.BAD_REQUEST,
) -> str:
    try:
        proof = dpop.read(
            sent, method=shown.method, address=shown.address, now=now, access_token=access_token
        )
    except dpop.ProofInvalid:
        raise ProtocolError(
            "invalid_dpop_proof", "the proof does not hold", status=status
        ) from None
    if shown.nonces is not None and not shown.nonces.is_fresh(proof.nonce, now=now):
        raise ProtocolError("use_dpop_nonce", "the proof must hold our nonce", status=status)
    spent = {
        "proof_hash": digest(f"{proof.thumbprint}.{proof.name}"),
        "expires_at": now + REMEMBERED,
    }
    if not spend(session, SpentProof, spent):
        raise ProtocolError("invalid_dpop_proof", "the proof was used before", status=status)
    return f"{_JKT}:{proof.thumbprint}"


def require_thumbprint(value: str | None) -> None:
    """Refuse a `dpop_jkt` that is no thumbprint (RFC 9449 10)."""
    if value is not None and not _THUMBPRINT.fullmatch(value):
        raise ProtocolError("invalid_request", "dpop_jkt is not a SHA-256 in base64url")


def require_same(wanted: str | None, confirmation: str | None) -> None:
    """Refuse a code to whoever does not show the key it was asked for with (RFC 9449 10)."""
    if wanted is not None and confirmation != f"{_JKT}:{wanted}":
        raise ProtocolError("invalid_grant", "the key is not the one of dpop_jkt")


def require_possession(
    session: Session,
    shown: Shown,
    *,
    scheme: str,
    token: str,
    confirmation: str | None,
    now: datetime,
) -> None:
    """Refuse a token without what it is held to, and a key for a token that is held to none.

    Need not be asked of a bearer token that comes as one.
    Raises ProtocolError `invalid_token` or `invalid_dpop_proof` (401) (RFC 9449 7.1; RFC 8705 3).
    """
    if confirmation is None or scheme != token_type(confirmation):
        raise ProtocolError("invalid_token", "the token is of another kind", status=401)
    if confirmation.startswith(_X5T):
        _require_certificate(shown, confirmation)
        return
    if shown.proof is None:
        raise ProtocolError("invalid_dpop_proof", "the proof is missing", status=401)
    held = _confirmed(session, shown, shown.proof, now=now, access_token=token, status=401)
    if held != confirmation:
        raise ProtocolError("invalid_token", "the token belongs to another key", status=401)


def _require_certificate(shown: Shown, confirmation: str) -> None:
    told = "" if shown.certificate is None else _fingerprint(shown.certificate)
    if not hmac.compare_digest(told, thumbprint(confirmation)):
        raise ProtocolError("invalid_token", "the token belongs to another certificate", status=401)


def thumbprint(confirmation: str) -> str:
    """Return the thumbprint of what a confirmation is about."""
    return confirmation.partition(":")[2]


def confirmation_claim(confirmation: str) -> dict[str, str]:
    """Return `cnf` for introspection (RFC 7800 3; RFC 9449 6.2; RFC 8705 3.2)."""
    kind, _, value = confirmation.partition(":")
    return {kind: value}
