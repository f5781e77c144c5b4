"""Keep the provider's keys: next, active, retiring, so that rotation never breaks a cached JWKS.

The worker rotates them by the calendar (docs/decisions/0069).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from idp.models import KeyState, PublishedKey, SigningKey
from idp.signing import (
    ALGORITHMS,
    LocalSigner,
    Private,
    SigningKeyPair,
    Token,
    load_key,
    new_key,
)
from kernel.db import changed, insert_once
from kernel.keyring import Keyring
from kernel.prebuilt import Prebuilt, Row

FRESH = timedelta(seconds=1)
_PUBLISHED = Prebuilt(
    select(
        SigningKey.kid,
        SigningKey.alg,
        SigningKey.state,
        SigningKey.private_sealed,
        SigningKey.public_jwk,
    ).order_by(SigningKey.alg, SigningKey.created_at)
)
RETIREMENT = timedelta(days=2)  # longer than any id_token lives and any JWKS is cached
ANNOUNCEMENT = timedelta(hours=1)  # longer than any JWKS is cached, clocks that differ included


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long a key signs, and how long it is published afterwards."""

    active: timedelta = timedelta(days=90)
    retiring: timedelta = RETIREMENT


def ensure(
    session: Session, keyring: Keyring, *, token: Token | None = None, now: datetime
) -> None:
    """Make what is missing: for each algorithm one active key and one published beforehand.

    With a `token` keys are made there, and stay.
    """
    for alg in ALGORITHMS:
        _complete(session, keyring, alg, token=token, now=now)


def _complete(
    session: Session, keyring: Keyring, alg: str, *, token: Token | None, now: datetime
) -> None:
    present = set(session.scalars(select(SigningKey.state).where(SigningKey.alg == alg)))
    for state in (KeyState.ACTIVE, KeyState.NEXT):
        if state not in present:
            _add(session, keyring, alg, state, token=token, now=now)


def keep(
    session: Session,
    keyring: Keyring,
    alg: str,
    *,
    schedule: Schedule,
    token: Token | None = None,
    now: datetime,
) -> bool:
    """Make the keys of `alg` that are missing, rotate if it is time; say whether it was."""
    _complete(session, keyring, alg, token=token, now=now)
    active = _active(session, alg)
    if active is None or active.activated_at + schedule.active > now:
        return False
    if not is_announced(session, alg, now=now):
        return False
    return _succeed(session, keyring, active, retirement=schedule.retiring, token=token, now=now)


def _active(session: Session, alg: str) -> Row | None:
    return session.execute(
        select(SigningKey.kid, SigningKey.alg, SigningKey.activated_at).where(
            SigningKey.alg == alg, SigningKey.state == KeyState.ACTIVE
        )
    ).one_or_none()


def is_announced(session: Session, alg: str, *, now: datetime) -> bool:
    """Say whether whoever caches our JWKS as told knows the next key by now."""
    made = session.scalar(
        select(SigningKey.created_at).where(
            SigningKey.alg == alg, SigningKey.state == KeyState.NEXT
        )
    )
    return made is not None and made + ANNOUNCEMENT <= now


def listed(session: Session) -> Sequence[SigningKey]:
    """Return every key, by algorithm and age."""
    return session.scalars(select(SigningKey).order_by(SigningKey.alg, SigningKey.created_at)).all()


def rotate(
    session: Session,
    keyring: Keyring,
    alg: str,
    *,
    retirement: timedelta = RETIREMENT,
    token: Token | None = None,
    now: datetime,
) -> bool:
    """Let the next key of `alg` sign, keep the present one to verify with, announce a new next.

    Of two workers that try it at once one does it; the other is told False.
    """
    active = _active(session, alg)
    return active is not None and _succeed(
        session, keyring, active, retirement=retirement, token=token, now=now
    )


def withdraw(session: Session, kid: str, *, now: datetime) -> bool:
    """Publish a key no more that signs no more: what it signed is verified nowhere from now on.

    For a key somebody else may know: waiting for its retirement, whoever fetches our keys would
    believe what that person signs. `PublishedKey` stays, so that the ledger can be verified and
    whom the key touched be found.
    """
    gone = session.execute(
        delete(SigningKey)
        .where(SigningKey.kid == kid, SigningKey.state == KeyState.RETIRING)
        .returning(SigningKey.activated_at)
    ).one_or_none()
    if gone is None:
        return False
    _keep_span(session, kid, gone.activated_at, until=now)
    return True


def _keep_span(session: Session, kid: str, since: datetime, *, until: datetime) -> None:
    session.execute(
        update(PublishedKey)
        .where(PublishedKey.kid == kid)
        .values(activated_at=since, retires_at=until)
    )


