"""Sign the ledger's checkpoints with the provider's key, and read them again."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from audit import sealing, trail_sealing, verifying
from idp.keys import Keys
from idp.signing import LocalSigner, SignatureInvalid, Signer, read_keys, read_signed
from kernel.db import Json, Sessions, transaction

ALG = "ES256"


def seal(
    make: Sessions,
    keys: Keys,
    *,
    issuer: str,
    now: datetime,
    rounds: int | None = None,
    over: AbstractSet[str] = frozenset(),
) -> int:
    """Chain and sign what was written since; return how many lines (at most `rounds` batches).

    Raises NotOurs if no key of ours signed the last checkpoint, and its fingerprint is not one of
    `over`.
    """
    with transaction(make) as session:
        signer = keys.signer(session, now=now)
    return sealing.seal(make, signing=_signing(signer, issuer, over), now=now, rounds=rounds)


def seal_trail(
    make: Sessions,
    keys: Keys,
    *,
    issuer: str,
    now: datetime,
    rounds: int | None = None,
    over: AbstractSet[str] = frozenset(),
) -> int:
    """Chain and sign what was added to the trail since; return how many entries.

    Raises NotOurs as `seal` does.
    """
    with transaction(make) as session:
        signer = keys.signer(session, now=now)
    return trail_sealing.seal(make, signing=_signing(signer, issuer, over), now=now, rounds=rounds)


def _signing(signer: LocalSigner, issuer: str, over: AbstractSet[str]) -> sealing.Signing:
    ours = _checking_held(signer, present=False)

    def check(signed: str) -> Json | None:
        return verifying.said(signed) if sealing.fingerprint(signed) in over else ours(signed)

    return sealing.Signing(
        sign=signing_with(signer, issuer),
        check=check,
        check_present=_checking_held(signer, present=True),
    )


def _checking_held(signer: LocalSigner, *, present: bool) -> sealing.Check:
    jwks = signer.held(ALG, present=present)
    return checking_with(jwks) if jwks["keys"] else lambda _signed: None  # before the first key


def signing_with(signer: Signer, issuer: str) -> sealing.Sign:
    """Return what signs a checkpoint in the name of `issuer`."""

    def sign(words: Json) -> str:
        return signer.sign({"iss": issuer, **words}, alg=ALG, typ=sealing.TYP)

    return sign


def checking_with(jwks: object) -> sealing.Check:
    """Return what reads a checkpoint signed by one of `jwks`. Raises SignatureInvalid."""
    keys = read_keys(jwks)

    def check(signed: str) -> Json | None:
        try:
            return read_signed(signed, keys, typ=sealing.TYP)
        except SignatureInvalid:
            return None

    return check
