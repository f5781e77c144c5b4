"""Sign with a card through a PKCS#11 library, OpenSC's or its maker's; run it by `once` alone.

Such a library keeps a card open after its PIN, remembers PINs, and is not made for threads: so a
process of its own each time, and afterwards a reset of the card.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11.exceptions import PinIncorrect, PinLenRange, PinLocked, PKCS11Error

from adapters.agent import keys
from adapters.agent.piv import Identity
from adapters.agent.troubles import Trouble

NO_CACHE = "app default { framework pkcs15 { use_pin_caching = false; } }\n"
SLOT_NAME = 64  # bytes of a reader's name that PKCS#11 keeps


def labels(module: str) -> tuple[str, ...]:
    """Return what the tokens in the library's slots call themselves. Raises Trouble."""
    try:
        found = pkcs11.lib(module).get_slots(token_present=True)
        names = (slot.get_token().label.strip() for slot in found)
        return tuple(each for each in names if each)
    except (PKCS11Error, RuntimeError):
        raise Trouble("card_error") from None


def identify(module: str, reader: str) -> Identity:
    """Return the certificate for signing in of the card in a reader, or of the token of this name.

    Raises Trouble.
    """
    with _token(module, reader) as token, token.open() as session:
        certificate, _ = _certificate(session)
        return Identity(certificate=certificate, tries_left=_tries(token))


def sign(module: str, reader: str, identity: Identity, pin: str, message: bytes) -> bytes:
    """Return the card's signature in JWS form, after its PIN. Raises Trouble.

    A PIN costs a try of the card it is sent to: one that was put in meanwhile gets none.
    """
    with _token(module, reader) as token:
        with token.open() as session:
            _require_same(session, identity)
        with token.open(user_pin=pin) as session:
            key_id = _require_same(session, identity)
            return _signed(session, key_id, identity, message)


def _require_same(session: pkcs11.Session, identity: Identity) -> bytes:
    """Return the id of the key that the person chose. Raises Trouble if the card has another."""
    certificate, key_id = _certificate(session)
    if certificate != identity.certificate:
        raise Trouble("card_removed")
    return key_id


def _signed(session: pkcs11.Session, key_id: bytes, identity: Identity, message: bytes) -> bytes:
    kind = keys.kind_of(identity.certificate)
    # The library makes the class that can sign as it runs; types do not know it.
    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=key_id)
    if kind.algorithm == "RS256":
        return bytes(key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))  # type: ignore[attr-defined]  # see above
    return bytes(key.sign(keys.digest(kind, message), mechanism=Mechanism.ECDSA))  # type: ignore[attr-defined]  # see above


@contextmanager
def _token(module: str, reader: str) -> Iterator[pkcs11.Token]:
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "opensc.conf"
        configuration.write_text(NO_CACHE, encoding="ascii")
        os.environ["OPENSC_CONF"] = str(configuration)
        try:
            yield _find(module, reader)
        except (PinIncorrect, PinLenRange):
            raise _wrong_pin(module, reader) from None
        except PinLocked:
            raise Trouble("pin_locked", tries_left=0) from None
        except PKCS11Error:
            raise Trouble("card_error") from None


def _find(module: str, reader: str) -> pkcs11.Token:
    name = reader.encode()[:SLOT_NAME].decode(errors="ignore")
    for slot in pkcs11.lib(module).get_slots(token_present=True):
        token = slot.get_token()
        if slot.slot_description.startswith(name) or token.label.strip() == reader:
            return token
    raise Trouble("card_unknown")


def _wrong_pin(module: str, reader: str) -> Trouble:
    # OpenSC calls the try that locked the card wrong, too; only the flags say what it did.
    left = _tries(_find(module, reader))
    return Trouble("pin_incorrect" if left is None or left else "pin_locked", tries_left=left)


def _certificate(session: pkcs11.Session) -> tuple[bytes, bytes]:
    """Return the first certificate whose key may sign in, and the id it shares with the key."""
    for each in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
        found = bytes(each[Attribute.VALUE])
        if keys.may_sign_in(found):
            return found, bytes(each[Attribute.ID])
    raise Trouble("card_unknown")


def _tries(token: pkcs11.Token) -> int | None:
    if TokenFlag.USER_PIN_LOCKED in token.flags:
        return 0
    return 1 if TokenFlag.USER_PIN_FINAL_TRY in token.flags else None
