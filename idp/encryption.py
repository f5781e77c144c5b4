"""Encrypt for one client what was signed, or is to be read by nobody else (OIDC Core 10.2)."""

from typing import Any

from joserfc import jwe

from clients.directory import RegisteredClient
from clients.encryption import find_key
from idp.errors import ProtocolError


def sealed(text: str, client: RegisteredClient, how: dict[str, str], *, nested: bool) -> str:
    """Return `text` as a compact JWE; `nested` says that it is a token itself (RFC 7519 5.2).

    Raises ProtocolError if the client has no key left that fits.
    """
    key = find_key(client.jwks, how["alg"])
    if key is None:
        raise ProtocolError("invalid_request", f"this client has no key to encrypt by {how['alg']}")
    header: dict[str, Any] = {"alg": how["alg"], "enc": how["enc"], "kid": key.kid}
    if nested:
        header["cty"] = "JWT"
    return jwe.encrypt_compact(header, text, key, algorithms=[how["alg"], how["enc"]])
