"""Keep the provider's keys: next, active, retiring, so that rotation never breaks a cached JWKS."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from idp.models import KeyState, PublishedKey, SigningKey
from idp.signing import ALGORITHMS, LocalSigner, SigningKeyPair, load_key, new_key
from kernel.keyring import Keyring
from kernel.prebuilt import Prebuilt, Row

FRESH = timedelta(seconds=1)
_PUBLISHED = Prebuilt(
    select(SigningKey.kid, SigningKey.alg, SigningKey.state, SigningKey.private_sealed).order_by(
        SigningKey.alg, SigningKey.created_at
    )
)
RETIREMENT = timedelta(days=2)  # longer than any id_token lives and any JWKS is cached


def ensure(session: Session, keyring: Keyring, *, now: datetime) -> None:
    """Make what is missing: for each algorithm one active key and one published beforehand."""
    present = {(key.alg, key.state) for key in listed(session)}
    for alg in ALGORITHMS:
        for state in (KeyState.ACTIVE, KeyState.NEXT):
            if (alg, state) not in present:
                _add(session, keyring, alg, state, now=now)


def listed(session: Session) -> Sequence[SigningKey]:
    """Return every key, by algorithm and age."""
    return session.scalars(select(SigningKey).order_by(SigningKey.alg, SigningKey.created_at)).all()


def rotate(session: Session, keyring: Keyring, alg: str, *, now: datetime) -> None:
    """Let the next key of `alg` sign, keep the present one to verify with, announce a new next."""
    session.execute(
        update(SigningKey)
        .where(SigningKey.alg == alg, SigningKey.state == KeyState.ACTIVE)
        .values(state=KeyState.RETIRING, retires_at=now + RETIREMENT)
    )
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
    ensure(session, keyring, now=now)


def _add(session: Session, keyring: Keyring, alg: str, state: KeyState, *, now: datetime) -> None:
    key = new_key(alg)
    kid = key.thumbprint()
    private = json.dumps(key.as_dict(private=True)).encode()
    session.add(
        SigningKey(
            kid=kid,
            alg=alg,
            state=state,
            public_jwk=key.as_dict(private=False),
            private_sealed=keyring.seal(private, place=f"signing_key/{kid}"),
            created_at=now,
            activated_at=now if state is KeyState.ACTIVE else None,
        )
    )
    session.add(
        PublishedKey(kid=kid, alg=alg, public_jwk=key.as_dict(private=False), created_at=now)
    )
    session.flush()


def ever_published(session: Session, alg: str) -> list[dict[str, Any]]:
    """Return every public key of `alg` we ever signed with: receipts outlive their keys."""
    rows = session.scalars(
        select(PublishedKey).where(PublishedKey.alg == alg).order_by(PublishedKey.created_at)
    )
    return [{**row.public_jwk, "kid": row.kid, "alg": row.alg, "use": "sig"} for row in rows]


class Keys:
    """The keys as this process knows them; a rotation elsewhere is seen within one second."""

    def __init__(self, keyring: Keyring, *, fresh: timedelta = FRESH) -> None:
        """Open keys with `keyring`, read them again when older than `fresh`."""
        self._keyring = keyring
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
        private = self._keyring.unseal(row.private_sealed, place=f"signing_key/{row.kid}")
        key = load_key(row.alg, {**json.loads(private), "kid": row.kid})
        return SigningKeyPair(row.kid, row.alg, active=row.state is KeyState.ACTIVE, key=key)
