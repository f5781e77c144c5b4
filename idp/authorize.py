"""Check an authorization request: client, redirect URI, then everything else (PYOP 16).

Until client and redirect URI are both verified an error is a page for the person; from then on
it travels to the client. The order is the security.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from clients import response_types
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.profiles import rules_of
from consent.catalogue import SCOPES, asked_by, claims_of_scopes
from idp import (
    claims_parameter,
    details,
    narrowing,
    pkce,
    possession,
    pushed,
    request_objects,
    response_modes,
    strength,
)
from idp.claims_parameter import ClaimsRequest
from idp.client_authentication import require_in_force
from idp.errors import AuthorizationRefused, ProtocolError, ReturnAddress, UntrustedRequest
from idp.parameters import Parameters
from idp.parameters import of as parameters_of
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from idp.signing import SignatureInvalid

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
PURPOSE_PREFIX = "purpose:"
# Asked by libraries out of habit: ignored (OIDC Core 11). Who gets refresh tokens is registered.
OFFLINE = "offline_access"
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)

Check = Callable[[dict[str, str], RegisteredClient], None]


def read_request(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> AuthorizationRequest:
    """Return the checked request of a browser, opened if it was pushed or signed.

    Raises UntrustedRequest while nobody is known to whom an error could be sent, and
    AuthorizationRefused afterwards.
    """
    reference = parameters.get("request_uri")
    if reference is not None and pushed.is_reference(reference):
        client = known_client(provider, session, parameters, now=now)
        kept = pushed.opened(session, reference, client=client, now=now)
        parameters = parameters_of({**kept, "request_uri": reference})
    elif reference is not None:
        parameters = _fetched(provider, session, parameters, reference, now=now)
    elif (signed := parameters.get("request")) is not None:
        parameters = _opened(provider, session, parameters, signed, now=now)
    return read_known(provider, session, parameters, now=now)


def _fetched(
    provider: Provider, session: Session, parameters: Parameters, uri: str, *, now: datetime
) -> Parameters:
    """Return what a client signed and keeps on its own site (OIDC Core 6.2)."""
    client = known_client(provider, session, parameters, now=now)
    try:
        signed = provider.request_uris.read(client, uri, now=now)
    except ProtocolError as error:
        to = _return_address(client, parameters)
        raise AuthorizationRefused(error.error, error.description, to=to) from error
    return _opened(provider, session, parameters, signed, now=now)


def _opened(
    provider: Provider, session: Session, parameters: Parameters, signed: str, *, now: datetime
) -> Parameters:
    """Return what a client signed; a client without keys gets its request back as it is."""
    client = known_client(provider, session, parameters, now=now)
    if not client.signs:
        return parameters
    keys = provider.client_keys.of(session, client, signed, now=now)
    try:
        return parameters_of(
            request_objects.opened(
                signed, client=client, keys=keys, issuer=provider.issuer, now=now
            )
        )
    except ProtocolError as error:
        to = _return_address(client, parameters)
        raise AuthorizationRefused(error.error, error.description, to=to) from error


def read_known(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> AuthorizationRequest:
    """Return a request that is being pushed, or was accepted before, checked by what holds now.

    A `request_uri` of ours in it means that it was pushed. Raises as `read_request` does.
    """
    client = known_client(provider, session, parameters, now=now)
    to = _return_address(client, parameters)
    try:
        require_in_force(client, now=now)
        values = parameters.single()
        for check in CHECKS:
            check(values, client)
        return understood(provider, session, client, to, values, now=now)
    except ProtocolError as error:
        raise AuthorizationRefused(error.error, error.description, to=to) from error


def known_client(
    provider: Provider, session: Session, parameters: Parameters, *, now: datetime
) -> RegisteredClient:
    """Return the client that a request names. Raises UntrustedRequest."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise UntrustedRequest("request.client_missing", "client_id is missing or repeated")
    client = provider.find_client(session, client_id[:128], now=now)
    if client is None:
        raise UntrustedRequest("request.client_unknown", "client_id is not registered")
    return client


