"""Apply to become a member: a few plain pages, to be left and taken up again (8(1), 8(2)1).

who → guardian (if one is needed) → contact → services → terms → review → the receipt. What was
typed is a draft that needs no account: its number and secret lead back to it.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.wording import Bilingual
from members import (
    admission,
    application_intake,
    application_steps,
    applications,
    drafts,
    facts,
    sealed_forms,
    terms,
)
from members.admission import OF_AGE
from members.application_forms import Form
from members.application_models import Application, Channel, PersonKind
from members.drafts import Draft
from services import activations
from services.models import Service, ServiceState
from web import (
    apply_fields,
    apply_throttle,
    apply_words,
    cookies,
    corrections,
    csrf,
    pages,
    scope,
    turned_away,
)
from web.apply_fields import DISTRICTS, FieldsWrong

bp = Blueprint("apply", __name__, url_prefix="/apply")
STEPS = "<any(who,guardian,contact,services,terms):step>"
TERMS = {"case.terms_not_accepted", "case.terms_version_changed"}
AT_THE_FIELD = {  # what is put right on the page where it was typed, and needs no slip
    "idno.kind_not_allowed": "number",
    "idno.sunset": "number",
    "member.guardian_required": "guardian_number",
    "member.capacity_representative_required": "guardian_number",
    "case.terms_not_accepted": "terms",
    "case.terms_version_changed": "terms",
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
def start() -> str:
    """Say who can apply, what to have at hand, and how long it takes."""
    return pages.page("apply/start.html", draft=_draft())


@bp.get(f"/{STEPS}")
def step(step: str) -> Response | str:
    """Show one page of the form, filled in as far as it was."""
    draft = _draft()
    if draft is None and step != "who":
        return redirect(url_for("apply.start"), 303)
    fields = {} if draft is None else draft.fields
    return _page(step, fields, draft, _changed(fields) if step == "terms" else ())


def _changed(fields: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Say that the terms are others than those agreed to, if they are."""
    agreed = fields.get("terms", "")
    if agreed in ("", terms.current(scope.db(), now=scope.now()).version):
        return ()
    return [("terms", "case.terms_version_changed")]


@bp.post(f"/{STEPS}")
def keep(step: str) -> Response:
    """Keep one page of the form and lead on to the next."""
    draft = _draft()
    if draft is None and step != "who":
        return redirect(url_for("apply.start"), 303)
    services = request.form.getlist("services")
    fields = {
        **({} if draft is None else draft.fields),
        **apply_fields.kept(request.form, services, step),
    }
    try:
        form = apply_fields.read(fields, language=pages.language(), today=_today(), step=step)
        _check(form, step)
    except FieldsWrong as wrong:
        return _again(step, fields, draft, wrong.errors)
    except Refused as refused:
        field = AT_THE_FIELD.get(refused.code)
        if field is None:
            return turned_away.page(refused)
        return _again(step, fields, draft, [(field, refused.code)])
    return _kept(step, fields, draft)


def _check(form: Form, step: str) -> None:
    """Refuse as early as it is known: before anything is kept (7(1))."""
    if step == "who":
        admission.require_eligible(form, channel=Channel.SITE, today=_today())
    if step == "guardian":
        admission.examine(form, channel=Channel.SITE, today=_today())
    if step == "terms":
        terms.require_agreed(scope.db(), form.terms, now=scope.now())


def _kept(step: str, fields: Mapping[str, str], draft: Draft | None) -> Response:
    keyring, now = scope.rooms().keyring, scope.now()
    if draft is None:
        apply_throttle.count()
        begun = drafts.begin(scope.db(), fields, keyring=keyring, now=now)
        cookies.keep_pair("draft", begun.number, begun.secret)
    else:
        drafts.save(scope.db(), draft, fields, keyring=keyring, now=now)
    order = _order(fields)
    after = [*order, "review"][order.index(step) + 1] if step in order else "contact"
    return redirect(_address(after), 303)


def _address(step: str) -> str:
    return url_for("apply.review") if step == "review" else url_for("apply.step", step=step)


def _order(fields: Mapping[str, str]) -> list[str]:
    """Return the pages this applicant fills in."""
    skipped = () if _is_represented(fields) else ("guardian",)
    return [each for each in apply_fields.STEPS if each not in skipped]


