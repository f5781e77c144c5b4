"""Let developers try: people to be, clients of their own, our mistakes, and what theirs would be.

Registered where settings say that this is a sandbox; anywhere else there is no such page.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.models import Profile
from idp.errors import ProtocolError
from kernel.wording import Bilingual
from web import (
    api_samples,
    cookies,
    csrf,
    pages,
    sandbox_clients,
    sandbox_throttle,
    scope,
)
from web.personas import Persona
from web.sandbox_clients import PROFILES, Wanted
from web.sandbox_document import INTERFACE

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")
A_PAGE = 20  # people
LONGEST_NAME, LONGEST_ADDRESSES = 100, 8000
MOST_ADDRESSES = 10


@bp.before_request
def _only_our_forms() -> None:
    if request.method == "POST":
        csrf.require()


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("", strict_slashes=False)
def index() -> str:
    """Show what there is, and the clients of this browser."""
    return _index()


def _index(wanted: Wanted | None = None, mistake: str = "") -> str:
    mine = sandbox_clients.of_browser(scope.db(), cookies.browser())
    return page(
        "index",
        clients=mine,
        people=len(scope.rooms().personas),
        wanted=wanted,
        mistake=mistake,
        profiles=PROFILES,
    )


@bp.get("/people")
def people() -> str:
    """List the invented people, those in a state only if one is asked for."""
    state = request.args.get("state", "")[:64]
    everybody = scope.rooms().personas
    found = [each for each in everybody if state in ("", each.state)]
    number = request.args.get("page", 1, int)
    last = max(1, -(-len(found) // A_PAGE))
    number = min(max(number, 1), last)
    return page(
        "people",
        people=found[(number - 1) * A_PAGE : number * A_PAGE],
        found=len(found),
        states=_states(everybody),
        state=state,
        number=number,
        last=last,
    )


@bp.get("/interface")
def interface() -> str:
    """Show what a client's own tests may call."""
    issuer = scope.rooms().provider.issuer
    shown = api_samples.shown(INTERFACE, issuer, document="sandbox_api.document")
    return page("interface", current="sandbox.interface", **shown)


def _states(everybody: tuple[Persona, ...]) -> dict[str, Bilingual]:
    return {each.state: each.special for each in everybody if each.state}


@bp.post("/clients")
def make() -> Response:
    """Make a client; its secret and its key are on this one answer."""
    wanted = _wanted()
    sandbox_throttle.count()
    rooms, browser = scope.rooms(), cookies.browser()
    try:
        made = sandbox_clients.make(
            scope.db(), rooms.registrar, wanted, browser=browser, now=scope.now()
        )
    except ProtocolError as wrong:
        scope.abandon()
        again = _index(wanted, f"{wrong.error}: {wrong.description}")
        return Response(again, HTTPStatus.BAD_REQUEST, mimetype="text/html")
    return Response(page("made", made=made), HTTPStatus.CREATED, mimetype="text/html")


def _wanted() -> Wanted:
    asked = request.form.get("profile", "")
    profile = next((each for each in PROFILES if each.value == asked), Profile.BASIC)
    lines = request.form.get("addresses", "")[:LONGEST_ADDRESSES].split()
    name = " ".join(request.form.get("name", "")[:LONGEST_NAME].split())
    return Wanted(
        name=name or pages.say("測試網站"),
        addresses=tuple(lines[:MOST_ADDRESSES]),
        profile=profile,
    )


@bp.post("/open")
def open_() -> Response:
    """Let a client belong to this browser, on showing its key."""
    sandbox_throttle.count()
    key = request.form.get("key", "")[:64].strip()
    client_id = sandbox_clients.move(scope.db(), key, browser=cookies.browser(), now=scope.now())
    return redirect(url_for("sandbox.client", client_id=client_id), 303)


def page(name: str, **context: Any) -> str:  # whatever the template needs
    """Render a page of the sandbox."""
    g.show_person = False
    return pages.page(f"sandbox/{name}.html", issuer=scope.rooms().provider.issuer, **context)
