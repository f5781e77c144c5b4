"""Take a matter in at a counter, or send the person away with a slip: one screen (7(1), 7(2)).

Nothing about the person is stored before everything that must lie on the desk does.
"""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from counters import competence, documents, seen, turned_away
from counters.case_models import CaseMatter
from counters.documents import Need, Situation
from counters.turned_away import Visit
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import activations
from services.models import ServiceState
from web import (
    clerks,
    consoles,
    desk_annex,
    desk_forms,
    desk_seats,
    desk_taking,
    desk_words,
    pages,
    scope,
)
from web.desk import bp
from web.desk_form_views import REASONS, FormView
from web.desk_forms import Filled, Mistyped

consoles.register_menu(
    "desk.intake", Bilingual("收件", "Intake"), icon="letter", may=clerks.is_clerk
)


@bp.get("/intake")
@desk_seats.seat_required
def intake() -> str:
    """Ask what somebody came for; then list what must lie on the desk."""
    slip = turned_away.find(scope.db(), request.args.get("slip", "")[: desk_forms.LONGEST])
    return _show(desk_forms.asked(request.args) if slip is None else desk_forms.of_refusal(slip))


def _show(filled: Filled, errors: tuple[tuple[str, str], ...] = ()) -> str:
    form = FormView(filled=filled)
    return consoles.page("desk/intake.html", form=form, errors=list(errors))


@bp.post("/intake")
@desk_seats.seat_required
def take_in() -> Response:
    """Take the matter in and lead to its slip, or refuse it and lead to that one."""
    filled = desk_forms.asked(request.form)
    try:
        filled = desk_forms.filled(request.form)
        return _taken(filled, _known(filled))
    except Mistyped as mistake:
        desk_seats.undo()
        return Response(_show(filled, mistake.errors), 422, mimetype="text/html")


def _known(filled: Filled) -> Situation:
    if filled.situation is None:
        raise Mistyped(("matter", pages.say("請選擇辦什麼事、是什麼人")))
    return filled.situation


def _taken(filled: Filled, situation: Situation) -> Response:
    matter = situation.matter
    collects = filled.collected_for is not None
    desk_seats.require(competence.COLLECTING if collects else competence.FUNCTIONS[matter])
    if filled.reason:
        return _refuse(filled, situation, _allowed(filled.reason))
    lacking = documents.missing(documents.needed(situation), filled.seen_pairs)
    if lacking:
        return _refuse(filled, situation, documents.refusal_of(lacking), lacking)
    try:
        seen.require_valid(filled.documents, today=taipei_day(scope.now()))
        if matter is CaseMatter.ACTIVATION:
            _require_in_scope(filled.service)
            desk_seats.require_service(filled.service, elsewhere=filled.collected_for)
            desk_annex.require_filled_in(filled.service)
        case = desk_taking.take_in(filled, situation)
    except Refused as refused:
        if refused.code not in desk_words.CURES:
            raise
        desk_seats.undo(refused)
        return _refuse(filled, situation, refused.code)
    return redirect(url_for("desk.slip", reference=case.number), 303)


def _allowed(code: str) -> str:
    if code not in REASONS:
        raise Refused("case.reason_missing")
    return code


def _require_in_scope(service: str) -> None:
    """Let nobody apply for what the form does not list (5(4))."""
    known = {
        each.code for each in activations.services(scope.db()) if each.state is ServiceState.OPEN
    }
    if service not in known:
        raise Refused("case.service_out_of_scope")


def _refuse(
    filled: Filled, situation: Situation, code: str, lacking: tuple[Need, ...] = ()
) -> Response:
    """Keep the refusal, which names nobody, and lead to its slip."""
    duty, session = desk_seats.duty(), scope.db()
    visit = Visit(
        counter_id=duty.counter_id,
        clerk_id=duty.member_id,
        matter=situation.matter,
        person_kind=situation.kind.value,
        age=filled.age,
        service=filled.service[: desk_forms.LONGEST_CODE],
        by_proxy=situation.by_proxy,
        language=pages.language(),
    )
    kept = turned_away.record(session, visit, code, lacking, now=scope.now())
    trail.record(
        session,
        "case.turned_away",
        actor=duty.member_id,
        subject=kept.id,
        now=scope.now(),
        reason=code,
    )
    return redirect(url_for("desk.refused", reference=kept.number), 303)