def span(session: Session, kid: str) -> tuple[datetime, datetime | None] | None:
    """Return from when until when what a key signs is believed; None for one there never was.

    Clients believe it from its announcement on, long before we sign with it ourselves.
    """
    key = session.get(SigningKey, kid) or session.get(PublishedKey, kid)
    return None if key is None else (key.created_at, key.retires_at)


def _succeed(
    session: Session,
    keyring: Keyring,
    active: Row,
    *,
    retirement: timedelta,
    token: Token | None,
    now: datetime,
) -> bool:
    """Replace just this key: whoever judged it by its age must not replace its successor."""
    alg = active.alg
    retiring = (
        update(SigningKey)
        .where(SigningKey.kid == active.kid, SigningKey.state == KeyState.ACTIVE)
        .values(state=KeyState.RETIRING, retires_at=now + retirement)
    )
    if changed(session.execute(retiring)) != 1:
        return False
    _keep_span(session, active.kid, active.activated_at, until=now + retirement)
    session.execute(
        update(SigningKey)
        .where(SigningKey.alg == alg, SigningKey.state == KeyState.NEXT)
        .values(state=KeyState.ACTIVE, activated_at=now)
    )
    session.execute(
        delete(SigningKey).where(
            SigningKey.state == KeyState.RETIRING, SigningKey.retires_at <= now
        )
    )
    session.flush()
    session.expire_all()
    _complete(session, keyring, alg, token=token, now=now)
    return True


def _add(
    session: Session,
    keyring: Keyring,
    alg: str,
    state: KeyState,
    *,
    token: Token | None,
    now: datetime,
) -> None:
    key = new_key(alg) if token is None else token.make(alg)
    kid = key.thumbprint()
    published = {
        "kid": kid,
        "alg": alg,
        "public_jwk": key.as_dict(private=False),
        "created_at": now,
    }
    kept = {
        **published,
        "state": state,
        "private_sealed": None if token is not None else _sealed(keyring, key, kid),
        "activated_at": now if state is KeyState.ACTIVE else None,
    }
    if insert_once(session, SigningKey, kept):  # else another process was quicker
        insert_once(session, PublishedKey, published)


def _sealed(keyring: Keyring, key: Private, kid: str) -> bytes:
    private = json.dumps(key.as_dict(private=True)).encode()
    return keyring.seal(private, place=f"signing_key/{kid}")


def ever_published(session: Session, alg: str) -> list[dict[str, Any]]:
    """Return every public key of `alg` we ever signed with: receipts outlive their keys."""
    rows = session.scalars(
        select(PublishedKey).where(PublishedKey.alg == alg).order_by(PublishedKey.created_at)
    )
    return [{**row.public_jwk, "kid": row.kid, "alg": row.alg, "use": "sig"} for row in rows]


class Keys:
    """The keys as this process knows them; a rotation elsewhere is seen within one second."""

    def __init__(
        self, keyring: Keyring, *, token: Token | None = None, fresh: timedelta = FRESH
    ) -> None:
        """Open keys with `keyring` or use those of `token`; read them again when not `fresh`."""
        self._keyring = keyring
        self._token = token
        self._fresh = fresh
        self._loaded: tuple[datetime, tuple[tuple[str, KeyState], ...], LocalSigner] | None = None

    def signer(self, session: Session, *, now: datetime) -> LocalSigner:
        """Return a signer over the keys published at `now`."""
        loaded = self._loaded
        if loaded is not None and timedelta(0) <= now - loaded[0] < self._fresh:
            return loaded[2]
        session.flush()  # the statement sees what the ORM has written, not what it still holds
        rows = _PUBLISHED.all(session, {})
        version = tuple((row.kid, row.state) for row in rows)
        if loaded is not None and loaded[1] == version:
            signer = loaded[2]
        else:
            signer = LocalSigner(self._open(row) for row in rows)
        self._loaded = (now, version, signer)
        return signer

    def _open(self, row: Row) -> SigningKeyPair:
        if row.private_sealed is None:
            return self._in_token(row)
        private = self._keyring.unseal(row.private_sealed, place=f"signing_key/{row.kid}")
        key = load_key(row.alg, {**json.loads(private), "kid": row.kid})
        return SigningKeyPair(row.kid, row.alg, active=row.state is KeyState.ACTIVE, key=key)

    def _in_token(self, row: Row) -> SigningKeyPair:
        """Return a key that only the token can use; without one, it still verifies."""
        token, key = self._token, load_key(row.alg, {**row.public_jwk, "kid": row.kid})
        is_active = row.state is KeyState.ACTIVE and token is not None
        signs = None if token is None else partial(token.sign, row.kid, row.alg)
        return SigningKeyPair(row.kid, row.alg, active=is_active, key=key, signs=signs)
