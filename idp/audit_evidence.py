"""Sign the evidence of an audit, so that nobody who hands it on can change it (regulation 9)."""

from idp.signing import Signer, read_keys, read_signed
from kernel.db import Json

TYPE = "audit-evidence+jwt"
ALGORITHM = "ES256"


def read(token: str, jwks: object) -> Json:
    """Return what the evidence says. Raises SignatureInvalid."""
    return read_signed(token, read_keys(jwks), typ=TYPE)


def sign(signer: Signer, document: Json) -> str:
    """Return the evidence as a compact JWS that passes for nothing else."""
    return signer.sign(document, alg=ALGORITHM, typ=TYPE)
