"""Understand a logout request; the member decides whether to log out (RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp.addresses import with_parameters
from idp.parameters import Parameters
from idp.provider import Provider
from idp.signing import SignatureInvalid


@dataclass(frozen=True)
class LogoutRequest:
    """Who asks, and where the browser may go then; None where nothing trustworthy was said."""

    client: RegisteredClient | None
    return_to: str | None


def read_logout(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> LogoutRequest:
    """Return what can be trusted of a logout request; never raises.

    The browser is sent back only to a registered address of the client that an id_token_hint
    of ours names, however old the hint is (PYOP 12).
    """
    if parameters.fault or parameters.repeated():
        return LogoutRequest(None, None)
    client = _hinted_client(provider, session, parameters, now=now)
    wanted = parameters.get("post_logout_redirect_uri")
    if client is None or wanted is None or wanted not in client.post_logout_redirect_uris:
        return LogoutRequest(client, None)
    return LogoutRequest(client, _with_state(wanted, parameters.get("state")))


def _hinted_client(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> RegisteredClient | None:
    hint = parameters.get("id_token_hint")
    if hint is None:
        return None
    try:
        audience = provider.keys.signer(session, now=now).verify(hint).get("aud")
    except SignatureInvalid:
        return None
    if not isinstance(audience, str) or parameters.get("client_id") not in {None, audience}:
        return None
    return provider.find_client(session, audience, now=now)


def _with_state(address: str, state: str | None) -> str:
    return address if state is None else with_parameters(address, {"state": state})
