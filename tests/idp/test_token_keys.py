"""Signing keys that stay in a PKCS#11 token: made there, used there, by each process of its own."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import KeySet
from joserfc.jwt import decode
from pkcs11 import Attribute, ObjectClass
from sqlalchemy.orm import Session

from adapters.certificate.token_key import TokenKey, make_key
from idp import keys
from idp.keys import Keys
from idp.models import KeyState
from idp.signing import ALGORITHMS, LocalSigner, Private, SigningKeyPair, load_key, new_key
from idp.token_keys import TokenKeys
from kernel.db import open_engine, sessions, transaction
from kernel.settings import SettingsInvalid
from tests import tables
from tests.certificates.tokens import LABEL, MODULE, PIN, apart, token
from tests.make import KEYRING, NOON

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Told = tuple[Any, list[str]]  # a JWKS and what was signed


@pytest.fixture
def soft_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lend a token of software to the processes that this test starts."""
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        yield tmp_path


def opened(**changes: str) -> TokenKeys:
    return TokenKeys(**{"module": MODULE, "token": LABEL, "pin": PIN, **changes})


def pair(at: TokenKeys, alg: str) -> SigningKeyPair:
    key = at.make(alg)
    kid = key.thumbprint()
    public = load_key(alg, {**key.as_dict(private=False), "kid": kid})
    return SigningKeyPair(kid, alg, active=True, key=public, signs=partial(at.sign, kid, alg))


def verified(told: Told) -> list[str]:
    """Return the algorithms of what really was signed by these keys."""
    published = KeySet.import_key_set(told[0])
    return [decode(each, published, algorithms=ALGORITHMS).header["alg"] for each in told[1]]


def sign_by_each() -> Told:
    at = opened()
    signer = LocalSigner([pair(at, alg) for alg in ALGORITHMS])
    return signer.jwks, [signer.sign({"sub": "市"}, alg=alg) for alg in ALGORITHMS]


def test_a_token_signs_by_each_algorithm(soft_token: Path) -> None:
    assert verified(apart(sign_by_each)) == list(ALGORITHMS)


def secrets() -> list[tuple[bool, bool]]:
    at = opened()
    kids = [at.make(alg).thumbprint() for alg in ALGORITHMS]
    session = pkcs11.lib(MODULE).get_token(token_label=LABEL).open()
    found = [session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=kid) for kid in kids]
    return [(key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE]) for key in found]


def test_no_key_can_be_taken_out(soft_token: Path) -> None:
    assert apart(secrets) == [(True, False)] * len(ALGORITHMS)


def sign_after_forks() -> Told:
    at = opened()
    signer = LocalSigner([pair(at, "ES256")])
    signed = [signer.sign({"in": "parent"}, alg="ES256")]
    for _ in range(2):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.write(writing, signer.sign({"in": "child"}, alg="ES256").encode())
            os._exit(0)
        os.wait()
        signed.append(os.read(reading, 4096).decode())
        signed.append(signer.sign({"in": "parent"}, alg="ES256"))
    return signer.jwks, signed


def test_each_process_has_a_session_of_its_own(soft_token: Path) -> None:
    assert verified(apart(sign_after_forks)) == ["ES256"] * 5


def sign_when_the_session_was_lost() -> Told:
    at = opened()
    signer = LocalSigner([pair(at, "ES256")])
    signed = [signer.sign({}, alg="ES256")]
    at._session.close()
    signed.append(signer.sign({}, alg="ES256"))
    return signer.jwks, signed


def test_a_session_that_was_lost_is_opened_again(soft_token: Path) -> None:
    assert verified(apart(sign_when_the_session_was_lost)) == ["ES256", "ES256"]


def sign_beside_others() -> int:
    lent = pkcs11.lib(MODULE).get_token(token_label=LABEL)
    _, other = lent.open(user_pin=PIN), lent.open()  # a library begun anew counts from one again
    at = opened()
    signer = LocalSigner([pair(at, "ES256")])
    at._session.close()
    signer.sign({}, alg="ES256")
    return len(list(other.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})))


def test_who_opens_a_session_again_takes_no_other_away(soft_token: Path) -> None:
    assert apart(sign_beside_others) == 1


def seek(at: TokenKeys) -> str:
    with pytest.raises(SettingsInvalid) as refused:
        at.sign("nobody-made-it", "ES256", b"x")
    return str(refused.value)


def seek_what_is_not_there() -> tuple[set[str], int]:
    at = opened()
    LocalSigner([pair(at, "ES256")]).sign({}, alg="ES256")
    first = seek(at)  # another process may have made it: it is looked for anew
    other = pkcs11.lib(MODULE).get_token(token_label=LABEL).open()
    said = {first, seek(at), seek(at)}
    return said, len(list(other.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})))


def test_who_asks_for_a_key_that_is_not_there_takes_no_session_away(soft_token: Path) -> None:
    said, seen = apart(seek_what_is_not_there)

    assert said == {
        "token: cannot sign (NoSuchKey); look at the module, the token's label and its PIN"
    }
    assert seen == 1


def sign_by_whoever_recovers_first(conf: str, nowhere: str) -> Told:
    make_key(module=MODULE, token=LABEL, pin=PIN, label="devices")
    at = opened()
    signer = LocalSigner([pair(at, "ES256")])
    pkcs11.lib(MODULE).reinitialize()  # as in a process that makes no key
    signer.sign({}, alg="ES256")
    devices = TokenKey(module=MODULE, token=LABEL, pin=PIN, label="devices")
    os.environ["SOFTHSM2_CONF"] = nowhere
    pkcs11.lib(MODULE).reinitialize()  # as when the token is pulled out: its sessions are gone
    if nowhere != conf:  # else it is back before anybody asks
        with pytest.raises(SettingsInvalid):
            devices.sign(b"while away", ECDSA(SHA256()))
    os.environ["SOFTHSM2_CONF"] = conf
    devices.public_key().verify(devices.sign(b"x", ECDSA(SHA256())), b"x", ECDSA(SHA256()))
    return signer.jwks, [signer.sign({}, alg="ES256")]


