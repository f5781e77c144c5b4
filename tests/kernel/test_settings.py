import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from kernel import settings as configuration
from kernel.keyring import new_master_key
from kernel.settings import DEMO_MASTER_KEY, SettingsInvalid
from tests.configuration import DOCUMENT, written


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TAIPEI_ID_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TAIPEI_ID_ISSUER", "https://id.example.org")
    monkeypatch.setenv("TAIPEI_ID_MASTER_KEY", new_master_key())
    return monkeypatch


def refusal() -> str:
    with pytest.raises(SettingsInvalid) as refused:
        configuration.load()
    return str(refused.value)


def test_every_setting_is_documented_as_the_model_has_it() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert written(text) == text


def test_the_documented_example_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)[0]
    file = tmp_path / "taipei-id.toml"
    file.write_text(example, "utf-8")
    monkeypatch.setenv("TAIPEI_ID_CONFIG", str(file))
    monkeypatch.setenv("TAIPEI_ID_MASTER_KEY", new_master_key())

    assert configuration.load().mail.host == "mail.example.org"


def test_the_environment_wins_over_the_file(tmp_path: Path, production: pytest.MonkeyPatch) -> None:
    file = tmp_path / "taipei-id.toml"
    file.write_text('issuer = "https://other.example.org"\ntrusted_proxies = 2\n')
    production.setenv("TAIPEI_ID_CONFIG", str(file))

    loaded = configuration.load()

    assert loaded.issuer == "https://id.example.org"
    assert loaded.trusted_proxies == 2


def test_production_settings_load(production: pytest.MonkeyPatch) -> None:
    loaded = configuration.load()

    assert loaded.secure_cookies
    assert loaded.lifetimes.of("code") == timedelta(seconds=60)


def test_the_master_key_is_not_printed_with_the_settings(production: pytest.MonkeyPatch) -> None:
    key = os.environ["TAIPEI_ID_MASTER_KEY"]

    assert key not in repr(configuration.load())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ISSUER", "http://id.example.org", "issuer: outside demo mode it must be the https"),
        ("ISSUER", "https://id.invalid", "issuer: outside demo mode it must be the https"),
        ("ISSUER", "https://id.example.org/", "issuer: must end after the host and port"),
        ("ISSUER", "id.example.org", "issuer: must be a URL such as"),
        ("MASTER_KEY", "", "make one with 'taipei-id keys master'"),
        ("MASTER_KEY", DEMO_MASTER_KEY, "make one with 'taipei-id keys master'"),
        ("MASTER_KEY", "c2hvcnQ", "not 32 bytes long; make one with 'taipei-id keys master'"),
        ("MASTER_KEY", "ä", "not base64url; make one with 'taipei-id keys master'"),
        ("DEBUG", "1", "debug: must be off outside demo mode"),
        ("DATABASE_URL", "mysql://db", "database_url: must begin with sqlite+pysqlite:///"),
        ("DATABASE_URL", "postgresql+psycopg://h/db?pooled=session", "can only be transaction"),
        ("LIFETIMES__CODE", "61", "lifetimes.code: Input should be less than or equal to 60"),
        ("MAIL", "mail.example.org", "set its parts singly, as TAIPEI_ID_MAIL__HOST"),
        ("BREACH_LIST", "/nowhere", "breach_list: /nowhere is not a file"),
        ("CONFIG", "/nowhere", "TAIPEI_ID_CONFIG names /nowhere, which is not a file"),
    ],
)
def test_a_mistake_is_explained(
    production: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    production.setenv(f"TAIPEI_ID_{name}", value)

    assert said in refusal()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("isuer = 'x'", "isuer: there is no such setting"),
        ("[mail]\nhots = 'x'", "mail.hots: there is no such setting"),
        ("x = [", "is not TOML"),
    ],
)
def test_a_mistake_in_the_file_is_explained(
    tmp_path: Path, production: pytest.MonkeyPatch, text: str, said: str
) -> None:
    file = tmp_path / "taipei-id.toml"
    file.write_text(text)
    production.setenv("TAIPEI_ID_CONFIG", str(file))

    assert said in refusal()


def test_every_mistake_is_told_at_once(production: pytest.MonkeyPatch) -> None:
    production.setenv("TAIPEI_ID_ARGON2_PARALLEL", "0")
    production.setenv("TAIPEI_ID_TRUSTED_PROXIES", "9")

    assert len(refusal().splitlines()) == 2


def test_no_message_repeats_a_secret(production: pytest.MonkeyPatch) -> None:
    production.setenv("TAIPEI_ID_MASTER_KEY", "hunter2-hunter2")

    assert "hunter2" not in refusal()


def test_demo_mode_may_use_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIPEI_ID_DEMO", "1")
    monkeypatch.setenv("TAIPEI_ID_ISSUER", "http://localhost:8600")

    loaded = configuration.load()

    assert not loaded.secure_cookies


def test_adapters_are_a_list_in_the_environment_too(production: pytest.MonkeyPatch) -> None:
    production.setenv("TAIPEI_ID_ADAPTERS", "password, passkey")

    assert configuration.load().adapters == ("password", "passkey")


def test_a_certificate_goes_with_its_key(production: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "site.pem"
    file.write_text("PEM")
    production.setenv("TAIPEI_ID_TLS__CERTIFICATE", str(file))
    assert "go together" in refusal()

    production.setenv("TAIPEI_ID_TLS__KEY", str(tmp_path / "nothing"))
    assert "is not a file" in refusal()

    production.setenv("TAIPEI_ID_TLS__KEY", str(file))
    assert configuration.load().tls.key == file


def test_a_sandbox_is_no_place_for_people(production: pytest.MonkeyPatch) -> None:
    production.setenv("TAIPEI_ID_SANDBOX__ENABLED", "1")
    assert "sandbox.enabled" in refusal()

    production.setenv("TAIPEI_ID_DEMO", "1")
    assert "sandbox.issuer" in refusal()

    production.setenv("TAIPEI_ID_SANDBOX__ISSUER", "https://id.example.org")
    assert configuration.load().sandbox.enabled
