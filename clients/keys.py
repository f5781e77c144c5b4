"""Know the keys a client signs with: registered ones, or those it publishes itself.

A signature with a key we do not know may mean that the client has changed its keys (OIDC Core
10.1.1), and is also what anybody can send. So the right to look again is taken by one conditional
statement: once in a while for each client, over all workers. No transaction is open and no row
locked while a stranger's server thinks, and a client with registered keys never waits for one.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.encryption import find_key
from clients.fetching import Call, fetched
from clients.models import FetchedKeys
from kernel import compact
from kernel.db import Json, Sessions, changed, insert_once, transaction
from kernel.prebuilt import Prebuilt, Row

NONE: Json = {"keys": []}
PAUSE = timedelta(seconds=20)  # between two looks at a client's site
FRESH = timedelta(hours=1)  # after that they are fetched again, known or not
LONGEST = timedelta(days=1)  # a site that is away does not keep a withdrawn key alive
MOST_KEYS = 20
SMALLEST_MODULUS = 2048  # bits
PUBLIC = frozenset("kty kid use alg crv x y n e".split())
KINDS: Mapping[str, type[ECKey | RSAKey | OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_KEPT = Prebuilt(
    select(
        FetchedKeys.uri, FetchedKeys.document, FetchedKeys.fetched_at, FetchedKeys.tried_at
    ).where(FetchedKeys.client_id == bindparam("key"))
)


class KeySource(Protocol):
    """Where the keys come from that a client's signatures are checked with."""

    def of(self, session: Session, client: RegisteredClient, signed: str, *, now: datetime) -> Json:
        """Return the JWKS to check `signed` (a compact JWS) with."""
        ...

    def to_encrypt(
        self, session: Session, client: RegisteredClient, alg: str, *, now: datetime
    ) -> Json:
        """Return the JWKS among which `alg` finds a key to encrypt for, if there is one."""
        ...


class ClientKeys:
    """The keys of all clients, as one process of ours comes to know them."""

    def __init__(self, sessions: Sessions, call: Call) -> None:
        """Keep what is fetched with `call` in the database behind `sessions`."""
        self._sessions = sessions
        self._call = call

    def of(self, session: Session, client: RegisteredClient, signed: str, *, now: datetime) -> Json:
        """Return the registered keys, or those the client publishes, fetched if need be."""
        kid = kid_of(signed)
        return self._found(session, client, lambda keys: _has(keys, kid), now=now)

    def to_encrypt(
        self, session: Session, client: RegisteredClient, alg: str, *, now: datetime
    ) -> Json:
        """Return the same keys, looking anew if none of those known fits `alg`."""
        return self._found(session, client, lambda keys: find_key(keys, alg) is not None, now=now)

    def _found(
        self,
        session: Session,
        client: RegisteredClient,
        suffices: Callable[[Json], bool],
        *,
        now: datetime,
    ) -> Json:
        if client.jwks_uri is None:
            return client.jwks or NONE
        known = _KEPT.one_or_none(session, {"key": client.id})
        kept = _kept(known, client.jwks_uri, now=now)
        if kept is not None and now - kept.fetched_at < FRESH and suffices(kept.document):
            return _document(kept)
        if _is_due(known, client.jwks_uri, now=now) and self._may_look(
            client, client.jwks_uri, now=now
        ):
            found = read(fetched(self._call, client.jwks_uri))
            if found is not None:
                self._keep(client, found, now=now)
                return found
        return NONE if kept is None else _document(kept)

    def _may_look(self, client: RegisteredClient, uri: str, *, now: datetime) -> bool:
        """Take the right to look at the client's site; of all who want it at once, one gets it."""
        first = {"client_id": client.id, "uri": uri, "tried_at": now}
        with transaction(self._sessions) as session:
            if insert_once(session, FetchedKeys, first):
                return True
            due = or_(FetchedKeys.tried_at <= now - PAUSE, FetchedKeys.uri != uri)
            moved = session.execute(
                update(FetchedKeys)
                .where(FetchedKeys.client_id == client.id, due)
                .values(tried_at=now, uri=uri)
            )
            return changed(moved) == 1

    def _keep(self, client: RegisteredClient, document: Json, *, now: datetime) -> None:
        with transaction(self._sessions) as session:
            session.execute(
                update(FetchedKeys)
                .where(FetchedKeys.client_id == client.id, FetchedKeys.uri == client.jwks_uri)
                .values(document=document, fetched_at=now)
            )


def _kept(row: Row | None, uri: str, *, now: datetime) -> Row | None:
    """Return what was fetched last, if it came from where the client publishes now."""
    if row is None or row.uri != uri or row.fetched_at is None:
        return None
    return row if now - row.fetched_at < LONGEST else None


def _is_due(row: Row | None, uri: str, *, now: datetime) -> bool:
    """Say whether it is worth asking for the right to look.

    Who has looked already in this request, and writes by now, must not ask again: on SQLite the
    statement would wait for a lock that its own request holds.
    """
    return row is None or row.uri != uri or row.tried_at <= now - PAUSE


def _document(row: Row) -> Json:
    document: Json = row.document
    return document


def _has(document: Json, kid: str | None) -> bool:
    return kid is None or any(key.get("kid") == kid for key in document["keys"])


def kid_of(signed: str) -> str | None:
    """Return the name of the key that a compact JWS says it was signed with."""
    try:
        kid = compact.unverified(signed, compact.HEADER).get("kid")
    except ValueError:
        return None
    return kid if isinstance(kid, str) else None


def read(body: bytes | None) -> Json | None:
    """Return the keys of a JWKS that we could use; None if it is no JWKS.

    What we do not understand is passed over (RFC 7517 5): one strange key must not make a client
    of ten good ones a stranger.
    """
    if body is None:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        return None
    return {"keys": [_public(key) for key in keys[:MOST_KEYS] if is_usable(key)]}


def is_usable(key: object) -> bool:
    """Say whether this is a public key of a kind we know, long enough, and kept apart."""
    if not isinstance(key, dict) or "d" in key:
        return False
    if not all(isinstance(value, str) for value in _public(key).values()):
        return False
    if key.get("kty") not in KINDS:
        return False
    if key["kty"] == "RSA" and len(key.get("n", "")) * 6 < SMALLEST_MODULUS:  # base64url
        return False
    try:
        KINDS[key["kty"]].import_key(_public(key))
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def _public(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name in PUBLIC}
