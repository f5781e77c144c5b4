"""The auditors' pages: plan an audit, let the system draw its sample, take it to its end (9)."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import audits, evidence, numbered, trail, verifying, watching
from audit.audit_models import Act, Audit, AuditFinding, AuditRequest, AuditState, Grade
from audit.audits import Plan
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import audit_scopes, consoles, csrf, pages, scope
from web import audit_words as words
from web.reading_apart import read_apart

bp = Blueprint("audits", __name__, url_prefix="/audit")
INDEX = "audits.index"
STALE = timedelta(days=8)  # the records are to be recomputed every week
PLANNED = ("audited", "since", "until", "size")
staff_required = consoles.staff_required(Role.AUDITOR)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List the audits and what nobody did in time."""
    names = audit_scopes.names(scope.db())
    return consoles.page(
        "audit/index.html",
        current=INDEX,
        audits=[words.card(each, names) for each in audits.listed(scope.db())],
        late=watching.late(scope.db(), now=scope.now()),
        verification=verifying.last(scope.db()),
        is_stale=_is_stale(),
    )


def _is_stale() -> bool:
    last = verifying.last(scope.db())
    return last is None or scope.now() - last.at > STALE


@bp.get("/new")
@staff_required
def new() -> str:
    """Show the form of a plan."""
    return _form()


def _form(refused: Refused | None = None) -> str:
    language, kinds = pages.language(), request.form.getlist("acts")
    return consoles.page(
        "audit/new.html",
        current=INDEX,
        audited=[
            {"value": key, "label": name.text(language), "chosen": key == words.typed("audited")}
            for key, name in audit_scopes.choices(scope.db()).items()
        ],
        acts=[(each.value, words.ACTS[each], each.value in kinds) for each in Act],
        typed={name: words.typed(name, 200) for name in PLANNED},
        errors=_errors("audited", refused),
    )


def _errors(field: str, refused: Refused | None) -> list[tuple[str, str]]:
    return [(field, refusal(refused.code).title.text(pages.language()))] if refused else []


@bp.post("/new")
@staff_required
def plan() -> Response:
    """Enter a plan."""
    try:
        with scope.step():
            audit = audits.plan(scope.db(), _wanted(), by=scope.member_id(), now=scope.now())
    except Refused as refused:
        return Response(_form(refused), refusal(refused.code).status, mimetype="text/html")
    record("audit.planned", audit)
    return back(audit)


def _wanted() -> Plan:
    organisation_id, counter_id = audit_scopes.chosen(scope.db(), words.typed("audited", 100))
    size = words.typed("size", 4).strip()
    kinds = {each.value: each for each in Act}
    return Plan(
        organisation_id=organisation_id,
        counter_id=counter_id,
        since=words.start_of(words.day("since")),
        until=words.end_of(words.day("until")),
        acts=frozenset(kinds[each] for each in request.form.getlist("acts") if each in kinds),
        size=int(size) if size.isascii() and size.isdigit() else 0,
        is_announced=words.typed("how") == "announced",
    )


@bp.get("/<reference>")
@staff_required
@read_apart
def one(reference: str) -> str:
    """Show an audit: its sample, what was asked and answered, what was found."""
    return show(of_others(reference))


def show(audit: Audit, field: str = "", refused: Refused | None = None) -> str:
    """Render the page of an audit, with what is wrong in a form of it."""
    session = scope.db()
    sample = evidence.read(session, audits.sample(session, audit))
    return consoles.page(
        "audit/one.html",
        current=INDEX,
        audit=audit,
        card=words.card(audit, audit_scopes.names(session)),
        steps=_steps(audit),
        sample=[words.row(each, audit) for each in sample],
        requests=[words.asked(each) for each in numbered.of_audit(session, AuditRequest, audit)],
        findings=[words.found(each) for each in numbered.of_audit(session, AuditFinding, audit)],
        grades=[
            {"value": each.value, "label": label.text(pages.language())}
            for each, (label, _) in words.GRADES.items()
        ],
        default_grade=Grade.MINOR.value,
        may_ask=audit.state is AuditState.EVIDENCE,
        may_find=audit.state is AuditState.FINDINGS,
        typed={} if refused is None else request.form,
        errors=_errors(field, refused),
        flashes=_done(),
    )