def _is_represented(fields: Mapping[str, str]) -> bool:
    if fields.get("declared"):
        return True
    try:
        form = apply_fields.read(fields, language=pages.language(), today=_today(), step="who")
        return not facts.reached(admission.latest_birth(form), OF_AGE, today=_today())
    except (FieldsWrong, Refused):
        return False


def _again(
    step: str, fields: Mapping[str, str], draft: Draft | None, errors: list[tuple[str, str]]
) -> Response:
    return Response(_page(step, fields, draft, errors), 422, mimetype="text/html")


def _page(
    step: str,
    fields: Mapping[str, str],
    draft: Draft | None,
    errors: Sequence[tuple[str, str]] = (),
) -> str:
    order = _order(fields)
    more = {"who": _of_who, "services": _of_services, "terms": _of_terms}.get(step)
    return pages.page(
        f"apply/{step}.html",
        values=fields,
        draft=draft,
        errors=[(field, turned_away.title(code)) for field, code in errors],
        at=order.index(step) + 1 if step in order else 1,
        of=len(order) + 1,
        districts=DISTRICTS,
        action=url_for("apply.keep", step=step),
        **({} if more is None else more(fields)),
    )


def _of_who(fields: Mapping[str, str]) -> dict[str, object]:
    chosen = apply_fields.kind_of(fields)
    return {
        "kinds": [
            {"value": kind.value, "label": apply_words.of_kind(kind), "checked": kind is chosen}
            for kind in PersonKind
        ]
    }


def _of_services(fields: Mapping[str, str]) -> dict[str, object]:
    chosen = fields.get("services", "").split(",")
    offered = [
        (each.code, Bilingual(each.name_zh, each.name_en), each.code in chosen)
        for each in _services()
    ]
    return {"services": offered}


def _of_terms(_fields: Mapping[str, str]) -> dict[str, object]:
    return {"terms": terms.current(scope.db(), now=scope.now())}


def _services() -> list[Service]:
    return [each for each in activations.services(scope.db()) if each.state is ServiceState.OPEN]


# Looking it through, and handing it in


@bp.get("/review")
def review() -> Response | str:
    """Show everything once more, with a way back to each page."""
    draft = _draft()
    if draft is None:
        return redirect(url_for("apply.start"), 303)
    first = _to_fill_in_first(draft)
    if first is not None:
        return redirect(first, 303)
    try:
        form = _form(draft)
    except FieldsWrong as wrong:
        return redirect(_address(_step_of(wrong)), 303)
    names = {each.code: Bilingual(each.name_zh, each.name_en) for each in _services()}
    return pages.page(
        "apply/review.html",
        form=form,
        kind=apply_words.of_kind(form.kind),
        relation=apply_words.of_relation(form.guardian.relation) if form.guardian else "",
        services=[names[code] for code in form.services if code in names],
        draft=draft,
        steps=_order(draft.fields),
        at=len(_order(draft.fields)) + 1,
    )


def _to_fill_in_first(draft: Draft) -> str | None:
    """Return the first page this applicant was not shown yet; one that was kept has its fields."""
    kept = draft.fields.keys()
    order = (each for each in _order(draft.fields) if kept.isdisjoint(apply_fields.STEPS[each]))
    return next(map(_address, order), None)


def _form(draft: Draft) -> Form:
    """Return what the pages ask of this applicant; what was typed on others belongs to nobody.

    A guardian named for a birth date that was wrong is a third person (10-II).
    """
    asked = {name for step in _order(draft.fields) for name in apply_fields.STEPS[step]}
    fields = {name: value for name, value in draft.fields.items() if name in asked}
    return apply_fields.read(fields, language=pages.language(), today=_today())


def _step_of(wrong: FieldsWrong) -> str:
    return _step_with(wrong.errors[0][0])


def _step_with(field: str) -> str:
    return next(step for step, names in apply_fields.STEPS.items() if field in names)


@bp.post("/review")
def hand_in() -> Response:
    """Hand the form in, and lead to the receipt; who is turned away gets a slip.

    Who corrects what was returned shows its receipt first; the draft waits meanwhile. Where it was
    corrected since, in another browser, they read how it stands and begin from that.
    """
    draft = _draft()
    if draft is None:
        return redirect(url_for("apply.start"), 303)
    apply_throttle.count()
    corrected = _corrected(draft)
    first = _to_see_first(draft, corrected) or _to_fill_in_first(draft)
    if first is not None:
        return redirect(first, 303)
    try:
        form = _form(draft)
        _require_offered(form)
        _submit(form, corrected)
    except FieldsWrong as wrong:
        return redirect(_address(_step_of(wrong)), 303)
    except Refused as refused:
        return _not_taken(refused, draft)
    drafts.discard(scope.db(), draft)
    cookies.forget_pair("draft")
    return redirect(url_for("apply.receipt"), 303)


