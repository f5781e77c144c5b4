"""The audited side: an agency reads what it is asked, answers, and says what it put right (9)."""

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import asking, audits, evidence, findings, numbered, trail, watching
from audit.audit_models import Audit, AuditFinding, AuditRequest, AuditState
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import audit_scopes, consoles, csrf, pages, scope
from web import audit_words as words
from web.agency_counters import organisation_id
from web.reading_apart import read_apart

bp = Blueprint("agency_audits", __name__, url_prefix="/agency/audits")
INDEX = "agency_audits.index"
STAFF = (Role.OFFICER, Role.MANAGER)
staff_required = consoles.staff_required(*STAFF)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List the audits this agency knows of."""
    names = audit_scopes.names(scope.db())
    found = audits.listed(scope.db(), organisation_id=organisation_id())
    return consoles.page(
        "agency/audits.html", current=INDEX, audits=[words.card(each, names) for each in found]
    )


@bp.get("/<reference>")
@staff_required
@read_apart
def one(reference: str) -> str:
    """Show what is asked of this agency, and what is to be put right."""
    return _show(_mine(reference))


def _mine(reference: str) -> Audit:
    return audits.get(scope.db(), reference, organisation_id=organisation_id())


def _show(audit: Audit, field: str = "", refused: Refused | None = None) -> str:
    session = scope.db()
    shown = asking.shown(session, audit)
    sample = [each for each in audits.sample(session, audit) if each.place in shown]
    found = numbered.of_audit(session, AuditFinding, audit) if audit.state in audits.TOLD else []
    error = [] if refused is None else [(field, refusal(refused.code).title)]
    return consoles.page(
        "agency/audit.html",
        current=INDEX,
        audit=audit,
        card=words.card(audit, audit_scopes.names(session)),
        sample=[_act(words.row(each, audit)) for each in evidence.read(session, sample)],
        requests=[words.asked(each) for each in numbered.of_audit(session, AuditRequest, audit)],
        findings=[words.found(each) for each in found],
        may_act=audit.state is AuditState.ACTION,
        errors=[(name, title.text(pages.language())) for name, title in error],
        flashes=[pages.say("已送出。")] if request.args.get("done") else [],
    )


def _act(row: dict[str, object]) -> dict[str, object]:
    """Leave out the pseudonym: the case number is how the agency finds whom it was about."""
    return {key: value for key, value in row.items() if key != "person"}


@bp.post("/<reference>/requests/<number>")
@staff_required
def answer(reference: str, number: str) -> Response:
    """Answer in time; afterwards it stands as not cooperating."""
    audit = _mine(reference)
    asked = numbered.get(scope.db(), AuditRequest, audit, words.place(number))
    return _written(asking.answer, audit, asked, "answer", "audit.answered")


@bp.post("/<reference>/findings/<number>")
@staff_required
def put_right(reference: str, number: str) -> Response:
    """Say what was done about a finding."""
    audit = _mine(reference)
    finding = numbered.get(scope.db(), AuditFinding, audit, words.place(number))
    return _written(findings.report_done, audit, finding, "done", "audit.put_right")


def _written(
    write: Callable[..., None],
    audit: Audit,
    row: AuditRequest | AuditFinding,
    field: str,
    event: str,
) -> Response:
    """Write what was typed to a request or a finding; or show the audit with why not."""
    by, keyring, now = scope.member_id(), scope.rooms().keyring, scope.now()
    try:
        write(scope.db(), row, words.typed(field), by=by, keyring=keyring, now=now)
    except Refused as refused:
        return _again(audit.reference, f"{field}-{row.number}", refused)
    return _done(event, audit, row.number)


def _again(reference: str, field: str, refused: Refused) -> Response:
    scope.abandon(refused)
    page = _show(_mine(reference), field, refused)
    return Response(page, refusal(refused.code).status, mimetype="text/html")


def _done(event: str, audit: Audit, number: int) -> Response:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=audit.id,
        now=scope.now(),
        audit=audit.reference,
        number=number,
    )
    return redirect(url_for(".one", reference=audit.reference, done="sent"), 303)


def _waiting() -> int:
    post = consoles.chosen(STAFF)
    if post is None or post.organisation_id is None:
        return 0
    return watching.for_agency(scope.db(), post.organisation_id, now=scope.now())


consoles.register_menu(
    INDEX, Bilingual("稽核配合", "Audits"), icon="shield", roles=STAFF, waits=_waiting
)
