"""Know which client calls an endpoint, and answer in OAuth's words if it cannot prove it."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session

from clients.authentication import (
    Credentials,
    read_credentials,
    require_authentic,
    require_unspent,
)
from clients.directory import RegisteredClient
from clients.profiles import rules_of
from idp.errors import ProtocolError
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown
from idp.provider import Provider
from kernel.errors import Refused

# What is asked of a client's own site: after its proof was found right, before it is spent. A
# transaction must not wait for a stranger's server (docs/decisions/0067).
Ahead: TypeAlias = Callable[[RegisteredClient], RegisteredClient]  # with what was found
NO_CONTRACT = "flow.merchant_contract_inactive: the merchant has no contract in force"


def _nothing(client: RegisteredClient) -> RegisteredClient:
    """Ask for nothing ahead."""
    return client


def authenticated_client(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    endpoint: str,
    authorization: str | None,
    shown: Shown = NOTHING,
    ahead: Ahead = _nothing,
    now: datetime,
) -> RegisteredClient:
    """Return the client that proved itself at `endpoint` (a path such as `/token`).

    `ahead` is done before anything is written. Raises ProtocolError `invalid_client` (401) or, for
    two proofs at once, `invalid_request`.
    """
    try:
        credentials = read_credentials(authorization, form.single())
        client = _client_of(provider, session, credentials, now=now)
        once = require_authentic(
            session,
            client,
            credentials,
            audiences=_audiences(provider, client, endpoint),
            certificate=shown.certificate,
            authorities=provider.authorities,
            keys=provider.client_keys,
            now=now,
        )
        client = ahead(client)
        require_unspent(session, once)
    except Refused as refused:
        raise _in_oauth_words(refused) from None
    return client


def permitted_client(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    grant_type: str,
    endpoint: str,
    authorization: str | None,
    shown: Shown = NOTHING,
    ahead: Ahead = _nothing,
    now: datetime,
) -> RegisteredClient:
    """Return the client that proved itself, if it is in force and may use this `grant_type`.

    Raises ProtocolError as `authenticated_client` does, and `unauthorized_client`.
    """
    client = authenticated_client(
        provider,
        session,
        form,
        endpoint=endpoint,
        authorization=authorization,
        shown=shown,
        ahead=ahead,
        now=now,
    )
    require_in_force(client, now=now)
    if grant_type not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    return client


def _audiences(provider: Provider, client: RegisteredClient, endpoint: str) -> frozenset[str]:
    """Return whom an assertion of this client may address (OIDC Core 9; FAPI 2.0 5.3.2.1)."""
    if rules_of(client.profile).only_issuer:
        return frozenset({provider.issuer})
    hosts = [each for each in (provider.issuer, provider.mtls_front) if each]
    addresses = {host + path for host in hosts for path in ("/token", endpoint)}
    return frozenset({provider.issuer, *addresses})


def require_in_force(client: RegisteredClient, *, now: datetime) -> None:
    """Raise ProtocolError `unauthorized_client` for a merchant without a contract (2(8)4)."""
    if not client.is_in_force(now=now):
        raise ProtocolError("unauthorized_client", NO_CONTRACT)


def _client_of(
    provider: Provider, session: Session, credentials: Credentials, *, now: datetime
) -> RegisteredClient:
    client = provider.find_client(session, credentials.client_id[:128], now=now)
    if client is None:
        raise Refused("client.authentication_failed")
    return client


def _in_oauth_words(refused: Refused) -> ProtocolError:
    if refused.code == "client.authentication_ambiguous":
        return ProtocolError("invalid_request", "the client authenticated in two ways at once")
    return ProtocolError("invalid_client", "client authentication failed", status=401)
