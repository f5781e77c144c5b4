"""Name the origin of an address as browsers do (RFC 6454 6.2): without the port nobody writes."""

from urllib.parse import urlsplit

USUAL = {"https": ":443", "http": ":80"}


def origin(address: str) -> str:
    """Return scheme, host and port of an address of the web."""
    parts = urlsplit(address)
    place = parts.netloc.lower().removesuffix(USUAL.get(parts.scheme, ":"))
    return f"{parts.scheme}://{place}"
