"""Read the `claims` request parameter (OIDC Core 5.5) before any library sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from idp import verified_request
from idp.errors import ProtocolError

LONGEST = 8192
MEMBERS = ("userinfo", "id_token")
SCALARS = (str, int, float, bool)
ABOUT_THE_LOGIN = frozenset({"sub", "acr", "amr", "auth_time", "sid", "iss", "aud", "nonce"})


Wanted: TypeAlias = Mapping[str, Any]  # None or constraints; for verified claims their elements


@dataclass(frozen=True)
class ClaimsRequest:
    """Which claims are wanted where; each with null or an object of constraints."""

    userinfo: Wanted
    id_token: Wanted

    def document(self) -> dict[str, Wanted]:
        """Return the request as JSON again, holding only what OIDC Core 5.5.1 defines."""
        return {"userinfo": self.userinfo, "id_token": self.id_token}

    def names(self) -> frozenset[str]:
        """Return the claims about the member that are asked for."""
        plain = frozenset([*self.userinfo, *self.id_token]) - ABOUT_THE_LOGIN
        verified = (
            verified_request.names(place.get(verified_request.NAME, []))
            for place in (self.userinfo, self.id_token)
        )
        return plain.union(*verified)

    def wants_auth_time(self) -> bool:
        """Say whether the moment of the login is asked for."""
        return "auth_time" in self.id_token or "auth_time" in self.userinfo

    def essential_acr(self) -> tuple[str, ...]:
        """Return the acr values one of which must be reached, if any (OIDC Core 5.5.1.1)."""
        wanted = self.id_token.get("acr") or {}
        return _values(wanted) if wanted.get("essential") is True else ()

    def voluntary_acr(self) -> tuple[str, ...]:
        """Return the acr values that would be welcome."""
        wanted = self.id_token.get("acr") or {}
        return () if wanted.get("essential") is True else _values(wanted)

    def subject(self) -> str | None:
        """Return the one `sub` the client will accept, if it named one. Raises ProtocolError."""
        wanted = {
            value
            for place in (self.userinfo, self.id_token)
            for value in _values(place.get("sub") or {})
        }
        if len(wanted) > 1:
            raise ProtocolError("invalid_request", "claims asks for two different subjects")
        return next(iter(wanted), None)


def _values(wanted: Mapping[str, Any]) -> tuple[str, ...]:
    listed = wanted.get("values")
    values = listed if isinstance(listed, list) else [wanted.get("value")]
    return tuple(value for value in values if isinstance(value, str))


def read(text: str | None) -> ClaimsRequest:
    """Return what `text` asks for. Raises ProtocolError `invalid_request` if it is malformed."""
    if text is None:
        return ClaimsRequest({}, {})
    if len(text) > LONGEST:
        raise ProtocolError("invalid_request", "claims is too long")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("invalid_request", "claims is not JSON") from None
    if not isinstance(parsed, dict):
        raise ProtocolError("invalid_request", "claims is not an object")
    request = ClaimsRequest(*(_member(parsed, name) for name in MEMBERS))
    try:
        json.dumps(request.document(), allow_nan=False)  # as it is kept with the grant
    except (ValueError, RecursionError):
        raise ProtocolError("invalid_request", "claims holds a number that is none") from None
    return request


def kept(request: Mapping[str, Any]) -> ClaimsRequest:
    """Return what a grant's request asked for, as it was kept."""
    claims = request.get("claims") or {}
    return ClaimsRequest(*(claims.get(name) or {} for name in MEMBERS))


def _member(parsed: Mapping[str, Any], name: str) -> Wanted:
    wanted = parsed.get(name)
    if wanted is None:
        return {}
    if not isinstance(wanted, dict):
        raise ProtocolError("invalid_request", f"claims.{name} is not an object")
    known = {claim: _wanted(claim, each, name) for claim, each in wanted.items()}
    return {claim: each for claim, each in known.items() if each != []}  # null asks for no element


def _wanted(claim: str, wanted: object, name: str) -> Any:  # constraints, or elements of them
    if claim == verified_request.NAME:
        return verified_request.read(wanted)
    return _constraints(wanted, name)


def _constraints(wanted: object, name: str) -> Mapping[str, Any] | None:
    """Return the constraints we know; others are ignored (OIDC Core 5.5.1)."""
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise ProtocolError("invalid_request", f"claims.{name} holds neither null nor objects")
    known: dict[str, Any] = {}
    if isinstance(wanted.get("essential"), bool):
        known["essential"] = wanted["essential"]
    if isinstance(wanted.get("value"), SCALARS):
        known["value"] = wanted["value"]
    if isinstance(wanted.get("values"), list):
        known["values"] = [each for each in wanted["values"] if isinstance(each, SCALARS)]
    return known
