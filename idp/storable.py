"""Know JSON that a database keeps: no half of a surrogate pair, no NUL, no number that is none."""

import json


def is_storable(document: object) -> bool:
    """Say whether parsed JSON can be kept, and be written as UTF-8 again."""
    try:
        written = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return b"\\u0000" not in written
