"""A public-key card: it signs after its PIN, as a PIV card does (NIST SP 800-73-4).

Of PIV there is what signing in needs: one key and its certificate in the slot for authentication.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from demo.cards import card
from demo.cards.card import Command

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

AID = bytes.fromhex("a000000308000010000100")
SHORTEST_AID = 5
APPLICATION = bytes.fromhex("61114f0600001000010079074f05a000000308")
PIN, PIN_LENGTH = 0x80, 8
AUTHENTICATION = 0x9A
# A card holder's identifier of zeros: programs read it to tell cards apart.
HOLDER = bytes.fromhex("5337" + "3019" + "00" * 25 + "3410" + "00" * 16 + "3500" + "3e00fe00")
CAPABILITY = bytes.fromhex("5333f015a000000116ff" + "00" * 16)
TAGS = {bytes.fromhex("5fc102"): HOLDER, bytes.fromhex("5fc107"): CAPABILITY}
CERTIFICATE_TAG = bytes.fromhex("5fc105")


def tlv(tag: int, value: bytes) -> bytes:
    """Write one data object with a DER length."""
    size = len(value)
    if size < 0x80:  # noqa: PLR2004  # the short form
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


@dataclass
class PivCard:
    """One card with one key; the third wrong PIN in a row blocks it for good."""

    key: PrivateKey
    certificate: bytes  # DER
    pin: str
    most_tries: int = 3
    atr: bytes = card.PLAIN_ATR
    tries_left: int = field(init=False)
    signed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.tries_left = self.most_tries
        self.reset()

    def reset(self) -> None:
        """Forget the PIN and everything begun."""
        self.is_verified = False
        self._collected = b""
        self._waiting = b""

    def transmit(self, apdu: bytes) -> bytes:
        """Return what the card answers."""
        command = card.read(apdu)
        if command is None:
            return card.WRONG_LENGTH
        if command.ins != 0xC0:  # noqa: PLR2004  # GET RESPONSE
            self._waiting = b""
        if command.is_chained:
            self._collected += command.data
            return card.DONE
        data, self._collected = self._collected + command.data, b""
        answer = self._answers().get(command.ins)
        return card.UNKNOWN_INSTRUCTION if answer is None else answer(command, data)

    def _answers(self) -> dict[int, Callable[[Command, bytes], bytes]]:
        return {
            0xA4: self._select,
            0xCB: self._get_data,
            0x20: self._verify,
            0x87: self._authenticate,
            0xC0: self._get_response,
        }

    def _select(self, command: Command, aid: bytes) -> bytes:
        if command.p1 != 4 or len(aid) < SHORTEST_AID or not AID.startswith(aid):  # noqa: PLR2004
            return card.NOT_FOUND  # what was selected before stays so, its PIN too (2.4.2)
        return APPLICATION + card.DONE

    def _get_data(self, command: Command, wanted: bytes) -> bytes:
        tag = wanted[2:] if wanted[:1] == b"\x5c" else b""
        if tag == CERTIFICATE_TAG:
            content = tlv(0x70, self.certificate) + tlv(0x71, b"\0") + tlv(0xFE, b"")
            return self._send(tlv(0x53, content), command)
        return self._send(TAGS[tag], command) if tag in TAGS else card.NOT_FOUND

    def _verify(self, command: Command, pin: bytes) -> bytes:
        if command.p2 != PIN or len(pin) not in {0, PIN_LENGTH}:
            return card.WRONG_PARAMETERS
        if not self.tries_left:
            return card.BLOCKED
        if not pin:
            return card.DONE if self.is_verified else bytes([0x63, 0xC0 | self.tries_left])
        self.is_verified = pin == self.pin.encode().ljust(PIN_LENGTH, b"\xff")
        self.tries_left = self.most_tries if self.is_verified else self.tries_left - 1
        return card.DONE if self.is_verified else bytes([0x63, 0xC0 | self.tries_left])

    def _authenticate(self, command: Command, data: bytes) -> bytes:
        if command.p2 != AUTHENTICATION:
            return card.WRONG_PARAMETERS
        if not self.is_verified:
            return card.NOT_VERIFIED
        challenge = _challenge(data)
        if not challenge:
            return card.WRONG_DATA
        signature = self._sign(challenge)
        return self._send(tlv(0x7C, tlv(0x82, signature)), command)

    def _sign(self, block: bytes) -> bytes:
        self.signed += 1
        if isinstance(self.key, rsa.RSAPrivateKey):
            numbers = self.key.private_numbers()
            n = numbers.public_numbers.n
            signed = pow(int.from_bytes(block, "big") % n, numbers.d, n)
            return signed.to_bytes((n.bit_length() + 7) // 8, "big")
        hash_ = SHA384() if len(block) == SHA384.digest_size else SHA256()
        digest = block[: hash_.digest_size].rjust(hash_.digest_size, b"\0")
        return self.key.sign(digest, ec.ECDSA(Prehashed(hash_)))

    def _send(self, content: bytes, command: Command) -> bytes:
        most = min(command.expected or card.LONGEST_SHORT, card.LONGEST_SHORT)
        if len(content) <= most:
            return content + card.DONE
        self._waiting = content[most:]
        return content[:most] + bytes([0x61, min(len(self._waiting), 0xFF)])

    def _get_response(self, command: Command, _: bytes) -> bytes:
        return self._send(self._waiting, command) if self._waiting else card.NOT_ALLOWED


def _challenge(data: bytes) -> bytes | None:
    """Return tag 81 of a dynamic authentication template (SP 800-73-4 part 2, 3.2.4)."""
    outer = _value(data, 0x7C)
    rest = outer or b""
    while len(rest) > 1:
        tag, value = rest[0], _value(rest, rest[0])
        if value is None:
            return None
        if tag == 0x81:  # noqa: PLR2004  # the challenge
            return value
        rest = rest[_header(rest) + len(value) :]
    return None


def _header(data: bytes) -> int:
    return 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)  # noqa: PLR2004


def _value(data: bytes, tag: int) -> bytes | None:
    if len(data) < 2 or data[0] != tag:  # noqa: PLR2004
        return None
    header = _header(data)
    size = data[1] if header == 2 else int.from_bytes(data[2:header], "big")  # noqa: PLR2004
    value = data[header : header + size]
    return value if len(value) == size else None
