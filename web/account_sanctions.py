"""What is held against a member: read it, answer before anything is determined (6(1), APA 102)."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from kernel.errors import Refused
from kernel.refusals import refusal
from services import sanctions
from services.sanction_models import Sanction
from web import pages, sanction_words, scope
from web.account_petitions import bp


@bp.get("/sanctions/<reference>")
@scope.member_required
def sanction(reference: str) -> str:
    """Show what is said, until when to answer, and what was determined."""
    return _page(_mine(reference))


def _mine(reference: str) -> Sanction:
    return sanctions.get(scope.db(), reference, member_id=scope.member_id())


def _page(mine: Sanction, error: str = "") -> str:
    heard = request.args.get("done") == "answered"
    return pages.page(
        "account/sanction.html",
        sanction=sanction_words.whole(mine),
        may_answer=mine.determined_at is None and mine.ended_at is None,
        typed=request.form.get("words", ""),
        errors=[("words", error)] if error else [],
        flashes=[pages.say("收到您的意見，認定前一定會看。")] if heard else [],
    )


@bp.post("/sanctions/<reference>")
@scope.member_required
def answer(reference: str) -> Response:
    """Take the member's word."""
    mine = _mine(reference)
    words, keyring = request.form.get("words", ""), scope.rooms().keyring
    try:
        with scope.step():
            sanctions.answer(scope.db(), mine, words, keyring=keyring, now=scope.now())
    except Refused as refused:
        entry = refusal(refused.code)
        page = _page(mine, entry.title.text(pages.language()))
        return Response(page, entry.status, mimetype="text/html")
    footprint.record(
        scope.db(),
        Kind.SANCTION_ANSWERED,
        member_id=mine.member_id,
        now=scope.now(),
        reference=mine.reference,
    )
    return redirect(url_for(".sanction", reference=mine.reference, done="answered"), 303)
