"""Read telephone numbers and mail addresses as people type them."""

import re
import unicodedata

from kernel.errors import Refused

LONGEST_TYPED = 40
LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1
_BETWEEN = re.compile(r"[\s().‐-]")
_TAIWAN = re.compile("0(9[0-9]{8}|[2-8][0-9]{7,8})", re.ASCII)  # mobile, or with an area code
_E164 = re.compile(r"\+([1-9][0-9]{7,14})", re.ASCII)
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII
)


def read_phone(typed: str) -> str:
    """Return the number in E.164: 0912-345-678 becomes +886912345678. Raises `phone.format`."""
    text = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED])
    plain = _BETWEEN.sub("", text)
    if national := _TAIWAN.fullmatch(plain):
        return f"+886{national[1]}"
    if international := _E164.fullmatch(plain):
        return f"+{international[1]}"
    raise Refused("phone.format")


def read_mail(typed: str) -> str:
    """Return the mail address, the domain in small letters. Raises Refused `mail.format`."""
    address = unicodedata.normalize("NFKC", typed[: 4 * LONGEST_ADDRESS]).strip()
    if len(address) > LONGEST_ADDRESS or not _MAIL.fullmatch(address):
        raise Refused("mail.format")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"
