"""pyop's authorization state over SQL, keyed on the Grant, for one request (PYOP 2, 3, 5, 6, 18).

Every look-up is by a unique key. A code is taken by one conditional UPDATE that also hands back
the grant, a refresh token likewise; whoever comes second finds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pyop.access_token import AccessToken
from pyop.authz_state import AuthorizationState
from pyop.message import AuthorizationRequest as Message
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent import ledger
from consent.rules import Decided
from idp import statements
from idp.errors import ProtocolError
from idp.grants import end_one
from idp.id_tokens import Login
from idp.lifetimes import TokenLifetimes
from idp.models import Grant, GrantEnd, Token, TokenKind
from idp.narrowing import DETAILS, EVERYTHING, Wish
from kernel.ids import digest, new_id, new_secret
from kernel.prebuilt import Row

AUTH_TIME = "auth_time"  # in a grant's request: whether it was asked for


@dataclass(frozen=True, kw_only=True)
class NewGrant:
    """What a grant is made of, apart from the request itself."""

    member_id: UUID
    client_id: UUID
    purpose_id: UUID
    session_id: UUID | None
    sub: str
    login: Login
    request: dict[str, Any]


class GrantState(AuthorizationState):  # type: ignore[misc]  # pyop is untyped
    """The grants, codes and tokens one request touches."""

    stateless = False

    def __init__(
        self,
        session: Session,
        *,
        lifetimes: TokenLifetimes,
        now: datetime,
        client_id: UUID | None = None,
        refreshable: bool = False,
        rotates: bool = True,
        confirmation: str | None = None,
        holds_refresh: bool = False,
        new_grant: NewGrant | None = None,
        wish: Wish | None = None,
    ) -> None:
        """Work in `session` for the client with primary key `client_id`.

        `refreshable` says whether the client gets refresh tokens, `rotates` whether each use gives
        a new one. `confirmation` is the key the tokens are held to; `holds_refresh` says whether
        the refresh token is, too (RFC 9449 5). `wish` is what the request narrows tokens to.
        pyop's own constructor would make dictionaries; ours keeps nothing between requests.
        """
        self.session = session
        self.now = now
        self._lifetimes = lifetimes
        self._client_id = client_id
        self._refreshable = refreshable
        self._rotates = rotates
        self.confirmation = confirmation
        self._holds_refresh = holds_refresh
        self._new_grant = new_grant
        self._wish = wish
        self.narrowed = EVERYTHING
        self._grant: Row | None = None
        self._token: Row | None = None
        self._decisions: tuple[Decided, ...] | None = None
        self._refresh_token: str | None = None
        self.scope = ""
        self.beside_state: str | None = None  # what an id_token with a code vouches for

    @property
    def new_sub(self) -> str:
        """Return the name that a new grant's client will know."""
        return self._granting.sub

    @property
    def _granting(self) -> NewGrant:
        if self._new_grant is None:
            raise RuntimeError("nothing to grant")
        return self._new_grant

    @property
    def grant(self) -> Row:
        """Return the grant this request turned out to be about."""
        if self._grant is None:
            raise RuntimeError("no grant was looked up")
        return self._grant

    def decisions(self) -> tuple[Decided, ...]:
        """Return what the grant's member has decided about its purpose, as it stands now."""
        if self._decisions is None:
            grant = self.grant
            self._decisions = ledger.decisions(
                self.session, member_id=grant.member_id, purpose_id=grant.purpose_id
            )
        return self._decisions

    def login(self) -> Login:
        """Return how the member of the grant was identified."""
        grant = self.grant
        return Login(acr=grant.acr, amr=tuple(grant.amr), authenticated_at=grant.authenticated_at)

    def tells_auth_time(self) -> bool:
        """Say whether the client asked when the member was identified."""
        return asked_for_auth_time(self.grant)

    # Codes

    def create_authorization_code(
        self,
        authorization_request: Message,  # noqa: ARG002  # the checked request is in new_grant
        subject_identifier: str,  # noqa: ARG002  # `idp.issue` chose the name
        scope: Sequence[str] | None = None,  # noqa: ARG002
        user_info: object = None,  # noqa: ARG002
        extra_id_token_claims: object = None,  # noqa: ARG002
    ) -> str:
        """Create the grant and return its code, which only the client will ever hold."""
        code = new_secret()
        statements.INSERT_GRANT.write(self.session, self._row_of(self._granting, code))
        return code

    def _row_of(self, new: NewGrant, code: str) -> dict[str, Any]:
        return {
            "id": new_id(),
            "member_id": new.member_id,
            "client_id": new.client_id,
            "purpose_id": new.purpose_id,
            "session_id": new.session_id,
            "sub": new.sub,
            "acr": new.login.acr,
            "amr": list(new.login.amr),
            "authenticated_at": new.login.authenticated_at,
            "created_at": self.now,
            "request": new.request,
            "code_hash": digest(code),
            "code_expires_at": self.now + self._lifetimes.code,
        }

    def get_authorization_request_for_code(self, authorization_code: str) -> Mapping[str, Any]:
        """Take the code and return its request. Raises ProtocolError `invalid_grant`.

        Taken and looked up in one statement: of two requests with one code the database lets
        one pass. If the exchange fails later, the rollback gives the code back.
        """
        hashed = digest(authorization_code)
        taken = statements.TAKE_CODE.one_or_none(
            self.session, {"hashed": hashed, "client": self._client_id, "now": self.now}
        )
        if taken is None:
            raise self._refused_code(authorization_code)
        self._grant = taken
        request: Mapping[str, Any] = taken.request  # pyop reads it like a message of its own
        return request

    def _refused_code(self, code: str) -> ProtocolError:
        found = self.session.execute(
            select(Grant.id, Grant.code_used_at).where(Grant.code_hash == digest(code))
        ).one_or_none()
        if found is None or found.code_used_at is None:
            return ProtocolError("invalid_grant", "the code is unknown, expired or not yours")
        grant_id, now = found.id, self.now
        return ProtocolError(
            "invalid_grant",
            "the code was used before; everything issued for it has ended",
            aftermath=lambda session: end_one(session, grant_id, GrantEnd.CODE_REPLAYED, now=now),
        )

    def get_subject_identifier_for_code(self, authorization_code: str) -> str:  # noqa: ARG002
        """Return the pairwise subject of the grant the code belonged to."""
        return str(self.grant.sub)

    def get_user_id_for_subject_identifier(self, subject_identifier: str) -> str:  # noqa: ARG002
        """Return the member of the grant at hand: no look-up by subject is ever needed (PYOP 6)."""
        return str(self.grant.member_id)

    def exchange_code_for_token(self, authorization_code: str) -> AccessToken:  # noqa: ARG002
        """Issue the first tokens of the grant whose code was taken."""
        return self._issue(" ".join(self.grant.request["scope"]))

    def create_refresh_token(self, access_token_value: str) -> str | None:  # noqa: ARG002
        """Return the refresh token issued beside the access token, if this client gets one."""
        return self._refresh_token

    # Tokens

    def _issue(self, scope: str, *, renewable: str = "") -> AccessToken:
        """Issue tokens for `scope`; the refresh token is good for `renewable`, if that is more."""
        lifetimes, access, refresh = self._lifetimes, new_secret(), None
        wish = self._wish
        self.narrowed = EVERYTHING if wish is None else wish.of(self.session, self.grant)
        rows = [self._row(access, TokenKind.ACCESS, scope, self.now + lifetimes.access)]
        if self._refreshable:
            refresh = new_secret()
            until = self.now + lifetimes.refresh
            rows.append(self._row(refresh, TokenKind.REFRESH, renewable or scope, until))
        self._write_tokens(rows)
        self._refresh_token, self.scope = refresh, scope
        return AccessToken(access, int(lifetimes.access.total_seconds()))

    def _write_tokens(self, rows: list[dict[str, Any]]) -> None:
        if len(rows) == 1:
            statements.INSERT_TOKEN.write(self.session, rows[0])
            return
        both = {
            f"{key}_{number}": row[key]
            for number, row in enumerate(rows)
            for key in statements.TOKEN
        }
        statements.INSERT_TOKENS.write(self.session, both)

    def _row(self, value: str, kind: TokenKind, scope: str, expires_at: datetime) -> dict[str, Any]:
        held, is_access = self.confirmation, kind is TokenKind.ACCESS
        narrowed = self.narrowed if is_access else EVERYTHING
        return {
            "token_hash": digest(value),
            "grant_id": self.grant.id,
            "kind": kind,
            "scope": scope,
            "issued_at": self.now,
            "expires_at": expires_at,
            "confirmation": held if is_access or self._holds_refresh else None,
            "audience": narrowed.audience,
            "details": narrowed.details,
        }

    def use_refresh_token(
        self, refresh_token: str, scope: Sequence[str] | None = None
    ) -> tuple[AccessToken, str | None]:
        """Rotate a refresh token. Raises ProtocolError `invalid_grant` or `invalid_scope`.

        A used token still answers within the grace, inside the one family, so that a lost
        response or two racing tabs log nobody out; later it is taken for stolen and ends the
        family (RFC 9700 4.14.2).
        """
        hashed = digest(refresh_token)
        used = self._use(hashed)
        if used is None:
            raise self._refused_refresh(hashed)
        if used.confirmation not in {None, self.confirmation}:
            raise ProtocolError("invalid_grant", "the refresh token belongs to another key")
        live = statements.LIVE_GRANT.nested(
            self.session, {"grant": used.grant_id, "client": self._client_id}
        )
        if live is None:
            raise ProtocolError("invalid_grant", "the grant has ended or is not yours")
        self._grant, self._decisions = _with_decisions(live)
        self._refreshable = self._rotates
        # The new refresh token keeps the old one's scope, however little was asked (RFC 6749 6).
        access_token = self._issue(_narrowed(used.scope, scope), renewable=used.scope)
        return access_token, self._refresh_token

    def _use(self, hashed: bytes) -> Row | None:
        if not self._rotates:
            return statements.KEEP_REFRESH_TOKEN.one_or_none(
                self.session, {"hashed": hashed, "now": self.now}
            )
        grace = self.now - self._lifetimes.refresh_grace
        return statements.USE_REFRESH_TOKEN.one_or_none(
            self.session, {"hashed": hashed, "now": self.now, "grace": grace}
        )

    def _refused_refresh(self, hashed: bytes) -> ProtocolError:
        reused = self.session.execute(
            select(Token.grant_id)
            .join(Grant, Grant.id == Token.grant_id)
            .where(
                Token.token_hash == hashed,
                Token.kind == TokenKind.REFRESH,
                Token.used_at.is_not(None),
                Grant.client_id == self._client_id,
            )
        ).scalar_one_or_none()
        if reused is None:
            return ProtocolError("invalid_grant", "the refresh token is unknown or expired")
        now = self.now
        return ProtocolError(
            "invalid_grant",
            "the refresh token was replaced long ago; its whole family has ended",
            aftermath=lambda session: end_one(session, reused, GrantEnd.REFRESH_REUSED, now=now),
        )

    def introspect_access_token(self, access_token_value: str) -> dict[str, Any]:
        """Return what is known of a live access token. Raises ProtocolError `invalid_token`."""
        row = self._token or self._look_up(access_token_value)
        return {"active": True, "scope": row.scope, "sub": row.sub}

    def _look_up(self, access_token: str) -> Row:
        found = find_access_token(self.session, access_token, now=self.now)
        if found is None:
            raise ProtocolError(
                "invalid_token", "the access token is unknown or expired", status=401
            )
        row, self._decisions = found
        self._grant = self._token = row  # pyop asks again: one request is about one token
        return row

    def get_authorization_request_for_access_token(
        self,
        access_token_value: str,  # noqa: ARG002
    ) -> Mapping[str, Any]:
        """Return the request the grant of the access token rests on."""
        request: Mapping[str, Any] = self.grant.request
        return request


