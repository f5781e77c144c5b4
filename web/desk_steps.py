"""Take a case one step on: accept, ask, finish, refuse, close; its person is told of each."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from counters.case_models import Case, CaseMatter, CaseOutcome, CaseState
from counters.cases import Clerk
from kernel.errors import NotFound, Refused
from members import application_endings, application_steps
from services import activations
from services.models import Activation
from web import case_mails, desk_annex, desk_cases, desk_people, desk_seats, scope
from web.desk import bp

ENDED_EARLY = frozenset({CaseState.STOPPED, CaseState.NOT_ACCEPTED})


@bp.post('/cases/<reference>/<any("accept", "not-accept", "wait", "go-on", "finish", "refuse", '
         '"close", "stop"):step>')  # fmt: skip
@desk_seats.seat_required
def move(reference: str, step: str) -> Response:
    """Take one step in a case, tell its person, and show it again."""
    case = desk_people.case_to_work_on(reference)
    if case.application_id is not None:
        application_steps.lock(scope.db(), case.application_id)
    try:
        _TAKE[step](desk_people.clerk(), case)
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return desk_cases.again(case, refused)
    desk_annex.end_with(case)
    _end_application(case)
    _write_down(case, step)
    return redirect(url_for("desk.case", reference=case.number), 303)


def _accept(clerk: Clerk, case: Case) -> None:
    clerk.accept(case)
    clerk.take_up(case)


def _not_accept(clerk: Clerk, case: Case) -> None:
    clerk.not_accept(case, _reason(desk_cases.REFUSED))


def _wait(clerk: Clerk, case: Case) -> None:
    clerk.ask_applicant(case, _reason(desk_cases.ASKED))


def _finish(clerk: Clerk, case: Case) -> None:
    """Approve and do in one: what stands in the way stands in the way of both."""
    desk_people.connect(case)
    if case.matter is CaseMatter.ACTIVATION:
        _require_note(case)
    clerk.decide(case, CaseOutcome.APPROVED)
    clerk.fulfil(case)


def _require_note(case: Case) -> None:
    """Activation is its agency's word (2(8)6). Raises Refused `service.review_pending` without."""
    noted = activations.of_member(scope.db(), desk_people.person_of(case))
    if not any(
        each.service == case.service and each.state is Activation.ACTIVATED for each in noted
    ):
        raise Refused("service.review_pending")


def _refuse(clerk: Clerk, case: Case) -> None:
    """Refuse what this desk decides. Raises Refused `case.wrong_state` for what the Bureau does."""
    if not desk_cases.may_refuse(case):
        raise Refused("case.wrong_state")
    clerk.decide(case, CaseOutcome.REFUSED, why=_reason(desk_cases.REFUSED))


def _end_application(case: Case) -> None:
    """Take the application of who wanted to join back, so that nobody makes them a member (4.1)."""
    if case.application_id is None or case.state not in ENDED_EARLY:
        return
    with suppress(Refused):  # it was decided before
        application_endings.withdraw(
            scope.db(),
            case.application_id,
            keyring=scope.rooms().keyring,
            now=scope.now(),
            by=scope.member_id(),
        )


def _reason(allowed: tuple[str, ...]) -> str:
    code = request.form.get("reason", "")
    if code not in allowed:
        raise Refused("case.reason_missing")
    return code


_TAKE: Mapping[str, Callable[[Clerk, Case], None]] = {
    "accept": _accept,
    "not-accept": _not_accept,
    "wait": _wait,
    "go-on": Clerk.go_on,
    "finish": _finish,
    "refuse": _refuse,
    "close": Clerk.close,
    "stop": Clerk.stop,
}


def _write_down(case: Case, step: str) -> None:
    session, now = scope.db(), scope.now()
    trail.record(
        session,
        "case.moved",
        actor=scope.member_id(),
        subject=case.id,
        now=now,
        step=step,
        state=case.state.value,
    )
    if case.member_id is None:
        return
    footprint.record(
        session,
        Kind.CASE_MOVED,
        member_id=case.member_id,
        now=now,
        reference=case.number,
        state=case.state.value,
    )
    case_mails.tell(case)
