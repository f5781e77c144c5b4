"""Tell a client that a sign-in is over: a logout token, pushed (OIDC Back-Channel Logout 1.0).

However long the client's server is away, the worker tries again; the token is made anew each time,
so none is older than two minutes. Nothing rests on it: what the sign-in issued has ended already.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from clients.directory import RegisteredClient
from idp import encryption
from idp.client_events import JTI_LENGTH
from idp.client_notices import Send
from idp.errors import ProtocolError
from idp.provider import Provider
from kernel.db import Sessions, transaction
from kernel.ids import digest
from kernel.jobs import JobDelayed, JobImpossible, Work
from kernel.outgoing import AddressForbidden, CallFailed
from kernel.work import WorkSession

TYPE = "logout+jwt"  # so that it passes for nothing else (RFC 8725 3.11)
EVENT = "http://schemas.openid.net/event/backchannel-logout"
FORM = "application/x-www-form-urlencoded"
LIFETIME = timedelta(minutes=2)  # Back-Channel Logout 2.4
TAKEN = frozenset({200, 204})  # 2.8


class SignedOut:
    """The handler of these jobs."""

    def __init__(self, make: Sessions, provider: Provider, send: Send) -> None:
        """Sign with the provider's keys; `send` posts a body to an address."""
        self._make = make
        self._provider = provider
        self._send = send

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Push the logout token; whatever is not taken is tried again later."""
        client = self._find(UUID(work.payload["client"]), now=now)
        if client is None or client.backchannel_logout_uri is None:
            return  # it has left, or wants no word any more
        if client.backchannel_logout_session_required and work.payload["session"] is None:
            return  # it would find nothing to end (2.2)
        body = urlencode({"logout_token": self._token(client, work, now=now)}).encode()
        try:
            answer = self._send(client.backchannel_logout_uri, body, content_type=FORM)
        except AddressForbidden as forbidden:
            raise JobImpossible(forbidden.code) from None
        except CallFailed as failed:
            raise JobDelayed(failed.code) from None
        if answer.status not in TAKEN:
            raise JobDelayed(f"call.status_{answer.status}")

    def _find(self, client_id: UUID, *, now: datetime) -> RegisteredClient | None:
        """Return the client with the keys it publishes now; no transaction waits for its site."""
        with WorkSession(self._make) as session:
            client = self._provider.directory.find_by_id(session, client_id, now=now)
            if client is None or client.backchannel_logout_uri is None:
                return client
            keys, how = self._provider.client_keys, client.id_token_encryption
            return encryption.with_keys(keys, session, client, how, now=now)

    def _token(self, client: RegisteredClient, work: Work, *, now: datetime) -> str:
        """Return the logout token, encrypted if the client's id_tokens are (2.6)."""
        with transaction(self._make) as session:
            signer = self._provider.keys.signer(session, now=now)
            claims = logout_claims(self._provider, client, work, now=now)
            token = signer.sign(claims, alg=client.id_token_alg, typ=TYPE)
        if client.id_token_encryption is None:
            return token
        try:
            return encryption.sealed(token, client, client.id_token_encryption, nested=True)
        except ProtocolError:
            raise JobDelayed("call.no_key") from None  # it may publish one yet


def logout_claims(
    provider: Provider, client: RegisteredClient, work: Work, *, now: datetime
) -> dict[str, Any]:  # JSON of several shapes
    """Return the claims of a logout token (2.4): the name and the session as the client knows them.

    `jti` differs at every attempt: a client that refuses what it has seen, and whose answer was
    lost, would otherwise refuse for a day. The job's id itself would tell the moment, to a
    thousandth of a second the same for all who hear of one sign-out.
    """
    sub, session_id = work.payload["sub"], work.payload["session"]
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": digest(f"{work.id}-{work.attempt}").hex()[:JTI_LENGTH],
        "sub": sub,
        "events": {EVENT: {}},
    }
    if session_id is not None:
        claims["sid"] = provider.session_names.sid(UUID(session_id), client_id=client.id, sub=sub)
    return claims
