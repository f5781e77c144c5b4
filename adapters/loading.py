"""Load the adapters an installation names in its settings."""

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import TypeAlias

from adapters.contract import Adapter
from kernel.settings import SettingsInvalid

GROUP = "taipei_id.adapters"

# Named, not imported: a server without card readers never loads what needs one.
BUILT_IN = {
    "password": "adapters.password.adapter:create",
    "passkey": "adapters.passkey.adapter:create",
    "certificate": "adapters.certificate.adapter:create",
    "key-card": "adapters.keycard.adapter:create",
    "smartcard": "adapters.smartcard.adapter:create",
}

# A factory gets the values an operator may decide, by the names they have in the settings, and
# `key`, 32 bytes that no other adapter gets. It takes what it knows, and raises SettingsInvalid
# for a value it cannot work with.
Factory: TypeAlias = Callable[[Mapping[str, object]], Adapter]
Derive: TypeAlias = Callable[[str], bytes]
_A_NAME = re.compile("[a-z][a-z-]{1,31}")  # fits settings, tables and URLs


def load(
    names: Iterable[str], settings: Mapping[str, object], *, derive: Derive
) -> dict[str, Adapter]:
    """Return the adapters called `names`, in that order, each made with `settings`.

    A name is built in (`password`), an entry point in the group `taipei_id.adapters`, or
    `module:factory`. `derive` makes each its key. Raises SettingsInvalid for one that cannot be
    loaded, is no adapter, or is named twice.
    """
    adapters: dict[str, Adapter] = {}
    for name in names:
        adapter = _made(name, {**settings, "key": derive(f"adapter/{name}/v1")})
        if adapter.name in adapters:
            raise SettingsInvalid(f"adapters: {adapter.name} is named twice; name it once")
        adapters[adapter.name] = adapter
    if not adapters:
        raise SettingsInvalid("adapters: none is named, so nobody could sign in; name 'password'")
    return adapters


def _made(name: str, settings: Mapping[str, object]) -> Adapter:
    factory = _factory(name)
    try:
        adapter: object = factory(settings)
    except SettingsInvalid:
        raise
    except Exception as broken:  # somebody else's code: whatever it does, the start says whose
        raise SettingsInvalid(f"adapters: {name} could not be made: {broken!r}") from broken
    if not isinstance(adapter, Adapter) or not _A_NAME.fullmatch(str(adapter.name)):
        raise SettingsInvalid(
            f"adapters: {name} made something that is no adapter: see docs/adapters.md"
        )
    return adapter


def _factory(name: str) -> Factory:
    address = name if ":" in name else BUILT_IN.get(name) or _installed(name)
    if address is None:
        raise SettingsInvalid(f"adapters: no adapter is called {name}; there are {_known()}")
    module, _, attribute = address.partition(":")
    try:
        factory: Factory = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as missing:
        raise SettingsInvalid(f"adapters: {name} cannot be loaded: {missing}") from missing
    return factory


def _installed(name: str) -> str | None:
    return next((each.value for each in entry_points(group=GROUP, name=name)), None)


def _known() -> str:
    return ", ".join(sorted({*BUILT_IN, *entry_points(group=GROUP).names}))
