"""The Bureau's page of checks that were halted: too many would lose a service (6(3))."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.models import Organisation
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import eligibility_runs as runs
from services import rules
from services.eligibility_models import CheckRun
from web import consoles, csrf, scope
from web.agency_eligibility import error_of, told
from web.agency_runs import record

bp = Blueprint("doit_runs", __name__, url_prefix="/doit/eligibility")
INDEX = "doit_runs.index"


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """List the checks that wait for somebody to agree."""
    return _page()


def _page(wrong: str = "", refused: Refused | None = None) -> str:
    session = scope.db()
    found = runs.halted(session)
    names = rules.names_in(session, [each.rule for each in found])
    return consoles.page(
        "console/halted_runs.html",
        current=INDEX,
        runs=[
            {
                "reference": each.reference,
                "service": Bilingual(each.service.name_zh, each.service.name_en),
                "agency": _agency(each),
                "share": runs.share(session, each, now=scope.now()),
                "rule": told(each.rule, names),
                "halted_at": each.halted_at,
            }
            for each in found
        ],
        wrong=wrong,
        error=error_of(refused),
    )


def _agency(run: CheckRun) -> Bilingual:
    row = scope.db().get_one(Organisation, run.organisation_id)
    return Bilingual(row.name_zh, row.name_en)


@bp.post("/<reference>/release")
@consoles.staff_required(Role.REVIEWER)
def release(reference: str) -> Response:
    """Let a check go on, with reasons; it stays halted if nobody does."""
    run = runs.get(scope.db(), reference, organisation_id=None)
    reason = request.form.get("release_reason", "")
    try:
        runs.release(scope.db(), run, reason, by=scope.member_id(), now=scope.now())
    except Refused as refused:
        if refused.code != "eligibility.reason_missing":
            raise
        return Response(_page(run.reference, refused), 422, mimetype="text/html")
    record("eligibility.run_released", run, findings=run.released_findings or 0)
    return redirect(url_for(INDEX), 303)


def _waiting() -> int:
    return len(runs.halted(scope.db()))


consoles.register_menu(
    INDEX,
    Bilingual("查核煞停", "Halted checks"),
    icon="warn",
    roles=[Role.REVIEWER],
    waits=_waiting,
)
