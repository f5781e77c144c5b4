"""Checkpoints of the ledger, signed and read with the provider's keys."""

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import update

from audit import sealing, trail
from idp import checkpoints, keys
from idp.keys import Keys
from idp.models import SigningKey
from idp.signing import LocalSigner, Private, SignatureInvalid, SigningKeyPair, new_key
from kernel.db import Sessions, transaction
from kernel.settings import SettingsInvalid
from kernel.tokens import KeyAbsent
from tests.make import KEYRING, NOON

KEY = ECKey.generate_key("P-256", private=True)
SIGNER = LocalSigner([SigningKeyPair(KEY.thumbprint(), "ES256", active=True, key=KEY)])


def test_a_checkpoint_is_read_with_the_keys_it_was_signed_with() -> None:
    signed = SIGNER.sign({"root": "abc"}, alg="ES256", typ=sealing.TYP)

    assert checkpoints.checking_with(SIGNER.jwks)(signed) == {"root": "abc"}


def test_a_token_made_for_another_use_is_no_checkpoint() -> None:
    assert checkpoints.checking_with(SIGNER.jwks)(SIGNER.sign({}, alg="ES256")) is None


@pytest.mark.parametrize("jwks", [None, [], "keys", {}, {"keys": None}, {"keys": [{"kty": "?"}]}])
def test_what_is_no_set_of_keys_reads_nothing(jwks: object) -> None:
    with pytest.raises(SignatureInvalid):
        checkpoints.checking_with(jwks)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_before_there_is_a_key_there_is_nothing_to_seal(sessions: Sessions) -> None:
    for seal in (checkpoints.seal, checkpoints.seal_trail):
        assert seal(sessions, Keys(KEYRING), issuer="https://id.example.org", now=NOON) == 0


class Failing:
    """A token that signs nothing, for this reason."""

    def __init__(self, why: Exception) -> None:
        self._why = why

    def make(self, alg: str) -> Private:
        return new_key(alg)

    def sign(self, kid: str, alg: str, message: bytes) -> bytes:
        raise self._why


@pytest.mark.clause("9")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("why", "told"),
    [
        (SettingsInvalid("token: cannot sign (NoSuchToken)"), SettingsInvalid),
        (KeyAbsent("token: cannot sign (NoSuchKey)"), sealing.NotOurs),
    ],
)
def test_a_token_that_is_away_is_told_as_that_and_not_as_somebody_elses_signature(
    sessions: Sessions, why: Exception, told: type[Exception]
) -> None:
    with transaction(sessions) as session:
        keys.ensure(session, KEYRING, now=NOON)
        trail.record(session, "officer.appointed", actor=None, now=NOON)
    checkpoints.seal_trail(sessions, Keys(KEYRING), issuer="https://id.example.org", now=NOON)
    with transaction(sessions) as session:  # as if they had been made in the token
        session.execute(update(SigningKey).values(private_sealed=None))
    in_token = Keys(KEYRING, token=Failing(why))

    with pytest.raises(told) as failed:
        checkpoints.seal_trail(sessions, in_token, issuer="https://id.example.org", now=NOON)

    assert failed.type is told