def asked_for_auth_time(grant: Row) -> bool:
    """Say whether the grant's request asked for `auth_time`.

    Nobody else is told: one second of one login is the same for every client (10(3)).
    """
    return bool(grant.request.get(AUTH_TIME))


def told_details(grant: Row, fewer: list[dict[str, str]] | None) -> dict[str, Any]:
    """Return what was agreed beside claims, as tokens and introspection tell it (RFC 9396 7, 9).

    `fewer` is what a token was narrowed to.
    """
    agreed = grant.request.get(DETAILS) if fewer is None else fewer
    return {DETAILS: agreed} if agreed else {}


def _narrowed(granted: str, wanted: Sequence[str] | None) -> str:
    """Return the scope of the new tokens: what was granted, or less (RFC 6749 6)."""
    if not wanted:
        return granted
    if not set(wanted) <= set(granted.split()):
        raise ProtocolError("invalid_scope", "a refresh cannot widen the scope")
    return " ".join(dict.fromkeys(wanted))


def find_access_token(
    session: Session, value: str, *, now: datetime
) -> tuple[Row, tuple[Decided, ...]] | None:
    """Return a live access token with its live grant and member, and what the member decided.

    One statement; None if there is no such token.
    """
    found = statements.ACCESS_TOKEN.nested(session, {"hashed": digest(value), "now": now})
    return None if found is None else _with_decisions(found)


def _with_decisions(found: tuple[Row, list[Row]]) -> tuple[Row, tuple[Decided, ...]]:
    grant, rows = found
    return grant, ledger.decided(rows, purpose_id=grant.purpose_id)
