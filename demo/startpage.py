"""Explain the demo at `/demo`: where to go, whom to be, what to try. Never outside demo mode."""

import os

from flask import Blueprint, Flask

from demo import addresses, city
from demo.city import Words
from demo.words import THINGS_TO_TRY
from web import pages, scope

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
    )


STANDINGS = {
    "active": Words(zh="有效", en="active"),
    "suspended": Words(zh="已中止", en="suspended"),
    "closed": Words(zh="已關閉", en="closed"),
}


def _text(zh: str, en: str) -> str:
    return en if pages.language() == "en" else zh
