"""Believe what a trusted issuer says of a program, and let it count for more (RFC 7591 2.3).

A statement says once, signed, what is the same wherever the program is installed. Who installs it
cannot say otherwise.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc.jwk import KeySet

from idp.errors import ProtocolError
from idp.signing import SignatureInvalid, read_keys, read_trusted
from kernel import compact
from kernel.db import Json
from kernel.settings import SettingsInvalid

Issuers = Mapping[str, KeySet]  # by `iss`
SKEW = timedelta(seconds=30)
LONGEST = 16_000  # characters
ABOUT_ITSELF = frozenset({"iss", "sub", "aud", "iat", "exp", "nbf", "jti", "software_statement"})


def read(file: Path | None) -> Issuers:
    """Return whose statements count, from a JSON object of JWKS by issuer.

    Raises SettingsInvalid.
    """
    if file is None:
        return {}
    try:
        sets: dict[str, object] = json.loads(file.read_bytes())
        return {issuer: read_keys(jwks) for issuer, jwks in sets.items()}
    except (OSError, ValueError, AttributeError, SignatureInvalid):
        what = "a JSON object of JWKS by issuer"
        raise SettingsInvalid(f"software_issuers: {file} is not {what}") from None


def settled(issuers: Issuers, metadata: Json, *, now: datetime) -> Json:
    """Return the metadata as the statement among them, if there is one, would have them.

    Raises ProtocolError `invalid_software_statement`, `unapproved_software_statement`.
    """
    statement = metadata.get("software_statement")
    if statement is None:
        return metadata
    if not isinstance(statement, str) or len(statement) > LONGEST:
        raise _invalid("it is no compact JWS")
    issuer = _issuer(statement)
    if issuer not in issuers:
        raise ProtocolError("unapproved_software_statement", "its issuer is not known here")
    try:
        claims = read_trusted(statement, issuers[issuer])
    except SignatureInvalid:
        raise _invalid("its signature does not hold") from None
    _require_time(claims, now=now)
    return {**metadata, **claims_of(claims)}


def claims_of(claims: Json) -> Json:
    """Return what a statement says of the program, without what it says of itself."""
    return {name: value for name, value in claims.items() if name not in ABOUT_ITSELF}


def said(statement: str) -> Json:
    """Return the claims of a statement, believed or not. Raises ValueError."""
    return compact.unverified(statement, compact.CLAIMS)


def _issuer(statement: str) -> str:
    try:
        issuer = said(statement).get("iss")
    except ValueError:
        raise ProtocolError(
            "unapproved_software_statement", "nobody is named as its issuer"
        ) from None
    return issuer if isinstance(issuer, str) else ""


def _require_time(claims: Json, *, now: datetime) -> None:
    """Refuse a statement that is over, or not good yet; it need not say either."""
    if "exp" in claims and _moment(claims["exp"]) < now - SKEW:
        raise _invalid("it has expired")
    for name in ("iat", "nbf"):
        if name in claims and _moment(claims[name]) > now + SKEW:
            raise _invalid("it is not good yet")


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid("a moment is a number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise _invalid("a moment is out of range") from None


def _invalid(why: str) -> ProtocolError:
    return ProtocolError("invalid_software_statement", why)
