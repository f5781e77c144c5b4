"""Know where the demo answers: four fixed addresses, each changeable by one variable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LOOPBACK = {"localhost", "127.0.0.1"}
HIGHEST_PORT = 65535


class AddressInvalid(Exception):
    """An address cannot be used; the message names the variable and what to write there."""


@dataclass(frozen=True)
class Address:
    """Where one of the programs answers, and which variable moves it."""

    variable: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Return the address as a browser writes it."""
        return f"http://{self.host}:{self.port}"

    @property
    def bind(self) -> str:
        """Return what the server listens on: never more than this machine."""
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Addresses:
    """The programs of the demo that are called."""

    provider: Address
    library: Address
    merchant: Address
    agent: Address

    def place(self, text: str) -> str:
        """Return `text` with the fixed addresses replaced by those in use."""
        used = dict(zip(map(_place, _each(FIXED)), map(_place, _each(self)), strict=True))
        # All at once: one's new address may be another's fixed one.
        return re.sub("|".join(map(re.escape, used)), lambda found: used[found[0]], text)


FIXED = Addresses(
    provider=Address("TAIPEI_ID_DEMO_PROVIDER", "localhost", 8600),
    library=Address("TAIPEI_ID_DEMO_LIBRARY", "localhost", 8601),
    merchant=Address("TAIPEI_ID_DEMO_MERCHANT", "localhost", 8602),
    agent=Address("TAIPEI_ID_DEMO_AGENT", "127.0.0.1", 8603),
)


def read(environment: Mapping[str, str]) -> Addresses:
    """Return the addresses in use. Raises AddressInvalid."""
    used = Addresses(*(read_one(each, environment) for each in _each(FIXED)))
    if len({each.port for each in _each(used)}) < len(_each(FIXED)):
        names = ", ".join(each.variable for each in _each(FIXED))
        raise AddressInvalid(f"two programs share a port; give each its own: {names}")
    return used


def _each(addresses: Addresses) -> tuple[Address, Address, Address, Address]:
    return addresses.provider, addresses.library, addresses.merchant, addresses.agent


def _place(address: Address) -> str:
    return f"//{address.host}:{address.port}"


def read_one(fixed: Address, environment: Mapping[str, str]) -> Address:
    """Return where one program answers. Raises AddressInvalid."""
    value = environment.get(fixed.variable, "").strip()
    if not value:
        return fixed
    host, _, port = value.removeprefix("http://").rstrip("/").rpartition(":")
    if host not in LOOPBACK:  # the passwords are printed on a page: nobody else may reach it
        raise AddressInvalid(f"{fixed.variable}: write localhost:PORT; the demo stays on loopback")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
        raise AddressInvalid(f"{fixed.variable}: {port or 'nothing'} is not a port")
    return Address(fixed.variable, host, int(port))
