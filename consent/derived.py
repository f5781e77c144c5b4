"""Work out the claims that say less: of age or not, a district, an address made for one client.

Pure: the same data always give the same answer. What is not known is None, never "no".
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from kernel.keyring import keyed_hash

VERSION = "relay/v1"
LOCAL_BYTES = 15  # 24 characters of base32: as many as nobody can guess or find twice
TAIPEI = "臺北市"
CITY = {"taipei", "taipei city"}
AGES = (7, 12, 18, 65)
_BIRTHDATE = re.compile("([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")
_A_CITY = re.compile(r".*([市縣]| city| county)")
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


def reached(born: date, years: int, *, today: date) -> bool:
    """Say whether somebody born on that day is so many years old (Civil Code 121, 124).

    Who is born on 29 February comes of age on 1 March of a year without one.
    """
    try:
        birthday = born.replace(year=born.year + years)
    except ValueError:
        birthday = date(born.year + years, 3, 1)
    return today >= birthday


def _age_over(years: int) -> Callable[[Mapping[str, Any], ClientKey, date], bool | None]:
    def over(held: Mapping[str, Any], client_key: ClientKey, today: date) -> bool | None:
        del client_key
        span = _born_between(held.get("birthdate"))
        if span is None or span[0] > today:
            return None
        earliest, latest = (reached(born, years, today=today) for born in span)
        return earliest if earliest == latest else None

    return over


def _born_between(birthdate: object) -> tuple[date, date] | None:
    """Return the first and last day the person can be born on; OIDC Core 5.1 allows the year."""
    found = _BIRTHDATE.fullmatch(birthdate) if isinstance(birthdate, str) else None
    if found is None:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        if month and day:
            return date(year, month, day), date(year, month, day)
        if month:  # the day is 00 on some residence permits
            next_month = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, 1), next_month - timedelta(days=1)
        return (date(year, 1, 1), date(year, 12, 31)) if not day else None
    except ValueError:
        return None


def _resident(held: Mapping[str, Any], client_key: ClientKey, today: date) -> bool | None:
    del client_key, today
    city = _city(held)
    return None if city is None else city == TAIPEI


def _city(held: Mapping[str, Any]) -> str | None:
    """Return the city or county of the address, None if the address does not name one."""
    address = held.get("address")
    if not isinstance(address, Mapping):
        return None
    for part in map(_spelt, (address.get("region"), address.get("locality"))):
        if part.startswith(TAIPEI) or part in CITY:
            return TAIPEI
        if _A_CITY.fullmatch(part):
            return part
    return None


def _spelt(part: object) -> str:
    return part.strip().casefold().replace("台", "臺") if isinstance(part, str) else ""


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
