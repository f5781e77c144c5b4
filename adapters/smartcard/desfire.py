"""Speak with a DESFire card: prove to each other that both know a key (EV2, AN12343, AN12196).

Nothing here is secret but the keys it is given, and nothing here is remembered: each function
takes what was said so far and returns what to say, or what it means.
"""

import hmac
from dataclasses import dataclass, field

from adapters.smartcard import apdu
from adapters.smartcard.apdu import Answer
from adapters.smartcard.keys import BLOCK, CardKey, PlainKey
from adapters.smartcard.status_words import NATIVE_DONE, NATIVE_MORE, data_of
from kernel.errors import Refused

CLA = 0x90
SELECT, AUTHENTICATE, MORE, GET_UID, GET_VERSION = 0x5A, 0x71, 0xAF, 0x51, 0x64
UID_BYTES = 7
TI_BYTES = 4
MAC_BYTES = 8


@dataclass(frozen=True)
class SessionKeys:
    """The keys both sides made for this meeting alone; `ti` names it."""

    ti: bytes = field(repr=False)
    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def select(application: bytes) -> bytes:
    """Return the command that chooses an application, named by three bytes as they are sent."""
    return apdu.command(CLA, SELECT, 0, 0, application)


def selected(answer: Answer) -> None:
    """Require that the card has the application. Raises Refused."""
    data_of(answer, wanted=NATIVE_DONE, length=0)


def ask_version(key_number: int) -> bytes:
    """Return the command that asks which version of a key the card has."""
    return apdu.command(CLA, GET_VERSION, 0, 0, bytes((key_number,)))


def version(answer: Answer) -> bytes:
    """Return the version, one byte. Nothing proves it: the key itself must be proven still."""
    return data_of(answer, wanted=NATIVE_DONE, length=1)


def challenge(key_number: int) -> bytes:
    """Return the command that asks the card for its random number."""
    return apdu.command(CLA, AUTHENTICATE, 0, 0, bytes((key_number, 0)))


def response(key: CardKey, answer: Answer, *, rnd_a: bytes) -> tuple[bytes, bytes]:
    """Return the card's random number, and the command that proves that we could read it."""
    rnd_b = key.decrypt(data_of(answer, wanted=NATIVE_MORE, length=BLOCK))
    return rnd_b, apdu.command(CLA, MORE, 0, 0, key.encrypt(rnd_a + _rotated(rnd_b)))


def proven(key: CardKey, answer: Answer, *, rnd_a: bytes, rnd_b: bytes) -> SessionKeys:
    """Return the session's keys once the card has proved that it could read our number.

    Raises Refused `carrier.card_not_ours` if it could not.
    """
    plain = key.decrypt(data_of(answer, wanted=NATIVE_DONE, length=2 * BLOCK))
    ti, echo = plain[:TI_BYTES], plain[TI_BYTES : TI_BYTES + BLOCK]
    if not hmac.compare_digest(echo, _rotated(rnd_a)):
        raise Refused("carrier.card_not_ours")
    return session_keys(key, rnd_a=rnd_a, rnd_b=rnd_b, ti=ti)


def session_keys(key: CardKey, *, rnd_a: bytes, rnd_b: bytes, ti: bytes) -> SessionKeys:
    """Return the two keys made from both random numbers (AN12196 5.6)."""
    crossed = bytes(ours ^ theirs for ours, theirs in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    mixed = b"\x00\x01\x00\x80" + rnd_a[:2] + crossed + rnd_b[6:] + rnd_a[8:]
    return SessionKeys(ti, key.cmac(b"\xa5\x5a" + mixed), key.cmac(b"\x5a\xa5" + mixed))


def ask_uid(keys: SessionKeys) -> bytes:
    """Return the command that asks for the true number; the first command after the proof."""
    return apdu.command(CLA, GET_UID, 0, 0, mac(keys, GET_UID, 0))


def uid(keys: SessionKeys, answer: Answer) -> bytes:
    """Return the true number. Raises Refused if it was altered on the way."""
    sent = data_of(answer, wanted=NATIVE_DONE, length=BLOCK + MAC_BYTES)
    sealed, sent_mac = sent[:BLOCK], sent[BLOCK:]
    if not hmac.compare_digest(sent_mac, mac(keys, NATIVE_DONE & 0xFF, 1, sealed)):
        raise Refused("carrier.card_not_ours")
    plain = PlainKey(keys.enc).decrypt(sealed, iv=_answer_iv(keys, 1))
    if plain[UID_BYTES:] != b"\x80" + bytes(BLOCK - UID_BYTES - 1):
        raise Refused("carrier.not_readable")
    return plain[:UID_BYTES]


def mac(keys: SessionKeys, code: int, counter: int, data: bytes = b"") -> bytes:
    """Return the eight bytes that protect a command or an answer (AN12196 5.7)."""
    whole = bytes((code,)) + counter.to_bytes(2, "little") + keys.ti + data
    return PlainKey(keys.mac).cmac(whole)[1::2]


def _answer_iv(keys: SessionKeys, counter: int) -> bytes:
    head = b"\x5a\xa5" + keys.ti + counter.to_bytes(2, "little")
    return PlainKey(keys.enc).encrypt(head + bytes(BLOCK - len(head)))


def _rotated(number: bytes) -> bytes:
    return number[1:] + number[:1]
