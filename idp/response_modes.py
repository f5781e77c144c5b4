"""Know the ways an authorization response may travel (OAuth 2.0 Multiple Response Types 2.1).

In a mode that ends in `jwt` all of it is one signed token (JARM), so that nobody on the way can
change or mix it.
"""

QUERY = "query"
FORM_POST = "form_post"  # OAuth 2.0 Form Post Response Mode
SIGNED = {"jwt": QUERY, "query.jwt": QUERY, "form_post.jwt": FORM_POST}  # JARM 2.3
MODES = (QUERY, FORM_POST, *SIGNED)


def mode_of(asked: str | None) -> str:
    """Return the mode to answer in; an unknown one is refused, and the refusal goes by query."""
    return asked if asked in MODES else QUERY


def carrier_of(mode: str) -> str:
    """Return whether a redirect or a form brings the answer."""
    return SIGNED.get(mode, mode)
