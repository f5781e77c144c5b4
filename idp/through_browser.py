"""Give tokens through the browser, to clients registered for it (OIDC Core 3.2, 3.3).

What leaves in such an id_token is asked of consent and written to the ledger like everything else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from pyop.access_token import AccessToken
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.response_types import CODE
from consent.catalogue import claims_of_scopes
from consent.rules import Decided
from idp import encryption, statements
from idp.errors import AuthorizationRefused, ProtocolError
from idp.narrowing import Wish
from idp.provider import Provider
from idp.released import ReleasedClaims
from idp.requests import AuthorizationRequest
from idp.state import GrantState, NewGrant
from kernel.ids import new_secret
from kernel.keyring import Keyring


class _NewGrant(GrantState):
    """A grant that exists before its response is put together, so that tokens can hang on it."""

    def __init__(
        self,
        session: Session,
        provider: Provider,
        client: RegisteredClient,
        new: NewGrant,
        decisions: Iterable[Decided],
        *,
        now: datetime,
    ) -> None:
        super().__init__(
            session,
            lifetimes=provider.lifetimes,
            now=now,
            client_id=new.client_id,
            new_grant=new,
            wish=Wish(issuer=provider.issuer, client=client),
        )
        self._code = new_secret()
        row = self._row_of(new, self._code)
        statements.INSERT_GRANT.write(session, row)
        self._grant = SimpleNamespace(**row)
        self._decisions = tuple(decisions)

    def create_authorization_code(self, *_asked: object, **_more: object) -> str:
        """Return the code of the grant; where none is asked for, nobody ever holds it."""
        return self._code

    def create_access_token(self, *_asked: object, **_more: object) -> AccessToken:
        """Issue an access token alone: a refresh token never comes through a browser."""
        return self._issue(" ".join(self.grant.request["scope"]))


class _Released(ReleasedClaims):
    """What may stand in the id_token; alone, it brings what the scopes bundle (Core 5.4)."""

    alone: frozenset[str] = frozenset()

    def get_claims_for(self, user_id: str, requested_claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return the claims that may leave now."""
        return super().get_claims_for(
            user_id, {**dict.fromkeys(sorted(self.alone)), **requested_claims}
        )

    def __getitem__(self, user_id: str) -> dict[str, str]:
        """Tell pyop nothing of a member when it makes a code or a token."""
        return {}


def ready(
    provider: Provider, session: Session, request: AuthorizationRequest, *, now: datetime
) -> AuthorizationRequest:
    """Return a request whose client has at hand what its tokens are encrypted with.

    To be called before anything is written: the client's site may be slow (decision 0067).
    """
    client = request.client
    if request.response_type == CODE:
        return request
    how = client.id_token_encryption
    client = encryption.with_keys(provider.client_keys, session, client, how, now=now)
    return replace(request, client=client)


def respond(
    provider: Provider,
    session: Session,
    request: AuthorizationRequest,
    new: NewGrant,
    decisions: Iterable[Decided],
    *,
    keyring: Keyring,
    now: datetime,
) -> dict[str, str]:
    """Create a grant and return the response with everything its type names.

    The request was made `ready`. Raises AuthorizationRefused if the tokens cannot be made as the
    client registered them.
    """
    try:
        told = _made(provider, session, request, new, decisions, keyring=keyring, now=now)
    except ProtocolError as error:
        raise AuthorizationRefused(error.error, error.description, to=request.to) from error
    return {name: str(value) for name, value in told.items()}


def _made(
    provider: Provider,
    session: Session,
    request: AuthorizationRequest,
    new: NewGrant,
    decisions: Iterable[Decided],
    *,
    keyring: Keyring,
    now: datetime,
) -> dict[str, Any]:
    client = request.client
    state = _NewGrant(session, provider, client, new, decisions, now=now)
    state.beside_state = request.to.state
    released = _Released(state, client, keyring=keyring, channel="id_token", relay=provider.relay)
    if request.response_type == "id_token":
        released.alone = claims_of_scopes(request.scopes)
    bound = provider.at_work(state, released, client=client)
    return dict(bound.authorize(request.message, str(new.member_id)).to_dict())
