"""Serve the token endpoint: each way a client may come to tokens (RFC 6749 3.2)."""

from datetime import datetime
from typing import Any

from pyop.exceptions import OAuthError
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.grant_types import CIBA, CODE, DEVICE, EXCHANGE, ITSELF, REFRESH
from clients.models import AuthMethod
from clients.profiles import rules_of
from idp import awaited, client_tokens, encryption, exchanging
from idp.client_authentication import authenticated_client, require_in_force
from idp.errors import ProtocolError
from idp.models import Way
from idp.narrowing import DETAILS, RESOURCE, Wish
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown, held_to, token_type
from idp.provider import DECLARED_ERRORS, Provider
from idp.released import ReleasedClaims, allowed_claims
from idp.state import GrantState, told_details
from kernel import metrics
from kernel.keyring import Keyring

REQUIRED = {
    CODE: ("code", "redirect_uri"),
    REFRESH: ("refresh_token",),
    ITSELF: (),
    DEVICE: ("device_code",),
    CIBA: ("auth_req_id",),
    EXCHANGE: ("subject_token", "subject_token_type"),
}
WITHOUT_GRANT = {ITSELF: client_tokens.issue, EXCHANGE: exchanging.exchange}
AWAITED = {DEVICE: Way.DEVICE, CIBA: Way.CIBA}


def exchange(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    keyring: Keyring,
    shown: Shown = NOTHING,
    now: datetime,
) -> dict[str, Any]:
    """Return the token response. Raises ProtocolError, always with an error RFC 6749 5.2 knows."""
    values = form.single()

    def with_keys(client: RegisteredClient) -> RegisteredClient:
        how = client.id_token_encryption
        return encryption.with_keys(provider.client_keys, session, client, how, now=now)

    client = authenticated_client(
        provider,
        session,
        form,
        endpoint="/token",
        authorization=authorization,
        shown=shown,
        ahead=with_keys,
        now=now,
    )
    require_in_force(client, now=now)
    grant_type = _grant_type(values, client)
    rules = rules_of(client.profile)
    held = held_to(
        session, shown, bound=rules.bound, certificate_bound=client.certificate_bound, now=now
    )
    if (make := WITHOUT_GRANT.get(grant_type)) is not None:
        made = make(provider, session, client, values, confirmation=held, now=now)
        return _counted(grant_type, made)
    wish = Wish(
        issuer=provider.issuer,
        client=client,
        resource=values.get(RESOURCE),
        details=values.get(DETAILS),
    )
    if (way := AWAITED.get(grant_type)) is not None:
        (name,) = REQUIRED[grant_type]
        values = awaited.as_code(session, client, values[name], way=way, now=now)
    state = GrantState(
        session,
        lifetimes=provider.lifetimes,
        now=now,
        client_id=client.id,
        refreshable=REFRESH in client.grant_types,
        rotates=rules.rotates,
        confirmation=held,
        holds_refresh=client.auth_method is AuthMethod.NONE,
        wish=wish,
    )
    released = ReleasedClaims(
        state, client, keyring=keyring, channel="id_token", relay=provider.relay
    )
    bound = provider.at_work(state, released, client=client)
    response = _with_pyop(bound, values)
    if grant_type == REFRESH:  # a code is too young for its consent to have expired
        _require_consent(client, state)
    told = {**response, **told_details(state.grant, state.narrowed.details)}
    return _counted(grant_type, {**told, "scope": state.scope, "token_type": token_type(held)})


def _counted(grant_type: str, response: dict[str, Any]) -> dict[str, Any]:
    metrics.TOKENS.labels(grant_type).inc()
    return response


def _grant_type(values: dict[str, str], client: RegisteredClient) -> str:
    """Return the grant type of a request that is complete and its client's to make."""
    grant_type = values.get("grant_type")
    if grant_type is None:
        raise ProtocolError("invalid_request", "grant_type is missing")
    if grant_type not in REQUIRED:
        raise ProtocolError("unsupported_grant_type", "this grant_type is not supported")
    if grant_type not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    for name in REQUIRED[grant_type]:
        if name not in values:
            raise ProtocolError("invalid_request", f"{name} is missing")
    if values.get("redirect_uri") == awaited.ADDRESS:  # ours, and nobody's to name
        raise ProtocolError("invalid_grant", "redirect_uri is not the one of the request")
    return grant_type


def _with_pyop(bound: Provider, values: dict[str, str]) -> dict[str, Any]:
    try:
        return dict(bound.handle_token_request(values).to_dict())
    except OAuthError as error:
        raise ProtocolError(error.oauth_error, "the token request is malformed") from error
    except DECLARED_ERRORS as error:
        raise ProtocolError("invalid_request", "the token request is malformed") from error


def _require_consent(client: RegisteredClient, state: GrantState) -> None:
    """Refuse tokens for a consent that has ended since (regulation 10(3))."""
    try:
        allowed_claims(client, state.grant, state.decisions(), frozenset(), now=state.now)
    except ProtocolError as error:
        raise ProtocolError("invalid_grant", error.description) from None
