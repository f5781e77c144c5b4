"""Put parameters into a registered address, whose own stay as they are."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Return the address with parameters added to its query (RFC 6749 3.1.2)."""
    separator = "&" if urlsplit(address).query else "?"
    return f"{address}{separator}{urlencode(parameters)}"


def with_fragment(address: str, parameters: Mapping[str, str]) -> str:
    """Return the address with parameters where no server sees them; it has no fragment itself."""
    return f"{address}#{urlencode(parameters)}"
