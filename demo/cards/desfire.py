"""A DESFire EV2 card: one application, AES keys, mutual authentication, and its true number.

Written from the card's side and apart from `adapters.smartcard`, so that the two check each other.
"""

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

READ_NUMBER = bytes.fromhex("ffca000000")
ATR = bytes.fromhex("3b8180018080")
NATIVE, SELECT, AUTHENTICATE, MORE, GET_UID, GET_VERSION = 0x90, 0x5A, 0x71, 0xAF, 0x51, 0x64
DONE, UNKNOWN_CLASS = b"\x90\x00", b"\x6e\x00"
OK, MORE_FOLLOWS = b"\x91\x00", b"\x91\xaf"
ILLEGAL, NO_KEY, WRONG_LENGTH = b"\x91\x1c", b"\x91\x40", b"\x91\x7e"
NOT_ALLOWED, NO_APPLICATION, WRONG_KEY = b"\x91\x9d", b"\x91\xa0", b"\x91\xae"
ZERO = bytes(16)


class DesfireCard:
    """One card; `keys` by number, `draw` makes its random numbers."""

    def __init__(
        self,
        *,
        uid: bytes,
        application: bytes,
        keys: Mapping[int, bytes],
        draw: Callable[[int], bytes],
        hides_number: bool = False,
        key_version: int = 0,
    ) -> None:
        self._key_version = key_version
        self._uid, self._application, self._keys, self._draw = uid, application, keys, draw
        self._hides_number = hides_number
        self.reset()

    @property
    def atr(self) -> bytes:
        """Return the answer to reset."""
        return ATR

    def reset(self) -> None:
        """Forget what was selected and proven; take another number if it hides its own."""
        self._seen = b"\x08" + self._draw(3) if self._hides_number else self._uid
        self._selected = False
        self._pending: tuple[bytes, bytes] | None = None  # the key and our random number
        self._session: tuple[bytes, bytes, bytes] | None = None  # its name and its two keys
        self._counter = 0

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command."""
        if apdu == READ_NUMBER:
            return self._seen + DONE
        if len(apdu) < 5 or apdu[0] != NATIVE:  # noqa: PLR2004  # header and Le
            return UNKNOWN_CLASS
        data = apdu[5:-1] if len(apdu) > 5 else b""  # noqa: PLR2004
        if len(apdu) > 5 and apdu[4] != len(data):  # noqa: PLR2004
            return WRONG_LENGTH
        answers = {
            SELECT: self._select,
            AUTHENTICATE: self._challenge,
            MORE: self._prove,
            GET_UID: self._number,
            GET_VERSION: self._version,
        }
        chosen = answers.get(apdu[1])
        return ILLEGAL if chosen is None else chosen(data)

    def _select(self, data: bytes) -> bytes:
        self._selected, self._session, self._pending = data == self._application, None, None
        return OK if self._selected else NO_APPLICATION

    def _version(self, data: bytes) -> bytes:
        if not self._selected:
            return NOT_ALLOWED
        return bytes((self._key_version,)) + OK if data[:1] and data[0] in self._keys else NO_KEY

    def _challenge(self, data: bytes) -> bytes:
        self._session = None
        if not self._selected:
            return NOT_ALLOWED
        key = self._keys.get(data[0]) if len(data) > 1 else None
        if key is None:
            return NO_KEY
        number = self._draw(16)
        self._pending = key, number
        return _encrypt(key, number) + MORE_FOLLOWS

    def _prove(self, data: bytes) -> bytes:
        pending, self._pending = self._pending, None
        if pending is None or len(data) != 32:  # noqa: PLR2004  # two random numbers
            return NOT_ALLOWED
        key, ours = pending
        plain = _decrypt(key, data)
        theirs = plain[:16]
        if plain[16:] != ours[1:] + ours[:1]:
            return WRONG_KEY
        name = self._draw(4)
        self._session, self._counter = _session(key, theirs, ours, name), 0
        return _encrypt(key, name + theirs[1:] + theirs[:1] + bytes(12)) + OK

    def _number(self, data: bytes) -> bytes:
        if self._session is None:
            return NOT_ALLOWED
        name, enc, mac = self._session
        if data != _mac(mac, bytes((GET_UID,)) + self._count() + name):
            self._session = None
            return WRONG_KEY
        self._counter += 1
        iv = _encrypt(enc, b"\x5a\xa5" + name + self._count() + bytes(8))
        sealed = _encrypt(enc, self._uid + b"\x80" + bytes(8), iv)
        return sealed + _mac(mac, b"\x00" + self._count() + name + sealed) + OK

    def _count(self) -> bytes:
        return self._counter.to_bytes(2, "little")


def _session(key: bytes, theirs: bytes, ours: bytes, name: bytes) -> tuple[bytes, bytes, bytes]:
    crossed = int.from_bytes(theirs[2:8]) ^ int.from_bytes(ours[:6])
    tail = b"\x00\x01\x00\x80" + theirs[:2] + crossed.to_bytes(6) + ours[6:] + theirs[8:]
    return name, _cmac(key, b"\xa5\x5a" + tail), _cmac(key, b"\x5a\xa5" + tail)


def _cmac(key: bytes, data: bytes) -> bytes:
    made = CMAC(AES(key))
    made.update(data)
    return made.finalize()


def _mac(key: bytes, data: bytes) -> bytes:
    return bytes(_cmac(key, data)[1::2])


def _encrypt(key: bytes, data: bytes, iv: bytes = ZERO) -> bytes:
    cipher = Cipher(AES(key), CBC(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    cipher = Cipher(AES(key), CBC(ZERO)).decryptor()
    return cipher.update(data) + cipher.finalize()
