"""Find data objects in what a card sent (ISO 7816-4 5.2.2); lengths are believed after counting."""

from adapters.agent.troubles import Trouble

LONG_FORM = 0x80
LONGEST_LENGTH = 3  # bytes of a length


def find(data: bytes, tag: int) -> bytes:
    """Return the value of the first object with this one-byte tag. Raises Trouble `card_error`."""
    while data:
        start, size = _length(data)
        value, rest = data[start : start + size], data[start + size :]
        if len(value) < size:
            raise Trouble("card_error")
        if data[0] == tag:
            return value
        data = rest
    raise Trouble("card_error")


def _length(data: bytes) -> tuple[int, int]:
    """Return where the value begins and how long it says it is."""
    first = data[1] if len(data) > 1 else 0xFF
    if first < LONG_FORM:
        return 2, first
    count = first - LONG_FORM
    if not 1 <= count <= LONGEST_LENGTH or len(data) < 2 + count:
        raise Trouble("card_error")
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")


def write(tag: int, value: bytes) -> bytes:
    """Write one object."""
    size = len(value)
    if size < LONG_FORM:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, LONG_FORM | len(length)]) + length + value
