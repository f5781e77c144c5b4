"""Show every macro in every state: the visual reference, in demo mode only."""

from flask import Blueprint

from web import pages

bp = Blueprint("kit", __name__, url_prefix="/dev")


@bp.get("/kit")
def kit() -> str:
    """Render the kit."""
    return pages.page("kit.html")
