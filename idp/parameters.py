"""Read form-encoded parameters strictly: UTF-8 only, nothing twice, nothing endless."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_to_bytes

from idp.errors import ProtocolError

LONGEST = 32_768
MOST = 100


class Parameters:
    """The parameters of one request: each name with every value it came with."""

    def __init__(self, pairs: list[tuple[str, str]], *, readable: bool = True) -> None:
        """Keep `pairs`; an empty value counts as not sent (RFC 6749 3.1)."""
        self.readable = readable
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value:
                self._values.setdefault(name, []).append(value)

    def get(self, name: str) -> str | None:
        """Return the value, or None if it was not sent or sent more than once."""
        values = self._values.get(name, ())
        return values[0] if len(values) == 1 else None

    def repeated(self) -> list[str]:
        """Return the names that came more than once, which RFC 6749 3.1 forbids."""
        return sorted(name for name, values in self._values.items() if len(values) > 1)

    def single(self) -> dict[str, str]:
        """Return all parameters as a plain mapping. Raises ProtocolError if one is repeated."""
        self.require_sound()
        return {name: values[0] for name, values in self._values.items()}

    def require_sound(self) -> None:
        """Refuse what is not form-encoded UTF-8 or says a thing twice. Raises ProtocolError."""
        if not self.readable:
            raise ProtocolError("invalid_request", "the request is not form-encoded UTF-8")
        if self.repeated():
            raise ProtocolError("invalid_request", "a parameter was sent more than once")


def read(raw: bytes) -> Parameters:
    """Read a query string or a form body; never raises.

    What is too long, not UTF-8 or contains NUL is marked unreadable, but its well-formed
    parameters stay visible, so that the caller can still tell who asked.
    """
    text = raw[:LONGEST].decode("ascii", "replace")
    readable = len(raw) <= LONGEST and raw.isascii() and b"%00" not in raw and b"\0" not in raw
    try:
        unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        readable = False
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST)
    except ValueError:
        return Parameters([], readable=False)
    return Parameters(pairs, readable=readable)


def of(values: Mapping[str, str]) -> Parameters:
    """Return `values` as parameters, for a request that was stored."""
    return Parameters(list(values.items()))
