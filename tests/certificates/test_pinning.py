"""Which certificates count is what the operator's file says, and nothing else."""

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.certificate import adapter, pinning
from adapters.certificate.profiles import LAST_FOUR
from kernel.settings import SettingsInvalid
from kernel.strong_keys import is_strong
from tests.certificates import pki
from tests.certificates.files import PROFILE, pinned
from tests.certificates.holder import KEY
from tests.certificates.pki import Authority, Leaf


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_file_pins_every_generation(tmp_path: Path, encoding: Encoding) -> None:
    path = pinned(tmp_path, pki.generation(2), pki.generation(3), encoding=encoding)

    found = pinning.read(path)

    assert [each.name for each in found.profiles] == ["citizen"]
    assert found.profiles[0].attributes == {LAST_FOUR}
    assert [each.ocsp_url for each in found.issuers] == [
        "http://ocsp0.example/",
        "http://ocsp1.example/",
    ]


def test_an_adapter_is_made_of_it(tmp_path: Path) -> None:
    path = pinned(tmp_path, pki.generation(2))

    made = adapter.create({"certificates": path, "key": KEY, "private_hosts": ("ocsp0.example",)})

    assert made.capabilities.certified
    with pytest.raises(SettingsInvalid, match="key"):
        adapter.create({"certificates": path, "key": b"short"})


def test_an_issuer_that_was_swapped_stops_the_start(tmp_path: Path) -> None:
    path = pinned(tmp_path, pki.generation(2))
    (tmp_path / "0.cer").write_bytes(pki.generation(3).der)

    with pytest.raises(SettingsInvalid, match="is not the certificate pinned"):
        pinning.read(path)


@pytest.mark.parametrize(
    "body",
    [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
)
def test_what_is_no_certificate_stops_the_start(tmp_path: Path, body: bytes) -> None:
    path = pinned(tmp_path, pki.generation(2))
    (tmp_path / "0.cer").write_bytes(body)

    with pytest.raises(SettingsInvalid, match="holds no certificate"):
        pinning.read(path)


def test_an_issuer_without_a_key_identifier_stops_the_start(tmp_path: Path) -> None:
    nameless = Authority(certificate=Leaf().sign(), key=pki.rsa_key("citizen"))
    path = pinned(tmp_path, nameless)

    with pytest.raises(SettingsInvalid, match="no subject key identifier"):
        pinning.read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "profiles"),
        ("profiles = 1", "profiles"),
        ("[[", "cannot be read"),
        (PROFILE, "issuers"),
        ("surprise = 1", "surprise"),
    ],
)
def test_a_file_with_a_mistake_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "certificates.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(SettingsInvalid, match=said):
        pinning.read(path)


def test_a_file_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        pinning.read(tmp_path / "nothing.toml")


def test_listed_keys_are_weak(tmp_path: Path) -> None:
    key = pki.rsa_key("citizen")
    n = key.public_key().public_numbers().n
    (tmp_path / "moduli").write_text(sha256(n.to_bytes(256, "big")).hexdigest() + "\n")
    (tmp_path / "primes").write_text(f"{pki.rsa_key('other').private_numbers().p:x}\n")
    more = '[weak]\nmoduli = "moduli"\nprimes = "primes"\n'
    path = pinned(tmp_path, pki.generation(2), more=more)

    weak = pinning.read(path).known_weak

    assert not is_strong(key.public_key(), known_weak=weak)
    assert not is_strong(pki.rsa_key("other").public_key(), known_weak=weak)
    assert is_strong(pki.rsa_key("any").public_key(), known_weak=weak)


def test_a_list_of_weak_keys_holds_numbers(tmp_path: Path) -> None:
    (tmp_path / "primes").write_text("seven\n")
    more = '[weak]\nprimes = "primes"\n'
    path = pinned(tmp_path, pki.generation(2), more=more)

    with pytest.raises(SettingsInvalid, match="hexadecimal"):
        pinning.read(path)
