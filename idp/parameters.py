"""Read form-encoded parameters strictly: UTF-8 only, nothing twice, nothing endless."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_to_bytes

from idp.errors import ProtocolError

LONGEST = 32_768
MOST = 100
UNREADABLE = "the request is not form-encoded UTF-8"


class Parameters:
    """The parameters of one request: each name with every value it came with."""

    def __init__(self, pairs: list[tuple[str, str]], *, fault: str = "") -> None:
        """Keep `pairs`; an empty value counts as not sent (RFC 6749 3.1).

        `fault` says what is wrong with the request, if they are not all that it says.
        """
        self.fault = fault
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

    def once(self) -> "Parameters":
        """Return what came once, whatever is wrong with the rest: it may tell who asked."""
        return Parameters([(name, kept[0]) for name, kept in self._values.items() if not kept[1:]])

    def single(self) -> dict[str, str]:
        """Return all parameters as a plain mapping. Raises ProtocolError if one is repeated."""
        self.require_sound()
        return {name: values[0] for name, values in self._values.items()}

    def require_sound(self) -> None:
        """Refuse what cannot be read or says a thing twice. Raises ProtocolError."""
        if self.fault:
            raise ProtocolError("invalid_request", self.fault)
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
        return Parameters([], fault=UNREADABLE)
    return Parameters(pairs, fault="" if readable else UNREADABLE)


def of(values: Mapping[str, str]) -> Parameters:
    """Return `values` as parameters, for a request that was stored."""
    return Parameters(list(values.items()))
