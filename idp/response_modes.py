"""Know the ways an authorization response may travel (OAuth 2.0 Multiple Response Types 2.1).

In a mode that ends in `jwt` all of it is one signed token (JARM), so that nobody on the way can
change or mix it.
"""

QUERY = "query"
FRAGMENT = "fragment"
FORM_POST = "form_post"  # OAuth 2.0 Form Post Response Mode
PLAIN = (QUERY, FRAGMENT, FORM_POST)
SIGNED = ".jwt"
MODES = (*PLAIN, "jwt", *(mode + SIGNED for mode in PLAIN))


def usual(response_type: str | None) -> str:
    """Return the mode for a request that names none: tokens never stand in a query (5)."""
    words = (response_type or "").split()
    return FRAGMENT if {"token", "id_token"} & set(words) else QUERY


def mode_of(asked: str | None, response_type: str | None) -> str:
    """Return the mode to answer in; what is unknown or unsafe is refused in the usual one."""
    default = usual(response_type)
    if asked == "jwt":  # JARM 2.3.4
        return default + SIGNED
    return asked if asked is not None and fits(asked, response_type) else default


def fits(mode: str, response_type: str | None) -> bool:
    """Say whether this mode is one of ours that may carry such a response."""
    through_query = mode.removesuffix(SIGNED) == QUERY
    return mode in MODES and not (through_query and usual(response_type) == FRAGMENT)


def carrier_of(mode: str) -> str:
    """Return whether a redirect's query, its fragment or a form brings the answer."""
    return mode.removesuffix(SIGNED)


def is_signed(mode: str) -> bool:
    """Say whether the answer is one signed token."""
    return mode == "jwt" or mode.endswith(SIGNED)
