"""Use a master key that never leaves its PKCS#11 token: the token computes AES-CMAC with it.

One session a process, opened by the worker that first reads a card: no fork may share one. It is
used in turn with whoever else uses the library, who may be logged in already (`kernel.tokens`).
"""

from typing import Any

import pkcs11
from pkcs11 import KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import NoSuchKey, PKCS11Error, UserAlreadyLoggedIn

from adapters.smartcard.keys import BLOCK, PlainKey, diversifying
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from kernel.tokens import Held


class TokenMaster:
    """A master key of which only its use is given away."""

    def __init__(self, *, module: str, token: str, pin: str, label: str) -> None:
        """Open the token and find the key. Raises SettingsInvalid."""
        self._module, self._token, self._pin, self._label = module, token, pin, label
        self._held = Held(
            self._open, begin_anew=self._begin_anew, lost=PKCS11Error, absent=NoSuchKey
        )
        try:
            self._held.open()
        except (PKCS11Error, RuntimeError) as failed:
            raise SettingsInvalid(
                f"token: no AES key called {label} opens there ({type(failed).__name__}); "
                "look at the module, the token's label and its PIN"
            ) from None

    def cmac(self, data: bytes) -> bytes:
        """Return the 16 bytes of AES-CMAC. Raises Refused `carrier.card_uncheckable`."""
        try:
            return self._held.use(lambda: bytes(self._key.sign(data, mechanism=Mechanism.AES_CMAC)))
        except PKCS11Error:
            raise Refused("carrier.card_uncheckable") from None

    def of_card(self, material: bytes) -> PlainKey:
        """Return the key of one card: that one leaves the token, the master key does not."""
        return PlainKey(self.cmac(diversifying(material)))

    def _begin_anew(self) -> None:
        pkcs11.lib(self._module).reinitialize()

    def _open(self) -> None:
        session = _session(self._module, self._token, self._pin)
        try:
            self._key: Any = session.get_key(  # the library's key has no exact type
                object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=self._label
            )
        except PKCS11Error:
            session.close()  # or each card read in vain would leave one open
            raise


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
    except UserAlreadyLoggedIn:  # the library keeps the session it had opened before it asked
        return found.open(rw=rw)
