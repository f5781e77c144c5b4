"""Name what may come back through the browser (OAuth 2.0 Multiple Response Types 3, 5).

All but a code bring tokens past the eyes of the browser (RFC 9700 2.1.2), so only clients of a
profile for them may register them, and only where the installation allows it (decision 0080).
"""

from clients.grant_types import CODE as CODE_GRANT
from clients.grant_types import IMPLICIT

CODE = "code"
THROUGH_BROWSER = (
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
KNOWN = (CODE, *THROUGH_BROWSER)
_BY_WORDS = {frozenset(each.split()): each for each in KNOWN}


def served(*, hybrid: bool) -> tuple[str, ...]:
    """Return the response types of an installation."""
    return KNOWN if hybrid else (CODE,)


def find(sent: str) -> str | None:
    """Return the response type that these words mean, in whatever order (RFC 6749 3.1.1)."""
    return _BY_WORDS.get(frozenset(sent.split()))


def brings(kind: str, word: str) -> bool:
    """Say whether a response of this type has a `code`, an `id_token` or a `token` in it."""
    return word in kind.split()


def needed_grant_types(kinds: tuple[str, ...]) -> list[str]:
    """Return the grant types that go with response types (RFC 7591 2.1)."""
    code = [CODE_GRANT] if any(brings(kind, CODE) for kind in kinds) else []
    return [*code, *([IMPLICIT] if set(kinds) & set(THROUGH_BROWSER) else [])]
