"""The Bureau's review: who becomes a member (regulation 2(8)1; state machine 4.1)."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel.errors import NotFound
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import (
    admission,
    admitting,
    application_decisions,
    application_looks,
    application_steps,
    applications,
    approval_rules,
    guardians,
    numbers,
    review_checks,
    reviewing,
    sealed_forms,
    seen_documents,
)
from members.application_models import Application, State
from members.review_checks import Verdict
from members.rule_models import RuleRun
from web import consoles, csrf, impartial, notices, pages, review_words, scope, shown_forms
from web.mails import Mail

bp = Blueprint("doit_reviews", __name__, url_prefix="/doit/reviews")
INDEX = "doit_reviews.index"
PAGE = 50
FURTHEST = 200  # pages


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One application in the queue: its number, and no name."""

    number: str
    url: str
    kind: Bilingual
    channel: Bilingual
    submitted_at: datetime
    waiting_since: datetime


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """List what waits, the oldest first."""
    at = min(request.args.get("page", 0, type=int) or 0, FURTHEST)
    page = max(at, 0)
    found = applications.waiting_for_review(scope.db(), most=PAGE + 1, skip=page * PAGE)
    return consoles.page(
        "console/reviews.html",
        current=INDEX,
        rows=[_row(each) for each in found[:PAGE]],
        newer=url_for(INDEX, page=page - 1) if page else None,
        older=url_for(INDEX, page=page + 1) if len(found) > PAGE else None,
        rule=approval_rules.current(scope.db()),
        flashes=_done(),
    )


def _row(application: Application) -> Row:
    return Row(
        number=application.number,
        url=url_for("doit_reviews.one", reference=application.number),
        kind=review_words.KINDS[application.kind],
        channel=review_words.CHANNELS[application.channel],
        submitted_at=application.submitted_at,
        waiting_since=application.waiting_since,
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "approved": pages.say("已核准。申請人會收到啟用連結，自己選帳號和密碼。"),
            "returned": pages.say("已退回補正，並通知申請人。"),
            "rejected": pages.say("已駁回，並通知申請人理由和救濟方法。"),
        }
    )


@bp.get("/<reference>")
@consoles.staff_required(Role.REVIEWER)
def one(reference: str) -> str:
    """Show everything there is to decide on; looking is on record."""
    return _page(_get(reference))


def _get(reference: str) -> Application:
    found = None
    if reference.isascii() and reference.isalnum():
        where = Application.number == reference.upper()
        found = scope.db().scalar(select(Application).where(where))
    if found is None:
        raise NotFound("application.not_found")
    return found


def _page(application: Application, error: tuple[str, str] | None = None) -> str:
    session, keyring, now = scope.db(), scope.rooms().keyring, scope.now()
    _note_look(application)
    form = sealed_forms.read(application, keyring=keyring)
    is_own = scope.member_id() in {application.intake_by, application.guardian_id}
    seen = seen_documents.listed(session, application.id)
    return consoles.page(
        "console/review.html",
        current=INDEX,
        row=_row(application),
        form=form,
        number=numbers.recognise(form.number).masked,
        former=numbers.recognise(form.former_number).masked if form.former_number else "",
        services=form.services,
        documents=[
            (review_words.DOCUMENTS[each.document], each.expires_on, each.seen_at) for each in seen
        ],
        checks=[
            _check(each)
            for each in review_checks.run(session, application, form, keyring=keyring, now=now)
        ],
        rule=_rule_words(approval_rules.run_of(session, application.id)),
        history=[
            (each.at, review_words.STATES[each.state], each.reason)
            for each in application_steps.history(session, application, keyring=keyring)
        ],
        open=application.state is State.REVIEW,
        mark=sealed_forms.mark(application),
        state=review_words.STATES[application.state],
        is_own=is_own,
        is_assistant=admission.is_assistant(form),
        enters=admitting.entering(
            session, application, form, {each.document for each in seen}, keyring=keyring, now=now
        ),
        clauses=list(review_words.CLAUSES.items()),
        typed={name: request.form.get(name, "")[:2000] for name in ("reason", "clause", "why")},
        errors=[error] if error else [],
    )


