"""Sign with a PIV card (NIST SP 800-73-4), spoken to directly: no other program's PIN cache."""

import zlib
from dataclasses import dataclass, field

from adapters.agent import apdu, keys, tlv
from adapters.agent.keys import KeyKind
from adapters.agent.readers import Transmit
from adapters.agent.troubles import Trouble

AID = bytes.fromhex("a000000308000010000100")
SELECT = bytes.fromhex("00a40400")
GET_DATA = bytes.fromhex("00cb3fff")
VERIFY = bytes.fromhex("00200080")
CERTIFICATE = bytes.fromhex("5c035fc105")  # of the key for authentication, 9A
AUTHENTICATE, KEY = 0x87, 0x9A
ALGORITHMS = {("RS256", 256): 0x07, ("RS256", 384): 0x05, ("ES256", 32): 0x11, ("ES384", 48): 0x14}
PIN_LENGTH = 8
CONTENT, CERTIFICATE_TAG, CERTIFICATE_INFO = 0x53, 0x70, 0x71
TEMPLATE, RESPONSE, CHALLENGE = 0x7C, 0x82, 0x81
COMPRESSED = b"\x01"
GZIP = 31  # zlib's word for it
LONGEST_CERTIFICATE = 16 * 1024


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose card it says it is, before any PIN."""

    certificate: bytes = field(repr=False)  # DER
    tries_left: int | None  # None: the card does not say


def identify(transmit: Transmit) -> Identity:
    """Return the card's certificate and how often its PIN may be tried.

    Raises Trouble `card_unknown` if it is no such card, or another.
    """
    apdu.tell(transmit, SELECT, AID, reads=True)
    content = tlv.find(apdu.tell(transmit, GET_DATA, CERTIFICATE, reads=True), CONTENT)
    certificate = tlv.find(content, CERTIFICATE_TAG)
    if tlv.find(content, CERTIFICATE_INFO) == COMPRESSED:
        certificate = _inflated(certificate)
    _algorithm(keys.kind_of(certificate))
    return Identity(certificate=certificate, tries_left=_tries(transmit))


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(GZIP).decompress(packed, LONGEST_CERTIFICATE)
    except zlib.error:
        raise Trouble("card_error") from None


def _tries(transmit: Transmit) -> int | None:
    status = apdu.status_of(transmit, VERIFY)
    if status in apdu.LOCKED:
        return 0
    return status & 0x0F if status & 0xFFF0 == apdu.TRIES else None


def sign(transmit: Transmit, identity: Identity, pin: str, message: bytes) -> bytes:
    """Return the card's signature in JWS form, after its PIN.

    Raises Trouble; `card_removed` also if another card is in the reader by now.
    """
    if identify(transmit).certificate != identity.certificate:
        raise Trouble("card_removed")
    kind = keys.kind_of(identity.certificate)
    head = bytes([0, AUTHENTICATE, _algorithm(kind), KEY])
    asked = tlv.write(RESPONSE, b"") + tlv.write(CHALLENGE, keys.block(kind, message))
    apdu.tell(transmit, VERIFY, _padded(pin))
    answer = apdu.tell(transmit, head, tlv.write(TEMPLATE, asked), reads=True)
    return keys.jose(kind, tlv.find(tlv.find(answer, TEMPLATE), RESPONSE))


def _algorithm(kind: KeyKind) -> int:
    if (kind.algorithm, kind.size) not in ALGORITHMS:
        raise Trouble("card_unknown")
    return ALGORITHMS[kind.algorithm, kind.size]


def _padded(pin: str) -> bytes:
    return pin.encode("ascii").ljust(PIN_LENGTH, b"\xff")
