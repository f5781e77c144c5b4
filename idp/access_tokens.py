"""Make tokens for an interface: opaque if it asks us, signed if it verifies them (RFC 9068).

Nobody can take a signature back, so a signed token lives for minutes, and says nothing about a
member but the name the interface knows them by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from clients.resource_models import TokenFormat
from clients.resources import Target
from idp.errors import ProtocolError
from idp.possession import confirmation_claim
from idp.provider import Provider
from kernel.ids import new_id, new_secret

TYPE = "at+jwt"  # RFC 9068 2.1: it passes for nothing else
LONGEST_SIGNED = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom and what a token is about."""

    client_id: str
    sub: str
    scope: str
    confirmation: str | None = None
    login: Mapping[str, Any] = field(default_factory=dict)  # how a member was identified


def chosen(targets: Mapping[str, Target], wanted: str | None) -> Target:
    """Return the interface a request names; the only one need not be named.

    Raises ProtocolError `invalid_target` (RFC 8707 2).
    """
    if wanted is None and len(targets) == 1:
        return next(iter(targets.values()))
    if wanted is None:
        raise ProtocolError("invalid_target", "resource is missing")
    if wanted not in targets:
        raise ProtocolError("invalid_target", "this client is not approved for this resource")
    return targets[wanted]


def lifetime(target: Target, usual: timedelta) -> timedelta:
    """Return how long a token for `target` lives."""
    return usual if target.token_format is TokenFormat.OPAQUE else min(usual, LONGEST_SIGNED)


def new(
    provider: Provider,
    session: Session,
    target: Target,
    about: About,
    *,
    until: datetime,
    now: datetime,
) -> str:
    """Return a new token's value."""
    if target.token_format is TokenFormat.OPAQUE:
        return new_secret()
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": target.identifier,
        "sub": about.sub,
        "client_id": about.client_id,
        "iat": int(now.timestamp()),
        "exp": int(until.timestamp()),
        "jti": new_id().hex,
        "scope": about.scope,
        **about.login,
    }
    if about.confirmation is not None:
        claims["cnf"] = confirmation_claim(about.confirmation)
    return provider.keys.signer(session, now=now).sign(claims, alg=target.alg, typ=TYPE)
