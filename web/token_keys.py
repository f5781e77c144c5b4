"""Open the installation's PKCS#11 token; a server without one never loads what it needs."""

from functools import cache
from importlib import import_module
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from idp.signing import Token
from kernel.settings import Settings, SettingsInvalid

MODULE = "adapters.certificate.token_key"
SIGNING = "idp.token_keys"


def open_key(settings: Settings, label: str) -> ec.EllipticCurvePrivateKey:
    """Return the token's key of this label. Raises SettingsInvalid."""
    return _opened(**_where(settings), label=label)


@cache  # one session a process, opened by the worker that first signs: never before a fork
def _opened(*, module: str, token: str, pin: str, label: str) -> ec.EllipticCurvePrivateKey:
    key: ec.EllipticCurvePrivateKey = _module().TokenKey(
        module=module, token=token, pin=pin, label=label
    )
    return key


def make_key(settings: Settings, label: str) -> None:
    """Make a key of this label in the token. Raises SettingsInvalid."""
    _module().make_key(**_where(settings), label=label)


def for_signing(settings: Settings) -> Token | None:
    """Return where the provider's own keys stay, None if they are sealed in the database.

    Nothing is opened yet. Raises SettingsInvalid.
    """
    if not settings.signing.in_token:
        return None
    token: Token = _module(SIGNING).TokenKeys(**_where(settings))
    return token


def _where(settings: Settings) -> dict[str, str]:
    token = settings.token
    if token.module is None:
        raise SettingsInvalid("token.module: set the PKCS#11 library of the token")
    return {
        "module": str(token.module),
        "token": token.label,
        "pin": token.pin.get_secret_value(),
    }


def _module(name: str = MODULE) -> Any:  # mypy knows nothing of what is imported by name
    try:
        return import_module(name)
    except ImportError:
        raise SettingsInvalid("token: install taipei-id[pkcs11] first") from None
