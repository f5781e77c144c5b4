"""Read which verified claims are asked for (OpenID Connect for Identity Assurance 1.0, 6)."""

from typing import Any, TypeAlias

from idp.errors import ProtocolError

NAME = "verified_claims"
Element: TypeAlias = dict[str, Any]  # {"verification": …, "claims": …}: JSON of the client's


def read(wanted: object) -> list[Element]:
    """Return the elements asked for, one or several; null asks for none.

    What they hold is looked at when claims leave. Raises ProtocolError `invalid_request`.
    """
    if wanted is None:
        return []
    elements = wanted if isinstance(wanted, list) else [wanted]
    return [_element(each) for each in elements]


def _element(wanted: object) -> Element:
    if not isinstance(wanted, dict):
        raise _malformed("holds neither an object nor a list of them")
    verification, claims = wanted.get("verification"), wanted.get("claims")
    if not isinstance(verification, dict) or "trust_framework" not in verification:
        raise _malformed("asks for no trust_framework")
    if not isinstance(claims, dict) or not claims:
        raise _malformed("asks for no claims")
    if not all(each is None or isinstance(each, dict) for each in claims.values()):
        raise _malformed("claims holds neither null nor objects")
    return {"verification": verification, "claims": claims}


def names(elements: list[Element]) -> frozenset[str]:
    """Return the claims the elements ask for, and that they are asked for as verified."""
    inner = [name for each in elements for name in each["claims"]]
    return frozenset([*inner, NAME]) if inner else frozenset()


def _malformed(description: str) -> ProtocolError:
    return ProtocolError("invalid_request", f"{NAME} {description}")
