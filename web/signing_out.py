"""The logout page: a client may ask, the member decides (OIDC RP-Initiated Logout 1.0)."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp import parameters
from idp.logout import LogoutRequest, read_logout
from idp.parameters import Parameters
from web import csrf, form_post, front_channel, headers, login, oidc, pages, scope
from web.views import client_view

bp = Blueprint("signing_out", __name__, url_prefix="/logout")
AGAIN = "again"  # a form of ours that brings a client's
CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@bp.get("")
def ask() -> Response | str:
    """Ask the member whether to sign out; a browser in which nobody was signed in just goes on."""
    return _asked(parameters.read(request.query_string))


def _asked(sent: Parameters) -> Response | str:
    wanted = _read(sent)
    scope.visitor()  # whose session ran out is seen as signed out by clients' pages, too
    if login.left_here() is None:
        return _gone(wanted)
    if wanted.return_to is not None:
        headers.allow_form_target(wanted.return_to)
    return pages.page(
        "logout.html",
        action=url_for("signing_out.decide"),
        client=None if wanted.client is None else client_view(wanted.client),
        hidden={name: value for name in CARRIED if (value := sent.get(name))},
    )


@bp.post("")
def decide() -> Response | str:
    """Sign out if our own form says so; a client's form is asked about first."""
    body = request.get_data()
    if b"decision=" not in body:
        return _brought(body)
    csrf.require()
    wanted = _read(parameters.read(body))
    if request.form.get("decision") != "yes":
        return redirect(url_for("account.index"), 303)
    done = login.sign_out_here()
    told = front_channel.page(done.over, onward=_onward(wanted, body), is_private=done.is_private)
    return told or _gone(wanted)


def _brought(body: bytes) -> Response | str:
    """Ask about a client's form, which a browser brings from elsewhere without our cookie.

    Told by a redirect to ask again, it brings the cookie; what is too long for an address it is
    told to post once more, from here.
    """
    query, sent = oidc.as_query(body), parameters.read(body)
    if query is not None:
        return redirect(f"{url_for('signing_out.ask')}?{query}", 303)
    if sent.get(AGAIN) is not None:
        return _asked(sent)
    carried = {name: value for name in CARRIED if (value := sent.get(name))}
    if not carried:
        return redirect(url_for("signing_out.ask"), 303)
    return form_post.page(url_for("signing_out.decide"), {**carried, AGAIN: "yes"}, leaving=True)


def _onward(wanted: LogoutRequest, body: bytes) -> str:
    """Return where the browser goes once the services were told: back, or to our own last page."""
    if wanted.return_to is not None:
        return wanted.return_to
    hint = None if wanted.client is None else parameters.read(body).get("id_token_hint")
    if hint is not None and len(hint) > oidc.SHORT_ENOUGH:
        hint = None  # no address holds it: the last page names no client
    return url_for("signing_out.ask", id_token_hint=hint)


def _read(sent: Parameters) -> LogoutRequest:
    return read_logout(scope.rooms().provider, scope.db(), sent, now=scope.now())


def _gone(wanted: LogoutRequest) -> Response | str:
    if wanted.return_to is not None:
        return redirect(wanted.return_to, 303)
    return pages.page(
        "logged_out.html",
        client=None if wanted.client is None else client_view(wanted.client),
        continue_url=None if wanted.client is None else wanted.client.home_uri,
    )
