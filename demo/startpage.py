"""Explain the demo at `/demo`: where to go, whom to be, what to try. Never outside demo mode."""

import os

from flask import Blueprint, Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from demo import addresses, city, desk, setup, wallet
from demo.city import Words
from demo.words import THINGS_TO_TRY
from web import csrf, pages, scope

bp = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")


class NotADemo(Exception):
    """The start page prints passwords and belongs to a demo only."""


def init(app: Flask) -> None:
    """Add the start page to the provider. Raises NotADemo outside demo mode."""
    with app.app_context():
        if not scope.rooms().settings.demo:
            raise NotADemo
    app.register_blueprint(bp)


@bp.get("")
def start() -> str:
    """Show the start page."""
    return pages.page(
        "demo/start.html",
        t=_text,
        words=lambda both: _text(both.zh, both.en),
        personas=city.personas(),
        addresses=addresses.read(os.environ),
        things_to_try=THINGS_TO_TRY,
        standings=STANDINGS,
        cards=wallet.owned(),
        lying=desk.lying(setup.data_folder(os.environ)),
        pin=wallet.PIN,
    )


@bp.post("/reader")
def reader() -> Response:
    """Lay one of the cards on the demo's reader, or take it away."""
    csrf.require()
    wanted = request.form.get("card", "")
    known = {each.id for each in wallet.owned()}
    desk.put(setup.data_folder(os.environ), wanted if wanted in known else "")
    return redirect(url_for("demo.start", _anchor="cards"), 303)


STANDINGS = {
    "active": Words(zh="有效", en="active"),
    "suspended": Words(zh="已中止", en="suspended"),
    "closed": Words(zh="已關閉", en="closed"),
}


def _text(zh: str, en: str) -> str:
    return en if pages.language() == "en" else zh
