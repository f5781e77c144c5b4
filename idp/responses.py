"""Put an authorization response together as it travels (RFC 9207; JARM)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from idp.errors import ReturnAddress
from idp.provider import Provider
from idp.response_modes import is_signed

LIFETIME = timedelta(minutes=5)
TYPE = "authorization-response+jwt"  # so that it passes for nothing else (RFC 8725 3.11)


def travelling(
    provider: Provider,
    session: Session,
    to: ReturnAddress,
    response: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, str]:
    """Return what is sent: the response and who gave it (RFC 9207), or both in a JWT (JARM 2.1)."""
    told = {**response, "iss": provider.issuer}
    if not is_signed(to.mode):
        return told
    claims = {**told, "aud": to.client_id, "exp": int((now + LIFETIME).timestamp())}
    signer = provider.keys.signer(session, now=now)
    return {"response": signer.sign(claims, alg=to.alg, typ=TYPE)}
