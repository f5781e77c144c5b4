"""Use a master key that never leaves its PKCS#11 token: the token computes AES-CMAC with it.

One session a process and one lock, opened by the worker that first reads a card: neither several
threads nor a fork may share one. Another part of the process may be logged in already.
"""

from threading import Lock
from typing import Any

import pkcs11
from pkcs11 import KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn

from adapters.smartcard.keys import BLOCK, PlainKey, diversifying
from kernel.settings import SettingsInvalid


class TokenMaster:
    """A master key of which only its use is given away."""

    def __init__(self, *, module: str, token: str, pin: str, label: str) -> None:
        """Open the token and find the key. Raises SettingsInvalid."""
        self._lock = Lock()
        try:
            self._key = _found(_session(module, token, pin), label)
        except (PKCS11Error, RuntimeError) as failed:
            raise SettingsInvalid(
                f"token: no AES key called {label} opens there ({type(failed).__name__}); "
                "look at the module, the token's label and its PIN"
            ) from None

    def cmac(self, data: bytes) -> bytes:
        """Return the 16 bytes of AES-CMAC."""
        with self._lock:
            return bytes(self._key.sign(data, mechanism=Mechanism.AES_CMAC))

    def of_card(self, material: bytes) -> PlainKey:
        """Return the key of one card: that one leaves the token, the master key does not."""
        return PlainKey(self.cmac(diversifying(material)))


def make_key(*, module: str, token: str, pin: str, label: str) -> None:
    """Make an AES-128 key in the token that cannot be read out. Raises SettingsInvalid."""
    try:
        session = _session(module, token, pin, rw=True)
        session.generate_key(
            KeyType.AES,
            8 * BLOCK,
            label=label,
            store=True,
            capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
        )
    except (PKCS11Error, RuntimeError) as failed:
        raise SettingsInvalid(
            f"token: no key could be made there ({type(failed).__name__}); "
            "look at the module, the token's label and its PIN"
        ) from None


def _session(module: str, token: str, pin: str, *, rw: bool = False) -> pkcs11.Session:
    found = pkcs11.lib(module).get_token(token_label=token)
    try:
        return found.open(rw=rw, user_pin=pin)
    except UserAlreadyLoggedIn:
        return found.open(rw=rw)


def _found(session: pkcs11.Session, label: str) -> Any:  # the library's key has no exact type
    return session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=label)
