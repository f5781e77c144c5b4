"""Petition without a login, by the number and the code of the letter; and follow it (6(3)).

The browser keeps the paper for half an hour. A stranger and a wrong code get the same answer in
the same time.
"""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.errors import Refused
from kernel.refusals import refusal
from services import decision_slips
from services.eligibility_models import Finding
from services.petition_models import Petition, Way
from services.petitions import Plea
from web import (
    cookies,
    counter_forms,
    csrf,
    pages,
    petition_words,
    petitioning,
    scope,
    suspension_words,
)
from web.held_papers import Paper

bp = Blueprint("petition", __name__, url_prefix="/petition")
PAPER = Paper(name="petition", template="petition/ask.html", code="code")


bp.before_request(csrf.only_our_forms)


@bp.get("")
def ask() -> str:
    """Ask for the number and the code of a letter, or of a petition's slip."""
    return PAPER.asked()


@bp.post("")
def open_paper() -> Response:
    """Lead to the letter, or to the petition, if the paper is right."""
    number, code = PAPER.guessed()
    letter, petition = _letter(number, code), _slip(number, code)  # both: a stranger waits as long
    if letter is None and petition is None:
        return PAPER.refused(pages.say("編號或代碼不對。請對照通知書或收據再輸入一次。"))
    return PAPER.held(number, code, endpoint="petition.letter" if letter else "petition.slip")


def _letter(number: str, code: str) -> Finding | None:
    keyring = scope.rooms().keyring
    return decision_slips.suspension(scope.db(), number, code, keyring=keyring)


def _slip(number: str, code: str) -> Petition | None:
    return decision_slips.petition(scope.db(), number, code, keyring=scope.rooms().keyring)


@bp.get("/letter")
def letter() -> Response | str:
    """Show the decision of the letter this browser holds, and the form."""
    found = _letter(*_held())
    return redirect(url_for("petition.ask"), 303) if found is None else _form(found)


def _held() -> tuple[str, str]:
    return cookies.pair(PAPER.name) or ("", "")


def _form(finding: Finding, field: str = "", refused: Refused | None = None) -> str:
    title = "" if refused is None else refusal(refused.code).title.text(pages.language())
    return pages.page(
        "petition/letter.html",
        decision=suspension_words.of(finding),
        typed={name: request.form.get(name, "")[:2000] for name in ("name", "words")},
        errors=[(field, title)] if title else [],
    )


@bp.post("/letter")
def file() -> Response:
    """Take the petition in and give out a number and a code of its own."""
    found = _letter(*_held())
    if found is None:
        return redirect(url_for("petition.ask"), 303)
    plea = Plea(words=request.form.get("words", ""), way=Way.SLIP, language=pages.language())
    try:
        with scope.step():
            _require_name()
            made = petitioning.file(
                scope.db(), found, plea, by=None, keyring=scope.rooms().keyring, now=scope.now()
            )
    except Refused as refused:
        field = "name" if refused.code == "appeal.anonymous" else "words"
        status = refusal(refused.code).status
        return Response(_form(found, field, refused), status, mimetype="text/html")
    code = decision_slips.code(made.id, keyring=scope.rooms().keyring)
    cookies.keep_pair(PAPER.name, made.reference, code)
    return redirect(url_for("petition.slip"), 303)


def _require_name() -> None:
    """Refuse a petition without a name (APA 173). Raises Refused `appeal.anonymous`."""
    if not counter_forms.typed("name"):
        raise Refused("appeal.anonymous")


@bp.get("/slip")
def slip() -> Response | str:
    """Show the petition of the slip this browser holds: how far it is, and its code to keep."""
    number, code = _held()
    found = _slip(number, code)
    if found is None:
        return redirect(url_for("petition.ask"), 303)
    return pages.page("petition/slip.html", petition=petition_words.whole(found), code=code)


@bp.post("/leave")
def leave() -> Response:
    """Let the browser forget the paper: the next to sit here may be anybody."""
    cookies.forget_pair(PAPER.name)
    return redirect(url_for("petition.ask"), 303)
