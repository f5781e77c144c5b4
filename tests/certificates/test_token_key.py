"""The authority's key may stay in a PKCS#11 token: it signs there, and nothing gives it away."""

import copy
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from adapters.certificate import authority, token_key
from adapters.certificate.token_key import TokenKey
from kernel.settings import SettingsInvalid
from tests import make
from tests.certificates import pki
from tests.certificates.tokens import LABEL, MODULE, PIN, apart, token


def opened(label: str = "devices", **changes: str) -> TokenKey:
    return TokenKey(**{"module": MODULE, "token": LABEL, "pin": PIN, "label": label, **changes})


def issue_twice() -> list[bytes]:
    token_key.make_key(module=MODULE, token=LABEL, pin=PIN, label="devices")
    key = opened()
    ca = authority._self_signed(key, name="Synthetic devices", now=make.NOON)
    by = authority.Authority(row=None, certificate=ca, key=key)  # type: ignore[arg-type]  # no row
    leaf = authority.issue(by, pki.ec_key("device").public_key(), now=make.NOON)
    assert (key.key_size, key.curve.name) == (256, "secp256r1")
    for give_away in (TokenKey.private_numbers, copy.copy, copy.deepcopy):
        with pytest.raises(NotImplementedError):
            give_away(key)
    return [each.public_bytes(Encoding.DER) for each in (ca, leaf)]


def refusals() -> list[str]:
    said = []
    for changes in ({"pin": "0000"}, {"token": "another"}, {"module": "/nothing.so"}, {}):
        with pytest.raises(SettingsInvalid) as refused:
            opened(**changes)
        said.append(str(refused.value))
    with pytest.raises(SettingsInvalid) as unmade:
        token_key.make_key(module=MODULE, token="another", pin=PIN, label="devices")
    return [*said, str(unmade.value)]


def test_a_key_in_a_token_issues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        ca, leaf = (x509.load_der_x509_certificate(each) for each in apart(issue_twice))

    leaf.verify_directly_issued_by(ca)


def opened_twice() -> bool:
    token_key.make_key(module=MODULE, token=LABEL, pin=PIN, label="devices")
    first, second = opened(), opened()
    return first.public_key().public_numbers() == second.public_key().public_numbers()


def test_a_token_in_which_the_provider_is_logged_in_already_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])

        assert apart(opened_twice)


def test_a_token_that_does_not_open_says_so_without_its_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        said = apart(refusals)

    assert all(each.startswith("token: no key") for each in said)
    assert not any(PIN in each or "0000" in each for each in said)


def issue_after_another_began_anew() -> list[bytes]:
    token_key.make_key(module=MODULE, token=LABEL, pin=PIN, label="devices")
    key = opened()
    ca = authority._self_signed(key, name="Synthetic devices", now=make.NOON)
    pkcs11.lib(MODULE).reinitialize()  # as whoever signs here does after a fork
    again = authority._self_signed(key, name="Synthetic devices", now=make.NOON)
    return [each.public_bytes(Encoding.DER) for each in (ca, again)]


def test_a_key_outlives_its_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])
        found = apart(issue_after_another_began_anew)

    first, second = map(x509.load_der_x509_certificate, found)
    assert first.public_key() == second.public_key()
    second.verify_directly_issued_by(first)


def another_curve() -> str:
    with pkcs11.lib(MODULE).get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        named = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp384r1")}
        parameters = session.create_domain_parameters(KeyType.EC, named, local=True)
        parameters.generate_keypair(store=True, label="devices")
    with pytest.raises(SettingsInvalid) as refused:
        opened()
    return str(refused.value)


def test_a_key_on_another_curve_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token(tmp_path) as where:
        monkeypatch.setenv("SOFTHSM2_CONF", where["SOFTHSM2_CONF"])

        assert "no key on P-256" in apart(another_curve)