def _not_taken(refused: Refused, draft: Draft) -> Response:
    """Lead to the page where it is put right; only what no page can mend is a refusal (7(1))."""
    field = AT_THE_FIELD.get(refused.code)
    if field is None:
        return turned_away.page(refused)
    scope.abandon()
    if refused.code in TERMS:
        return redirect(_address("terms"), 303)
    return _again(_step_with(field), draft.fields, draft, [(field, refused.code)])


def _to_see_first(draft: Draft, corrected: Application | None) -> str | None:
    if corrected is None:
        is_new = not draft.fields.get(corrections.CORRECTS)
        return None if is_new else url_for("track.ask", done="kept")
    return None if corrections.is_of(draft, corrected) else url_for("track.show")


def _require_offered(form: Form) -> None:
    if not set(form.services) <= {each.code for each in _services()}:
        raise Refused("case.service_out_of_scope")


def _corrected(draft: Draft) -> Application | None:
    """Return what the draft corrects, locked, if this browser holds its receipt just now."""
    held = cookies.pair("receipt")
    found = None if held is None else applications.track(scope.db(), *held, now=scope.now())
    if found is None or found.number != draft.fields.get(corrections.CORRECTS):
        return None
    application_steps.lock(scope.db(), found.id)
    return application_steps.get(scope.db(), found.id)


def _submit(form: Form, corrected: Application | None) -> None:
    session, keyring, now = scope.db(), scope.rooms().keyring, scope.now()
    if corrected is not None:
        application_intake.resubmit(session, corrected.id, form, keyring=keyring, now=now)
        return
    receipt = application_intake.submit(
        session, form, channel=Channel.SITE, keyring=keyring, now=now
    )
    cookies.keep_pair("receipt", receipt.number, receipt.secret)


@bp.get("/receipt")
def receipt() -> Response | str:
    """Show the receipt, to be printed or written down."""
    held = cookies.pair("receipt")
    found = None if held is None else applications.track(scope.db(), *held, now=scope.now())
    if held is None or found is None:
        return redirect(url_for("track.ask"), 303)
    form = sealed_forms.read(found, keyring=scope.rooms().keyring)
    ways = admission.wanted(form, has_guardians_yes=False, today=_today())
    return pages.page(
        "apply/receipt.html",
        number=found.number,
        secret=held[1],
        submitted_at=found.submitted_at,
        bring=apply_words.of_documents(ways[0]),
    )


# Leaving it and taking it up again


@bp.get("/resume")
def resume() -> str:
    """Ask for the number and the secret of a draft."""
    return pages.page("apply/resume.html", errors=[], number="")


@bp.post("/resume")
def take_up() -> Response:
    """Go on with a draft; the answer to a stranger says nothing."""
    number, secret = (request.form.get(name, "")[:64] for name in ("number", "secret"))
    apply_throttle.count_guess(number)
    now = scope.now()
    found = drafts.find(scope.db(), number, secret, keyring=scope.rooms().keyring, now=now)
    if found is None:
        errors = [("number", pages.say("編號或密碼不對，或已經超過 30 天。"))]
        page = pages.page("apply/resume.html", errors=errors, number=number)
        return Response(page, 422, mimetype="text/html")
    apply_throttle.forget_guesses(number)
    cookies.keep_pair("draft", found.number, found.secret)
    return redirect(url_for("apply.review"), 303)


@bp.post("/discard")
def discard() -> Response:
    """Destroy the draft."""
    draft = _draft()
    if draft is not None:
        drafts.discard(scope.db(), draft)
    cookies.forget_pair("draft")
    return redirect(url_for("apply.start"), 303)


def _draft() -> Draft | None:
    held = cookies.pair("draft")
    if held is None:
        return None
    return drafts.find(scope.db(), *held, keyring=scope.rooms().keyring, now=scope.now())


def _today() -> date:
    return taipei_day(scope.now())
