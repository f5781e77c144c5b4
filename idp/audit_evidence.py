"""Sign the evidence of an audit, so that nobody who hands it on can change it (regulation 9)."""

from idp.signing import Signer
from kernel.db import Json

TYPE = "audit-evidence+jwt"
ALGORITHM = "ES256"


def sign(signer: Signer, document: Json) -> str:
    """Return the evidence as a compact JWS that passes for nothing else."""
    return signer.sign(document, alg=ALGORITHM, typ=TYPE)
