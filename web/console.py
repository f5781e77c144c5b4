"""The front page of the consoles: what waits for whom, and in which post they act."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from web import consoles, cookies, csrf, scope

bp = Blueprint("console", __name__, url_prefix="/console")


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True)
class Door:
    """One way on from the front page, and how much waits behind it."""

    url: str
    label: Bilingual
    icon: str
    waits: int | None


@bp.get("")
def front() -> Response | str:
    """List what waits for this visitor."""
    first = consoles.proof_needed()
    if first is not None:
        return first
    menu = consoles.menu()
    if not menu and not consoles.posts():
        raise Refused("officer.not_for_you")
    return consoles.page("console/front.html", doors=doors(), current="console.front")


def doors() -> list[Door]:
    """Return every way on for the post acted in, those behind which something waits first."""
    ways = [
        Door(url_for(each.endpoint), each.label, each.icon, each.waits() if each.waits else None)
        for each in consoles.menu()
    ]
    return sorted(ways, key=lambda door: not door.waits)


@bp.post("/post")
@scope.member_required
def choose_post() -> Response:
    """Act in another post of one's own from now on."""
    wanted = request.form.get("post", "")
    if wanted not in {str(each.id) for each in consoles.posts()}:
        raise NotFound("officer.not_found")
    cookies.choose_post(wanted)
    return redirect(url_for("console.front"), 303)
