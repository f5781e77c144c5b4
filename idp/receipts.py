"""Sign receipts, and read them again years later with any key we ever published."""

from idp.signing import SignatureInvalid, Signer, read_keys, read_signed
from kernel.db import Json
from kernel.errors import Refused

TYPE = "consent-receipt+jwt"
ALGORITHM = "ES256"


def sign(signer: Signer, document: Json) -> str:
    """Return the receipt as a compact JWS that says it is a receipt and nothing else."""
    return signer.sign(document, alg=ALGORITHM, typ=TYPE)


def read(token: str, jwks: object) -> Json:
    """Return what a receipt says. Raises Refused `receipt.signature_invalid`."""
    try:
        return read_signed(token.strip(), read_keys(jwks), typ=TYPE)
    except SignatureInvalid:
        raise Refused("receipt.signature_invalid") from None
