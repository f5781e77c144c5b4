"""中止與陳情: what was suspended and why, to petition against it, and what came of that (6(3))."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.errors import Refused
from kernel.refusals import refusal
from services import findings, petitions, sanctions
from services.eligibility_models import Finding
from services.petition_models import Way
from services.petitions import Plea
from web import csrf, pages, petition_words, petitioning, sanction_words, scope, suspension_words

bp = Blueprint("petitions", __name__, url_prefix="/account/petitions")


bp.before_request(csrf.only_our_forms)


@bp.get("")
@scope.member_required
def index() -> str:
    """List what was suspended, and the member's petitions."""
    member_id = scope.member_id()
    return pages.page(
        "account/petitions.html",
        suspensions=[
            suspension_words.of(each) for each in findings.suspensions_of(scope.db(), member_id)
        ],
        petitions=[
            petition_words.card(each) for each in petitions.of_member(scope.db(), member_id)
        ],
        sanctions=[
            sanction_words.card(each) for each in sanctions.of_member(scope.db(), member_id)
        ],
    )


@bp.get("/about/<reference>")
@scope.member_required
def about(reference: str) -> str:
    """Show the whole decision, and the form of a petition against it."""
    return _page(findings.suspension(scope.db(), reference, member_id=scope.member_id()))


def _page(finding: Finding, refused: Refused | None = None) -> str:
    title = "" if refused is None else refusal(refused.code).title.text(pages.language())
    return pages.page(
        "account/suspension.html",
        decision=suspension_words.of(finding),
        typed=request.form.get("words", ""),
        errors=[("words", title)] if title else [],
    )


@bp.post("/about/<reference>")
@scope.member_required
def file(reference: str) -> Response:
    """Take a petition in."""
    finding = findings.suspension(scope.db(), reference, member_id=scope.member_id())
    plea = Plea(words=request.form.get("words", ""), way=Way.ONLINE, language=pages.language())
    try:
        with scope.step():
            made = petitioning.file(
                scope.db(),
                finding,
                plea,
                by=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except Refused as refused:
        status = refusal(refused.code).status
        return Response(_page(finding, refused), status, mimetype="text/html")
    return redirect(url_for("petitions.one", reference=made.reference, done="filed"), 303)


@bp.get("/<reference>")
@scope.member_required
def one(reference: str) -> str:
    """Show how far a petition has come, and what was written."""
    petition = petitions.get(scope.db(), reference, member_id=scope.member_id())
    filed = request.args.get("done") == "filed"
    return pages.page(
        "account/petition.html",
        petition=petition_words.whole(petition),
        about=petition.finding.reference,
        flashes=[pages.say("收到您的陳情。請記下編號，期限前會答覆您。")] if filed else [],
    )
