"""Sign the lists that readers work with while they have no line, and read them at the desk."""

from consent import reader_lists
from consent.reader_lists import ReaderList
from idp.signing import SignatureInvalid, Signer, read_keys, read_signed
from kernel.db import Json
from kernel.errors import Refused

TYPE = "reader-list+jwt"
ALGORITHM = "ES256"


def sign(signer: Signer, document: Json) -> str:
    """Return the list as a compact JWS that says it is a list and nothing else."""
    return signer.sign(document, alg=ALGORITHM, typ=TYPE)


def read(token: str, jwks: object) -> ReaderList:
    """Return a list of ours, whatever its age. Raises Refused `terminal.list_invalid`."""
    try:
        claims = read_signed(token.strip(), read_keys(jwks), typ=TYPE)
    except SignatureInvalid:
        raise Refused("terminal.list_invalid") from None
    return reader_lists.read(claims)
