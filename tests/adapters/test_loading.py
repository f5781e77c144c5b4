import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters import loading
from adapters.contract import Adapter
from adapters.loading import load
from adapters.password.adapter import PasswordAdapter
from kernel.settings import SettingsInvalid
from tests.contract.fake_adapter import FakeAdapter

FAKE = "tests.adapters.test_loading:make_fake"


def make_fake(settings: Mapping[str, object]) -> Adapter:
    """Make an adapter as an outside package would."""
    assert "argon2_parallel" in settings
    return FakeAdapter()


SETTINGS = {"argon2_parallel": 1, "breach_list": None}


def test_a_built_in_adapter_is_loaded_by_its_name() -> None:
    adapters = load(["password"], SETTINGS)

    assert list(adapters) == ["password"]
    assert isinstance(adapters["password"], PasswordAdapter)


def test_adapters_keep_the_order_of_the_settings() -> None:
    assert list(load([FAKE, "password"], SETTINGS)) == ["fake", "password"]


def test_an_installed_package_offers_an_adapter_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "city_cards-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: city-cards\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(f"[{loading.GROUP}]\ncitycard = {FAKE}\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert isinstance(load(["citycard"], SETTINGS)["fake"], FakeAdapter)
    with pytest.raises(SettingsInvalid, match="citycard, passkey, password"):
        load(["unheard-of"], SETTINGS)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "nobody could sign in"),
        (["passwrod"], "no adapter is called passwrod; there are"),
        (["no.such.module:create"], "no.such.module:create cannot be loaded"),
        (["adapters.contract:nothing"], "adapters.contract:nothing cannot be loaded"),
        ([":create"], ":create cannot be loaded"),
        (["password", "password"], "password is named twice"),
    ],
)
def test_an_adapter_that_cannot_be_had_is_said_at_the_start(names: list[str], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=re.escape(f"adapters: {says}" if names else says)):
        load(names, SETTINGS)
