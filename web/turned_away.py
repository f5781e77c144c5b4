"""Turn an applicant away with a slip: the clause, the reason, the cure, and how to complain (7(1)).

Nothing about the person is kept; the slip's number says what was missing when they come again.
"""

from flask import Blueprint
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kernel.errors import Refused
from kernel.refusals import refusal
from members import refusal_slips
from members.application_models import Channel
from members.refusal_slips import Slip
from web import apply_words, pages, scope

bp = Blueprint("turned_away", __name__, url_prefix="/apply/slips")


def page(refused: Refused) -> Response:
    """Undo what was done, keep why, and show the slip."""
    slips: list[Slip] = []

    def keep(session: Session) -> None:
        slips.append(refusal_slips.record(session, refused, channel=Channel.SITE, now=scope.now()))

    scope.abandon(aftermath=keep)
    return Response(_shown(slips[0]), refusal(refused.code).status, mimetype="text/html")


@bp.get("/<number>")
def slip(number: str) -> str:
    """Show a slip again. Raises NotFound."""
    return _shown(refusal_slips.get(scope.db(), number[:64], now=scope.now()))


def _shown(slip: Slip) -> str:
    entry = refusal(slip.code)
    return pages.page(
        "apply/refused.html",
        slip=slip,
        title=title(slip.code),
        clause=entry.clause,
        missing=apply_words.of_documents(slip.missing),
    )


def title(code: str) -> str:
    """Return what a refusal says, in the reader's language."""
    return refusal(code).title.text(pages.language())
