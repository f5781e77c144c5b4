"""Look into a compact JWS before anybody has verified it: whose it says it is, by which key."""

import base64
import json

from kernel.db import Json

HEADER, CLAIMS = 0, 1
PARTS = 3
LONGEST = 64 * 1024  # characters


def unverified(token: str, part: int) -> Json:
    """Return the header or the claims as they stand there. Raises ValueError."""
    parts = token.split(".")
    if len(parts) != PARTS or len(token) > LONGEST:
        raise ValueError("not a compact JWS")
    return decoded(parts[part])


def decoded(text: str) -> Json:
    """Return the JSON object in a part of a token. Raises ValueError."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # as what cannot be read at all
    return found