def _note_look(application: Application) -> None:
    """Write that a reviewer looks: where applicants read it, or where the member it made does."""
    session, actor = scope.db(), scope.member_id()
    if application.member_id is not None:
        consoles.look(session, application.member_id, actor=actor, case=application.number)
        return
    trail.record(
        session,
        application_looks.VIEWED,
        actor=actor,
        subject=application.id,
        now=scope.now(),
        post=str(scope.post().id),
        case=application.number,
    )


@dataclass(frozen=True)
class CheckView:
    """One check in words: what was checked, what is wrong, and which papers are missing."""

    words: Bilingual
    passed: bool
    trouble: Bilingual | None
    missing: list[str]


def _check(verdict: Verdict) -> CheckView:
    return CheckView(
        words=review_words.CHECKS[verdict.check],
        passed=verdict.code is None,
        trouble=None if verdict.code is None else refusal(verdict.code).title,
        missing=[review_words.DOCUMENTS[each].text(pages.language()) for each in verdict.missing],
    )


def _rule_words(run: RuleRun | None) -> Bilingual | None:
    return None if run is None else review_words.RULE[run.verdict]


def _to_decide(reference: str) -> Application:
    """Return the application for who may decide on it and has its form before them.

    Raises Refused `case.self_dealing` or `case.wrong_state`.
    """
    application, session = _get(reference), scope.db()
    impartial.require_for(application)
    application_steps.lock(session, application.id)
    reviewing.require_not_own(session, application.id, reviewer_id=scope.member_id())
    shown_forms.require(application)  # as it stands now that it is locked
    return application


@bp.post("/<reference>/approve")
@consoles.staff_required(Role.REVIEWER)
def approve(reference: str) -> Response:
    """Make the applicant a member."""
    application = _to_decide(reference)
    session, now = scope.db(), scope.now()
    made = reviewing.approve(
        session,
        application.id,
        post_id=scope.post().id,
        reviewer_id=scope.member_id(),
        keyring=scope.rooms().keyring,
        now=now,
    )
    for link in guardians.guardians_of(session, made.member_id, now=now):  # as at a counter
        notices.mail(
            session, Mail.LAW_NOTED, member_id=link.guardian_id, language=notices.OWN, now=now
        )
    return _next("approved")


@bp.post("/<reference>/return")
@consoles.staff_required(Role.REVIEWER)
def send_back(reference: str) -> Response:
    """Ask the applicant for a correction."""
    application, typed = _to_decide(reference), request.form.get("reason", "")
    if not typed.strip():
        return _incomplete(reference, "reason")
    application_decisions.send_back(
        scope.db(),
        application.id,
        by=scope.member_id(),
        reason=typed,
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )
    return _next("returned")


@bp.post("/<reference>/reject")
@consoles.staff_required(Role.REVIEWER)
def reject(reference: str) -> Response:
    """Turn the application down: clause, reason and remedies are one letter, none may be empty."""
    application = _to_decide(reference)
    clause, why = request.form.get("clause", ""), request.form.get("why", "")
    if clause not in review_words.CLAUSES or not why.strip():
        return _incomplete(reference, "why")
    application_decisions.reject(
        scope.db(),
        application.id,
        by=scope.member_id(),
        clause=clause,
        reason=why,
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )
    return _next("rejected")


def _incomplete(reference: str, field: str) -> Response:
    title = refusal("application.reason_missing").title.text(pages.language())
    return Response(_page(_get(reference), (field, title)), 422, mimetype="text/html")


def _next(done: str) -> Response:
    return redirect(url_for(INDEX, done=done), 303)


def _waiting() -> int:
    counted = select(func.count(Application.id)).where(
        Application.state == State.REVIEW, Application.closed_at.is_(None)
    )
    return scope.db().scalar(counted) or 0


consoles.register_menu(
    INDEX,
    Bilingual("會員審核", "Applications"),
    icon="person",
    roles=[Role.REVIEWER],
    waits=_waiting,
)