@pytest.mark.parametrize("away", ["for a while", "and back at once"])
def test_whoever_opens_the_token_first_again_nobody_signs_with_anothers_key(
    soft_token: Path, away: str
) -> None:
    (soft_token / "none").mkdir()
    conf, nowhere = os.environ["SOFTHSM2_CONF"], soft_token / "nowhere.conf"
    nowhere.write_text(f"directories.tokendir = {soft_token}/none\nlog.level = ERROR\n")

    meanwhile = str(nowhere) if away == "for a while" else conf
    told = apart(sign_by_whoever_recovers_first, conf, meanwhile)

    assert verified(told) == ["ES256"]


def share_the_process() -> Told:
    pkcs11.lib(MODULE).get_token(token_label=LABEL).open(user_pin=PIN)
    at = opened()
    signer = LocalSigner([pair(at, "ES256")])
    return signer.jwks, [signer.sign({}, alg="ES256")]


def test_another_part_of_the_process_may_have_opened_the_token(soft_token: Path) -> None:
    assert verified(apart(share_the_process)) == ["ES256"]


def refusals() -> list[str]:
    said = []
    for changes in ({"pin": "0000"}, {"token": "another"}, {"module": "/nothing.so"}):
        with pytest.raises(SettingsInvalid) as refused:
            opened(**changes).make("ES256")
        said.append(str(refused.value))
    with pytest.raises(SettingsInvalid) as unknown:
        opened().sign("no such key", "ES256", b"x")
    return [*said, str(unknown.value)]


def test_what_does_not_open_says_so_without_its_pin(soft_token: Path) -> None:
    said = apart(refusals)

    assert all(each.startswith("token") for each in said)
    assert not any(PIN in each or "0000" in each for each in said)


def live_through_a_rotation(url: str) -> Told:
    make, at = sessions(open_engine(url)), opened()
    with transaction(make) as session:
        keys.ensure(session, KEYRING, now=NOON)
        keys.rotate(session, KEYRING, "ES256", token=at, now=NOON)
        mixed = Keys(KEYRING, token=at).signer(session, now=NOON)
        sealed = mixed.sign({}, alg="ES256")
        keys.rotate(session, KEYRING, "ES256", token=at, now=NOON)
        signer = Keys(KEYRING, token=at).signer(session, now=NOON)
        signed = [sealed, signer.sign({}, alg="ES256"), signer.sign({}, alg="RS256")]
        stays = [key.state for key in keys.listed(session) if key.private_sealed is None]
    assert sorted(stays) == [KeyState.ACTIVE, KeyState.NEXT]
    return signer.jwks, signed


def test_keys_move_into_the_token_as_they_rotate(soft_token: Path) -> None:
    url = f"sqlite+pysqlite:///{soft_token}/keys.sqlite3"
    tables.prepare(url)

    assert verified(apart(live_through_a_rotation, url)) == ["ES256", "ES256", "RS256"]


def held_beside_anothers() -> list[bool]:
    """Say of each key that counts whether it is the token's; another public half is typed in."""
    at, theirs = opened(), new_key("ES256")
    kid = theirs.thumbprint()
    public = load_key("ES256", {**theirs.as_dict(private=False), "kid": kid})
    signs = partial(at.sign, kid, "ES256")
    typed = SigningKeyPair(kid, "ES256", active=False, key=public, signs=signs)
    own = pair(at, "ES256")
    of_another_kind = at.make("RS256").thumbprint()  # a name the token knows
    signs = partial(at.sign, of_another_kind, "ES256")
    named = replace(typed, kid=of_another_kind, signs=signs)
    signer = LocalSigner([own, typed, named])
    return [each["kid"] == own.kid for each in signer.held("ES256")["keys"]]


@pytest.mark.clause("9")
def test_only_keys_the_token_signs_with_are_held(soft_token: Path) -> None:
    assert apart(held_beside_anothers) == [True]


def held_while_it_is_away(nowhere: str) -> str:
    signer = LocalSigner([pair(opened(), "ES256")])
    os.environ["SOFTHSM2_CONF"] = nowhere
    pkcs11.lib(MODULE).reinitialize()  # its sessions are gone
    with pytest.raises(SettingsInvalid) as away:
        signer.held("ES256")
    return str(away.value)


@pytest.mark.clause("9")
def test_a_token_that_is_away_does_not_say_that_it_holds_no_key(soft_token: Path) -> None:
    (soft_token / "none").mkdir()
    nowhere = soft_token / "nowhere.conf"
    nowhere.write_text(f"directories.tokendir = {soft_token}/none\nlog.level = ERROR\n")

    said = apart(held_while_it_is_away, str(nowhere))

    assert said.startswith("token: cannot sign (")


# Without the token


class Elsewhere:
    """A token that is in another machine."""

    def make(self, alg: str) -> Private:
        return new_key(alg)

    def sign(self, kid: str, alg: str, message: bytes) -> bytes:
        raise AssertionError("nobody signs here")


@one_database
def test_who_has_no_token_verifies_and_does_not_sign(session: Session) -> None:
    keys.ensure(session, KEYRING, token=Elsewhere(), now=NOON)

    signer = Keys(KEYRING).signer(session, now=NOON)

    assert len(signer.jwks["keys"]) == 2 * len(ALGORITHMS)
    assert signer.held("ES256") == {"keys": []}
    with pytest.raises(LookupError):
        signer.sign({}, alg="ES256")
