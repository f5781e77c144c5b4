"""Encrypt for one client what was signed, or is to be read by nobody else (OIDC Core 10.2)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from joserfc import jwe
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.encryption import find_key
from clients.keys import KeySource
from idp.errors import ProtocolError


def with_keys(
    source: KeySource,
    session: Session,
    client: RegisteredClient,
    how: dict[str, str] | None,
    *,
    now: datetime,
) -> RegisteredClient:
    """Return the client with the keys it publishes now, if something is encrypted for it.

    Ask before anything is written: its site may be slow.
    """
    if how is None or client.jwks_uri is None:
        return client
    return replace(client, jwks=source.to_encrypt(session, client, how["alg"], now=now))


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
