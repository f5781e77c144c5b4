"""Sign the proof that an account was deleted: what went, what stays, when; it names nobody."""

from datetime import UTC, datetime

from idp.signing import SignatureInvalid, Signer, read_keys, read_signed
from kernel.db import Json
from kernel.errors import Refused

TYPE = "deletion-proof+jwt"
ALGORITHM = "ES256"


def sign(
    signer: Signer,
    *,
    issuer: str,
    reference: str,
    asked_at: datetime,
    erased: list[str],
    kept: list[str],
    told: int,
    now: datetime,
) -> str:
    """Return the proof as a compact JWS; `told` is the number of clients that are told."""
    document = {
        "iss": issuer,
        "iat": int(now.timestamp()),
        "jti": reference,
        "asked_at": asked_at.astimezone(UTC).isoformat(timespec="seconds"),
        "deleted_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "data_key": "destroyed",
        "erased": erased,
        "kept": kept,
        "recipients_told": told,
    }
    return signer.sign(document, alg=ALGORITHM, typ=TYPE)


def read(token: str, jwks: object) -> Json:
    """Return what a proof says. Raises Refused `receipt.signature_invalid`."""
    try:
        return read_signed(token.strip(), read_keys(jwks), typ=TYPE)
    except SignatureInvalid:
        raise Refused("receipt.signature_invalid") from None
