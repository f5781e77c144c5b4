"""Answer a client by a form that its browser sends: OAuth 2.0 Form Post Response Mode."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import g
from werkzeug.wrappers import Response

from web import headers, pages


def page(redirect_uri: str, response: Mapping[str, str], *, leaving: bool = False) -> Response:
    """Return the page whose form brings `response` to a *registered* address, or to our own.

    `leaving` says that a client's wish to sign out is carried, not an answer. A script sends it
    at once; without one the member presses the button.
    """
    g.show_person = False  # nothing is asked of the database once the answer is made
    g.asks_nothing = True
    headers.allow_form_target(redirect_uri)
    body = pages.page(
        "form_post.html",
        action=redirect_uri,
        response=response,
        leaving=leaving,
        host=urlsplit(redirect_uri).hostname or redirect_uri,
    )
    sent = Response(body, mimetype="text/html")
    sent.headers["Cache-Control"] = "no-store"
    return sent
