"""Say how a client wants to be written to so that only it can read (OIDC Core 10.2; RFC 7516)."""

from typing import Any, Literal, cast

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, KeySetSerialization, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict

Public = ECKey | OKPKey | RSAKey
ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW")
ENCODINGS = ("A256GCM",)
CURVES = {"P-256", "P-384", "P-521", "X25519"}


class Encryption(BaseModel):
    """How a key is agreed on, and what is encrypted with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alg: Literal["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]
    enc: Literal["A256GCM"] = "A256GCM"


def find_key(jwks: object, alg: str) -> Public | None:
    """Return the first key of a client that `alg` can encrypt for; None if it has none."""
    try:
        keys = KeySet.import_key_set(cast("KeySetSerialization", jwks)).keys
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    fitting = (each for each in keys if _fits(each, alg))
    return cast("Public | None", next(fitting, None))


def _fits(key: Any, alg: str) -> bool:  # keys of several kinds
    told = key.as_dict(private=False)
    if told.get("use", "enc") != "enc" or told.get("alg", alg) != alg:
        return False
    if alg == "RSA-OAEP-256":
        return isinstance(key, RSAKey)
    return told.get("crv") in CURVES
