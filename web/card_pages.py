"""Show the page on which a card is read or signs: to sign in, or to make sure who is here."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import request
from werkzeug.wrappers import Response

from web import methods, pages
from web.card_program import CardForm
from web.views import ClientView

LONGEST_LOGIN = 128
NOTHING: Mapping[str, str] = MappingProxyType({})


def show(
    form: CardForm,
    error: str = "",
    status: int = 200,
    *,
    other_ways: str,
    known: bool = False,
    has_password: bool = False,
    client: ClientView | None = None,
    cancel_url: str | None = None,
    hidden: Mapping[str, str] = NOTHING,
) -> Response:
    """Show it; `known` is who signed in already, `has_password` who gave a password for it."""
    asks_password = form.way in methods.WITH_PASSWORD and not has_password
    page = pages.page(
        "card.html",
        card=form,
        client=client,
        hidden=hidden,
        person=pages.person() if known else None,
        asks_password=asks_password,
        asks_login=asks_password and not known and bool(error),
        login_hint=request.form.get("login_id", "")[:LONGEST_LOGIN],
        error=error,
        other_ways=other_ways,
        cancel_url=cancel_url,
    )
    return Response(page, status, mimetype="text/html")
