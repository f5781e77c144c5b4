"""Checkpoints of the ledger, signed and read with the provider's keys."""

import pytest
from joserfc.jwk import ECKey

from audit import sealing
from idp import checkpoints
from idp.keys import Keys
from idp.signing import LocalSigner, SignatureInvalid, SigningKeyPair
from kernel.db import Sessions
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
    keys = Keys(KEYRING)

    for seal in (checkpoints.seal, checkpoints.seal_trail):
        assert seal(sessions, keys, issuer="https://id.example.org", now=NOON) == 0
