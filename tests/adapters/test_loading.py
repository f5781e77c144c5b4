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


def make_nothing(settings: Mapping[str, object]) -> object:
    """Make no adapter, as a package of another kind would."""
    return object()


def make_misnamed(settings: Mapping[str, object]) -> Adapter:
    """Make an adapter whose name fits no URL."""
    adapter = FakeAdapter()
    adapter.name = "City Card"
    return adapter


def break_down(settings: Mapping[str, object]) -> Adapter:
    """Fail, as a package with a mistake does."""
    raise ZeroDivisionError("by its own mistake")


def refuse(settings: Mapping[str, object]) -> Adapter:
    """Refuse the settings, as a factory may."""
    raise SettingsInvalid("city_card_url: must be set")


SETTINGS = {"argon2_parallel": 1, "breach_list": None}
HERE = "tests.adapters.test_loading"


def derive(label: str) -> bytes:
    return label.encode()


def test_a_built_in_adapter_is_loaded_by_its_name() -> None:
    adapters = load(["password"], SETTINGS, derive=derive)

    assert list(adapters) == ["password"]
    assert isinstance(adapters["password"], PasswordAdapter)


def test_adapters_keep_the_order_of_the_settings() -> None:
    assert list(load([FAKE, "password"], SETTINGS, derive=derive)) == ["fake", "password"]


def test_an_installed_package_offers_an_adapter_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "city_cards-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: city-cards\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(f"[{loading.GROUP}]\ncitycard = {FAKE}\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert isinstance(load(["citycard"], SETTINGS, derive=derive)["fake"], FakeAdapter)
    with pytest.raises(SettingsInvalid, match=r"there are .*citycard, .*passkey, password"):
        load(["unheard-of"], SETTINGS, derive=derive)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "nobody could sign in"),
        (["passwrod"], "no adapter is called passwrod; there are"),
        (["no.such.module:create"], "no.such.module:create cannot be loaded"),
        (["adapters.contract:nothing"], "adapters.contract:nothing cannot be loaded"),
        ([":create"], ":create cannot be loaded"),
        (["password", "password"], "password is named twice"),
        ([f"{HERE}:make_nothing"], f"{HERE}:make_nothing made something that is no adapter"),
        ([f"{HERE}:make_misnamed"], f"{HERE}:make_misnamed made something that is no adapter"),
        ([f"{HERE}:break_down"], f"{HERE}:break_down could not be made: ZeroDivisionError"),
    ],
)
def test_an_adapter_that_cannot_be_had_is_said_at_the_start(names: list[str], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=re.escape(f"adapters: {says}" if names else says)):
        load(names, SETTINGS, derive=derive)


def test_a_factory_says_itself_which_setting_it_cannot_work_with() -> None:
    with pytest.raises(SettingsInvalid, match=r"^city_card_url: must be set$"):
        load([f"{HERE}:refuse"], SETTINGS, derive=derive)


def test_every_adapter_gets_a_key_of_its_own() -> None:
    given: list[object] = []

    def remember(settings: Mapping[str, object]) -> Adapter:
        given.append(settings["key"])
        return FakeAdapter()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{HERE}.make_fake", remember)
        load([FAKE], SETTINGS, derive=derive)

    assert given == [f"adapter/{FAKE}/v1".encode()]