def require_registered(client: RegisteredClient, redirect_uri: str | None) -> str:
    """Return the redirect URI if it is the client's, to the letter. Raises UntrustedRequest."""
    if redirect_uri is None or redirect_uri not in client.redirect_uris:
        raise UntrustedRequest("request.redirect_uri_unknown", "redirect_uri is not registered")
    return redirect_uri


def _return_address(client: RegisteredClient, parameters: Parameters) -> ReturnAddress:
    redirect_uri = require_registered(client, parameters.get("redirect_uri"))
    asked, kind = parameters.get("response_mode"), parameters.get("response_type")
    return ReturnAddress(
        redirect_uri,
        parameters.get("state"),
        mode=response_modes.mode_of(asked, kind),
        client_id=client.client_id,
        alg=client.id_token_alg,
    )


def _no_request_object(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    for name in ("request", "request_uri", "registration"):
        if name in values and not pushed.is_reference(values[name]):
            raise ProtocolError(f"{name}_not_supported", f"{name} is not supported")


def _pushed_if_demanded(values: dict[str, str], client: RegisteredClient) -> None:
    if rules_of(client.profile).pushed and "request_uri" not in values:
        raise ProtocolError("invalid_request", "this client's requests must be pushed (RFC 9126)")


def _type_registered(values: dict[str, str], client: RegisteredClient) -> None:
    sent = values.get("response_type")
    if sent is None:
        raise ProtocolError("invalid_request", "response_type is missing")
    kind = response_types.find(sent)
    if kind is None or kind not in client.response_types:
        raise ProtocolError("unsupported_response_type", "it is not registered for this client")
    if not set(response_types.needed_grant_types((kind,))) <= client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use the code flow")


def _nonce_demanded(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    """Demand what ties an id_token to its request, where no code does (OIDC Core 3.2.2.11)."""
    if response_types.brings(values.get("response_type", ""), "id_token") and "nonce" not in values:
        raise ProtocolError("invalid_request", "an id_token of this endpoint needs a nonce")


def _mode_known(values: dict[str, str], client: RegisteredClient) -> None:
    kind = values.get("response_type")
    mode = values.get("response_mode", response_modes.usual(kind))
    if not response_modes.fits(mode, kind):
        raise ProtocolError("invalid_request", "this response_mode is not supported")
    if rules_of(client.profile).signed and not response_modes.is_signed(mode):
        raise ProtocolError("invalid_request", "this client's responses are signed (JARM)")


def _challenge_sound(values: dict[str, str], client: RegisteredClient) -> None:
    challenge, method = values.get("code_challenge"), values.get("code_challenge_method")
    if rules_of(client.profile).pkce or challenge is not None or method is not None:
        pkce.require_challenge(challenge, method)


def _key_sound(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    possession.require_thumbprint(values.get("dpop_jkt"))


def _openid_asked(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    if "openid" not in values.get("scope", "").split():
        raise ProtocolError("invalid_scope", "scope must contain openid")


def _prompt_consistent(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    prompts = frozenset(values.get("prompt", "").split())
    if not prompts <= PROMPTS:
        raise ProtocolError("invalid_request", "prompt has a value that is not supported")
    if "none" in prompts and len(prompts) > 1:
        raise ProtocolError("invalid_request", "prompt=none stands alone")


def _max_age_a_number(values: dict[str, str], client: RegisteredClient) -> None:  # noqa: ARG001
    if "max_age" in values and not _SECONDS.fullmatch(values["max_age"]):
        raise ProtocolError("invalid_request", "max_age is not a number of seconds")


# What holds for every request, whether a browser brings it or it waits for one.
ALWAYS: tuple[Check, ...] = (_key_sound, _openid_asked, _prompt_consistent, _max_age_a_number)
CHECKS: tuple[Check, ...] = (
    _no_request_object,
    _pushed_if_demanded,
    _type_registered,
    _nonce_demanded,
    _mode_known,
    _challenge_sound,
    *ALWAYS,
)


def understood(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    to: ReturnAddress,
    values: dict[str, str],
    *,
    now: datetime,
) -> AuthorizationRequest:
    """Return what checked parameters of `client` ask for. Raises ProtocolError."""
    claims = claims_parameter.read(values.get("claims"))
    wanted = {"claims": claims.document()} if "claims" in values else {}
    scopes = tuple(each for each in dict.fromkeys(values["scope"].split()) if each != OFFLINE)
    message = provider.read_message({**values, **wanted, "scope": " ".join(scopes)})
    more = details.read(session, client, values.get(narrowing.DETAILS))
    resource = values.get(narrowing.RESOURCE)
    narrowing.require_usable(session, client, resource, issuer=provider.issuer)
    purpose = purpose_of(client, scopes, more)
    require_scopes_approved(scopes, purpose)
    subject = meant_subject(provider, session, client, values, claims, now=now)
    asked = None if "max_age" not in values else int(values["max_age"])
    max_age = strength.newest(purpose.login_seconds, asked)
    return AuthorizationRequest(
        client=client,
        purpose=purpose,
        to=to,
        scopes=tuple(scope for scope in scopes if scope in SCOPES),
        claims=asked_by(claims_of_scopes(scopes) | claims.names()),
        prompt=frozenset(values.get("prompt", "").split()),
        max_age=max_age,
        acr_values=(*values.get("acr_values", "").split(), *claims.voluntary_acr()),
        essential_acr=strength.acceptable(purpose.least_acr, claims.essential_acr()),
        hint_sub=subject,
        login_hint=values.get("login_hint", "")[:128],
        ui_locales=values.get("ui_locales", "")[:128],
        parameters=values,
        message=message,
        wants_auth_time=max_age is not None or claims.wants_auth_time(),
        resource=resource,
        details=more,
    )


def purpose_of(
    client: RegisteredClient, scopes: tuple[str, ...], more: tuple[details.Detail, ...] = ()
) -> RegisteredPurpose:
    """Return the purpose that a request names, or the default. Raises ProtocolError."""
    named = [
        each.removeprefix(PURPOSE_PREFIX) for each in scopes if each.startswith(PURPOSE_PREFIX)
    ]
    if len(named) > 1:
        raise ProtocolError("invalid_scope", "flow.purpose_mismatch: one purpose a request")
    meant = {each.purpose for each in more}
    if meant and set(named) - meant:
        raise ProtocolError("invalid_authorization_details", "scope names another purpose")
    purpose = client.find_purpose(next(iter((*named, *meant)), None))
    if purpose is None:
        raise ProtocolError("invalid_scope", "flow.purpose_mismatch: not a purpose of this client")
    return purpose


def require_scopes_approved(scopes: tuple[str, ...], purpose: RegisteredPurpose) -> None:
    """Refuse a scope none of whose claims is approved for the purpose (regulation 10(3))."""
    for scope in set(scopes) & set(SCOPES) - {"openid"}:
        if not claims_of_scopes([scope]) & purpose.approved:
            raise ProtocolError(
                "invalid_scope", f"flow.purpose_mismatch: {scope} is not approved for this purpose"
            )


def hinted_subject(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    values: Mapping[str, str],
    *,
    now: datetime,
) -> str | None:
    """Return whom an earlier token of ours says the client expects. Raises ProtocolError."""
    hint = values.get("id_token_hint")
    if hint is None:
        return None
    try:
        claims = provider.keys.signer(session, now=now).verify(hint)
    except SignatureInvalid:
        raise ProtocolError("invalid_request", "id_token_hint is not a token of ours") from None
    if claims.get("aud") != client.client_id or not isinstance(claims.get("sub"), str):
        raise ProtocolError("invalid_request", "id_token_hint was issued to another client")
    return str(claims["sub"])


def meant_subject(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    values: Mapping[str, str],
    claims: ClaimsRequest,
    *,
    now: datetime,
) -> str | None:
    """Return whom a hint or a claim says the client expects. Raises ProtocolError if two."""
    hint = hinted_subject(provider, session, client, values, now=now)
    wanted = claims.subject()
    if hint is not None and wanted is not None and hint != wanted:
        raise ProtocolError("invalid_request", "id_token_hint and claims name different subjects")
    return hint or wanted