def _steps(audit: Audit) -> list[tuple[str, str]]:
    """Return the steps that may come next, with what stands on their buttons."""
    first = "announce" if audit.is_announced else "draw"
    step = {
        AuditState.PLANNED: first,
        AuditState.ANNOUNCED: "draw",
        AuditState.EVIDENCE: "conclude",
        AuditState.FINDINGS: "report",
        AuditState.VERIFIED: "close",
    }.get(audit.state)
    says = {
        "announce": pages.say("預告機關"),
        "draw": pages.say("由系統抽樣"),
        "conclude": pages.say("結束取證"),
        "report": pages.say("把發現交給機關"),
        "close": pages.say("結案"),
    }
    steps = [step] if step else []
    is_open = audit.state is not AuditState.CLOSED
    if is_open and audit_scopes.heir(scope.db(), audit.organisation_id) is None:
        steps = [*(each for each in steps if each != "close"), "close"]  # whatever is unanswered
    return [(each, says[each]) for each in steps]


def _done() -> list[str]:
    return pages.just_done(
        {
            "announce": pages.say("已預告，機關看得到期間和範圍，看不到樣本。"),
            "draw": pages.say("已抽樣，種子和母體都有紀錄。"),
            "asked": pages.say("已請機關回覆。"),
            "same": pages.say("重抽一次，樣本和母體都一樣。"),
        }
    )


STEPS = '<any("announce", "draw", "conclude", "report", "close"):kind>'


@bp.post(f"/<reference>/{STEPS}")
@staff_required
def step(reference: str, kind: str) -> Response:
    """Take one step; of two auditors at once, one is told to look again."""
    audit = of_others(reference)
    detail = _take(audit, kind)
    record(f"audit.{kind}", audit, **detail)
    return back(audit, done=kind)


def _take(audit: Audit, kind: str) -> dict[str, str | int]:
    session, now = scope.db(), scope.now()
    if kind == "announce":
        audits.announce(session, audit, now=now)
    elif kind == "draw":
        whose = audit_scopes.of(session, audit.organisation_id, audit.counter_id)
        if scope.member_id() in whose.actors:
            raise Refused("case.self_dealing")
        drawn = audits.draw(session, audit, actors=whose.actors, clients=whose.clients, now=now)
        heir = audit_scopes.heir(session, audit.organisation_id)
        if heir is not None:
            audits.hand_over(session, audit.organisation_id, to=heir)
        return {"population": drawn.population, "hash": drawn.population_hash}
    elif kind == "conclude":
        audits.conclude(session, audit, now=now)
    elif kind == "report":
        audits.report(session, audit)
    elif audit_scopes.heir(session, audit.organisation_id) is None:
        audits.close_unanswered(session, audit, now=now)
    else:
        audits.close(session, audit, now=now)
    return {}


# What the modules beside this one use as well


def of_others(reference: str) -> Audit:
    """Return an audit that is not of what the auditor did themselves.

    Raises NotFound, or Refused `case.self_dealing`.
    """
    audit = audits.get(scope.db(), reference)
    if str(scope.member_id()) in (audit.actors or ()):
        raise Refused("case.self_dealing")
    return audit


def record(event: str, audit: Audit, **detail: str | int) -> None:
    """Write down what was done in an audit, by whom."""
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=audit.id,
        now=scope.now(),
        audit=audit.reference,
        **detail,
    )


def back(audit: Audit, done: str | None = None) -> Response:
    """Return the way back to the page of an audit."""
    return redirect(url_for("audits.one", reference=audit.reference, done=done), 303)


def refused_page(reference: str, field: str, refused: Refused) -> Response:
    """Undo what was begun and show the page again with what is wrong."""
    scope.abandon(refused)
    page = show(of_others(reference), field, refused)
    return Response(page, refusal(refused.code).status, mimetype="text/html")


def _waiting() -> int:
    return watching.for_auditor(scope.db(), now=scope.now())


consoles.register_menu(
    INDEX,
    Bilingual("稽核", "Audits"),
    icon="shield",
    roles=[Role.AUDITOR],
    waits=_waiting,
)
