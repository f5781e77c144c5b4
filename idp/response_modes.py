"""Know the ways an authorization response may travel (OAuth 2.0 Multiple Response Types 2.1)."""

QUERY = "query"
FORM_POST = "form_post"  # OAuth 2.0 Form Post Response Mode
MODES = (QUERY, FORM_POST)


def mode_of(asked: str | None) -> str:
    """Return the mode to answer in; an unknown one is refused, and the refusal goes by query."""
    return asked if asked in MODES else QUERY
