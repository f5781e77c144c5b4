"""Work out the claims that say less: of age or not, a district, an address made for one client.

Pure: the same data always give the same answer. What is not known is None, never "no".
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from kernel.keyring import keyed_hash
from members.facts import is_aged, is_resident

VERSION = "relay/v1"
LOCAL_BYTES = 15  # 24 characters of base32: as many as nobody can guess or find twice
AGES = (7, 12, 18, 65)
_A_DISTRICT = re.compile(r".*(區| district| dist\.?)", re.IGNORECASE)


@dataclass(frozen=True)
class ClientKey:
    """What makes claims of one member at one client unlike those anywhere else."""

    secret: bytes = field(repr=False)
    relay_domain: str


@dataclass(frozen=True)
class Relay:
    """The installation's forwarding of mail; an empty domain means that it forwards none."""

    key: bytes = field(repr=False)
    domain: str

    def key_for(self, *, client_id: UUID, member_id: UUID) -> ClientKey:
        """Return the key of a member at a client; from one, no other can be worked out."""
        secret = keyed_hash(self.key, VERSION, str(client_id), str(member_id))
        return ClientKey(secret, self.domain)


NO_RELAY = Relay(b"", "")


def derive(
    name: str, held: Mapping[str, Any], *, client_key: ClientKey, today: date
) -> bool | str | None:
    """Return the derived claim `name` from what is held, None where that cannot be known.

    `today` is the day in Taipei. A name that is not derived gives None.
    """
    maker = _MAKERS.get(name)
    return None if maker is None else maker(held, client_key, today)


def value_of(name: str, held: Mapping[str, Any], *, client_key: ClientKey, today: date) -> Any:
    """Return any claim, held or derived, or None. Claims are JSON of several shapes."""
    if name in _MAKERS:
        return derive(name, held, client_key=client_key, today=today)
    return held.get(name)


def _age_over(years: int) -> Callable[[Mapping[str, Any], ClientKey, date], bool | None]:
    def over(held: Mapping[str, Any], client_key: ClientKey, today: date) -> bool | None:
        del client_key
        return is_aged(held, years, today=today)

    return over


def _resident(held: Mapping[str, Any], client_key: ClientKey, today: date) -> bool | None:
    del client_key, today
    return is_resident(held)


def _district(held: Mapping[str, Any], client_key: ClientKey, today: date) -> str | None:
    del client_key, today
    address = held.get("address")
    locality = address.get("locality") if isinstance(address, Mapping) else None
    if not isinstance(locality, str) or not _A_DISTRICT.fullmatch(locality.strip()):
        return None
    return locality.strip()


def _relay_email(held: Mapping[str, Any], client_key: ClientKey, today: date) -> str | None:
    del today
    if not held.get("email") or not client_key.relay_domain:
        return None  # there is nowhere to forward to, or nobody who forwards
    local = base64.b32encode(client_key.secret[:LOCAL_BYTES]).decode().lower()
    return f"{local}@{client_key.relay_domain}"


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], ClientKey, date], bool | str | None]] = {
    **{f"age_over_{years}": _age_over(years) for years in AGES},
    "resident_of_taipei": _resident,
    "district": _district,
    "relay_email": _relay_email,
}
DERIVED = frozenset(_MAKERS)
