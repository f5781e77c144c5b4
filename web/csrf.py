"""Refuse forms that are not ours: a token bound to the browser, and its own word on the origin."""

import base64
import hmac

from flask import g, request
from markupsafe import Markup

from kernel.errors import Refused
from kernel.keyring import keyed_hash
from web import cookies, scope

FIELD = "csrf_token"


def token() -> str:
    """Return the form token of this browser; a page has several forms."""
    if "csrf_token" not in g:
        mac = keyed_hash(scope.rooms().csrf_key, "csrf/v1", cookies.browser())
        g.csrf_token = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    return str(g.csrf_token)


def field() -> Markup:
    """Return the hidden field every form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def require() -> None:
    """Let only our own forms change anything. Raises Refused `form.not_ours`.

    Browsers say where a form stood (Sec-Fetch-Site, Origin); where they are silent the token
    alone decides.
    """
    require_from_here()
    sent = request.form.get(FIELD, "")
    if not hmac.compare_digest(sent.encode(), token().encode()):
        raise Refused("form.not_ours")


def only_our_forms() -> None:
    """Before each request of a blueprint of pages: nothing but our own forms changes anything."""
    if request.method == "POST":
        require()


def require_from_here() -> None:
    """Refuse what a browser says another site sent. Raises Refused `form.not_ours`."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", scope.rooms().settings.issuer)
    if site not in {"same-origin", "none"} or origin != scope.rooms().settings.issuer:
        raise Refused("form.not_ours")
