"""Hold tokens to a key: whoever uses one shows the key again (RFC 9449; docs/decisions/0052)."""

import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from sqlalchemy.orm import Session

from idp import dpop
from idp.errors import ProtocolError
from idp.models import SpentProof
from kernel.db import insert_once
from kernel.ids import digest

REMEMBERED = dpop.AGE + dpop.SKEW  # a proof older than that is refused for its age
BEARER, DPOP = "Bearer", "DPoP"
_JKT = "jkt"  # RFC 7800 3.1, as RFC 9449 6.1 names it
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class Shown:
    """What a caller shows beside its words, and where: the endpoint's address has no query."""

    method: str = ""
    address: str = ""
    proof: str | None = None


NOTHING = Shown()


def shown_key(session: Session, shown: Shown, *, now: datetime) -> str | None:
    """Return the confirmation of the key the caller showed, None if it showed none.

    Raises ProtocolError `invalid_dpop_proof`.
    """
    if shown.proof is None:
        return None
    return _confirmed(session, shown, shown.proof, now=now)


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
    spent = {
        "proof_hash": digest(f"{proof.thumbprint}.{proof.name}"),
        "expires_at": now + REMEMBERED,
    }
    if not insert_once(session, SpentProof, spent):
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
    """Refuse a token without the key it is held to, and a key for a token that is held to none.

    Need not be asked of a bearer token that comes as one.
    Raises ProtocolError `invalid_token` or `invalid_dpop_proof` (401) (RFC 9449 7.1).
    """
    if confirmation is None or scheme != DPOP:
        raise ProtocolError("invalid_token", "the token is of another kind", status=401)
    if shown.proof is None:
        raise ProtocolError("invalid_dpop_proof", "the proof is missing", status=401)
    held = _confirmed(session, shown, shown.proof, now=now, access_token=token, status=401)
    if held != confirmation:
        raise ProtocolError("invalid_token", "the token belongs to another key", status=401)


def token_type(confirmation: str | None) -> str:
    """Return how a token must be sent: with a proof, if it is held to a key that signs them."""
    return DPOP if (confirmation or "").startswith(f"{_JKT}:") else BEARER


def thumbprint(confirmation: str) -> str:
    """Return the thumbprint of the key a confirmation is about."""
    return confirmation.partition(":")[2]


def confirmation_claim(confirmation: str) -> dict[str, str]:
    """Return `cnf` for introspection (RFC 7800 3; RFC 9449 6.2)."""
    kind, _, value = confirmation.partition(":")
    return {kind: value}
