"""pyop's provider, met at its seams: own order of checks, own state, own signatures.

pyop keeps the flows (parsing and verifying messages, the code exchange, refreshing, userinfo).
What PYOP.md found wanting is replaced here and in `state`, nowhere else.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID

from jwkest import JWKESTException
from oic.exception import PyoidcError
from pyop.exceptions import OAuthError
from pyop.message import AuthorizationRequest as Message
from pyop.provider import Provider as PyopProvider
from sqlalchemy.orm import Session

from clients.certificates import NOBODY, Authorities
from clients.directory import Directory, RegisteredClient
from clients.keys import KeySource
from consent.derived import NO_RELAY, Relay
from idp import claims_parameter, encryption, strength
from idp.discovery import metadata
from idp.errors import ProtocolError
from idp.id_tokens import Login, id_token_claims
from idp.keys import Keys
from idp.lifetimes import TokenLifetimes
from idp.nonces import Nonces
from idp.pkce import require_verifier
from idp.possession import require_same
from idp.request_uris import RequestUris
from idp.session_names import SessionNames
from idp.state import GrantState
from idp.subjects import Subjects
from kernel.prebuilt import Row

# What pyop, oic and pyjwkest raise when they say so.
DECLARED_ERRORS = (PyoidcError, JWKESTException, OAuthError)
# Everything they were seen to raise while reading hostile messages (PYOP 9). Only around reading:
# anywhere else a KeyError is a bug of ours and must not look like the client's.
READING_ERRORS = (
    *DECLARED_ERRORS,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
)
WANTED_BY_PYOP = frozenset(
    "response_type client_id redirect_uri scope state nonce display prompt max_age ui_locales "
    "login_hint acr_values claims code_challenge code_challenge_method response_mode".split()
)


class ClaimsSource(Protocol):
    """What pyop asks for a member's claims; ours applies consent (PYOP 13)."""

    def get_claims_for(self, user_id: str, requested_claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return the claims that may leave now."""
        ...


class Provider(PyopProvider):  # type: ignore[misc]  # pyop is untyped
    """The protocol engine of one process. `at_work` gives a copy for one request."""

    def __init__(
        self,
        *,
        issuer: str,
        directory: Directory,
        client_keys: KeySource,
        request_uris: RequestUris,
        keys: Keys,
        subjects: Subjects,
        session_names: SessionNames,
        lifetimes: TokenLifetimes,
        acr_values: frozenset[str] = frozenset(),
        relay: Relay = NO_RELAY,
        mtls_front: str = "",
        authorities: Authorities = NOBODY,
        nonces: Nonces | None = None,
        hybrid: bool = False,
    ) -> None:
        """Put the parts together; the metadata are those of `discovery`.

        Clients show certificates at `mtls_front`; `authorities` vouch for them (RFC 8705). With
        `nonces`, a proof must hold one of them (RFC 9449 8). `hybrid` says that there may be
        clients whose tokens come through the browser.
        """
        # pyop insists on https even for the demonstration on loopback; `kernel.settings` has
        # already refused every other http issuer.
        secure = "https://" + issuer.partition("://")[2]
        super().__init__(
            signing_key=None,
            configuration_information=metadata(secure, acr_values=acr_values),
            authz_state=None,
            clients={},
            userinfo={},
        )
        self.metadata = metadata(
            issuer,
            acr_values=acr_values,
            mtls_front=mtls_front,
            vouched=bool(authorities),
            hybrid=hybrid,
        )
        self.issuer = issuer
        self.directory = directory
        self.client_keys = client_keys
        self.request_uris = request_uris
        self.keys = keys
        self.subjects = subjects
        self.session_names = session_names
        self.lifetimes = lifetimes
        self.relay = relay
        self.mtls_front = mtls_front
        self.authorities = authorities
        self.nonces = nonces
        self.client: RegisteredClient | None = None

    def at_work(
        self,
        state: GrantState,
        userinfo: ClaimsSource | Mapping[str, Mapping[str, Any]],
        *,
        client: RegisteredClient | None = None,
    ) -> Self:
        """Return this provider bound to the state of one request.

        `userinfo` is a mapping by member when a code is made, a source when claims go out.
        """
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__)  # what copy.copy does, at a tenth of the cost
        bound.authz_state = state
        bound.stateless = False
        bound.userinfo = userinfo
        bound.client = client
        bound.clients = {} if client is None else {client.client_id: {}}
        return bound

    def read_message(self, parameters: Mapping[str, Any]) -> Message:
        """Return pyop's reading of an authorization request.

        Client and redirect URI are already verified (PYOP 16), so pyop's validators for them
        do not run again. Raises ProtocolError for whatever pyop cannot read.
        """
        known = {name: value for name, value in parameters.items() if name in WANTED_BY_PYOP}
        try:
            # pyop wants a nonce with every token, Core only with an id_token: `authorize` looked.
            message = Message().from_dict({"nonce": "none", **known})
            message.verify()
            if "nonce" not in known:
                del message["nonce"]
        except READING_ERRORS as error:
            raise ProtocolError("invalid_request", _kind(error)) from error
        return message

    def _create_subject_identifier(
        self,
        user_id: str,
        client_id: str,  # pyop's signature
        redirect_uri: str,
    ) -> str:
        del user_id, client_id, redirect_uri
        state: GrantState = self.authz_state
        return state.new_sub  # `idp.issue` chose the name

    def _check_subject_identifier_matches_requested(
        self, authentication_request: Message, sub: str
    ) -> None:
        # `idp.interaction` compared them; pyop takes {"value": sub} for another subject.
        del authentication_request, sub

    def _verify_client_authentication(
        self,
        request_body: Mapping[str, str],
        http_headers: object = None,  # noqa: ARG002
    ) -> dict[str, str]:
        # `idp.token` authenticated the client before pyop saw the request (PYOP 8).
        return {**request_body, "client_id": self._working_for().client_id}

    def _verify_code_exchange_req(
        self, token_request: Mapping[str, str], authentication_request: Mapping[str, str]
    ) -> None:
        if token_request.get("redirect_uri") != authentication_request["redirect_uri"]:
            raise ProtocolError("invalid_grant", "redirect_uri is not the one of the request")
        require_verifier(
            token_request.get("code_verifier"), authentication_request.get("code_challenge")
        )
        state: GrantState = self.authz_state
        require_same(authentication_request.get("dpop_jkt"), state.confirmation)

    def _create_signed_id_token(  # noqa: PLR0917  # pyop's signature
        self,
        client_id: str,
        sub: str,
        user_claims: Mapping[str, Any] | None = None,
        nonce: str | None = None,
        authorization_code: str | None = None,
        access_token_value: str | None = None,
        extra_id_token_claims: object = None,  # noqa: ARG002
    ) -> str:
        state: GrantState = self.authz_state
        client = self._working_for()
        claims = id_token_claims(
            issuer=self.issuer,
            client_id=client_id,
            sub=sub,
            login=self._told(state.login(), state.grant, client),
            tells_auth_time=state.tells_auth_time(),
            nonce=nonce,
            access_token=access_token_value,
            code=authorization_code,
            state=state.beside_state if authorization_code else None,
            sid=self._sid(client, state.grant),
            lifetime=self.lifetimes.id_token,
            alg=client.id_token_alg,
            now=state.now,
        )
        signer = self.keys.signer(state.session, now=state.now)
        signed = signer.sign({**(user_claims or {}), **claims}, alg=client.id_token_alg)
        if client.id_token_encryption is None:
            return signed
        return encryption.sealed(signed, client, client.id_token_encryption, nested=True)

    def _told(self, login: Login, grant: Row, client: RegisteredClient) -> Login:
        """Return the login as this client asked for it; what it is worth stays with the grant."""
        demanded = claims_parameter.kept(grant.request).essential_acr()
        purpose = client.find_purpose_by_id(grant.purpose_id)
        least = None if purpose is None else purpose.least_acr
        return replace(login, acr=strength.told(login.acr, demanded, least=least))

    def _sid(self, client: RegisteredClient, grant: Row) -> str | None:
        """Return the client's name for the grant's session, if it is told where sessions end."""
        if not client.hears_of_logouts or grant.session_id is None:
            return None
        return self.session_names.sid(grant.session_id, client_id=client.id, sub=grant.sub)

    def _working_for(self) -> RegisteredClient:
        if self.client is None:
            raise RuntimeError("the provider is not at work for a client")
        return self.client

    def sub_of(self, member_id: UUID, client: RegisteredClient) -> str:
        """Return the name `client` knows a member by."""
        return self.subjects.of(member_id, client.sector)

    def find_client(
        self, session: Session, client_id: str, *, now: datetime
    ) -> RegisteredClient | None:
        """Return the client in force under this `client_id`."""
        return self.directory.find(session, client_id, now=now)


def _kind(error: Exception) -> str:
    # The library's own text may quote the request; its class says enough to a developer.
    return f"the request is malformed ({type(error).__name__})"
