"""Note at the desk what a court declared about a member, and who acts for them (Civil Code 14).

In an open case for a change of data, the decision or the register in hand. The steps of the case do
not say what was noted: whoever holds its slip could read it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from counters import cases, dealing, seen, synthetic
from counters.case_models import Case, CaseMatter
from counters.documents import Paper, Whose
from counters.seen import Document
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from members import capacities, numbers
from members.models import Capacity, Evidence, Relation
from web import (
    desk_cases,
    desk_forms,
    desk_people,
    desk_seats,
    desk_words,
    guardian_links,
    notices,
    pages,
    proxy_acts,
    scope,
)
from web.desk import bp
from web.desk_forms import Mistyped
from web.mails import Mail

LONGEST = 64


@bp.post('/cases/<reference>/law/<any("declare", "lift", "guardian"):step>')
@desk_seats.seat_required
def note_law(reference: str, step: str) -> Response:
    """Enter a declaration, its end, or a guardian. Raises Refused `case.wrong_state`."""
    case = desk_people.case_to_work_on(reference)
    cases.require_open(case)
    if case.matter is not CaseMatter.CHANGE or case.member_id is None:
        raise Refused("case.wrong_state")
    try:
        _require_seen()
        cases.require_not_held(case, now=scope.now())
        paper = _STEPS[step](desk_people.person_of(case))
    except Mistyped as mistake:
        return desk_cases.mistyped(case, mistake)
    except Refused as refused:
        return desk_cases.again(case, refused)
    _write_down(case, step, paper)
    return redirect(url_for("desk.case", reference=case.number), 303)


def _require_seen() -> None:
    if request.form.get("seen") != "yes":
        raise Refused("case.document_unseen")


def _declare(member_id: UUID) -> Paper:
    chosen = request.form.get("capacity", "")
    if chosen not in set(Capacity):
        raise Mistyped(("capacity", pages.say("請選擇")))
    session, capacity = scope.db(), Capacity(chosen)
    capacities.note(
        session,
        member_id,
        capacity,
        source=request.form.get("decree", "")[:LONGEST],
        declared_on=_declared_on(),
        now=scope.now(),
    )
    if capacity is Capacity.GUARDED:
        proxy_acts.end_all_of(
            session, member_id, actor=scope.member_id(), language=notices.OWN, now=scope.now()
        )
    return Paper.COURT


def _declared_on() -> date:
    day = desk_forms.day(request.form.get("declared_on", "")[:LONGEST], "declared_on")
    if day > taipei_day(scope.now()):
        raise Mistyped(("declared_on", pages.say("請輸入日期")))
    return day


def _lift(member_id: UUID) -> Paper:
    session, clerk, now = scope.db(), scope.member_id(), scope.now()
    try:
        acted = guardian_links.lift(session, member_id, actor=clerk, now=now)
    except NotFound:
        raise Refused("capacity.not_noted") from None
    for each in acted:
        _tell(each)
    return Paper.COURT


def _guardian(member_id: UUID) -> Paper:
    session, keyring, now = scope.db(), scope.rooms().keyring, scope.now()
    chosen = request.form.get("relation", "")
    if chosen not in set(desk_words.RELATIONS):
        raise Mistyped(("relation", pages.say("請選擇")))
    number = numbers.recognise(request.form.get("guardian_idno", "")[:LONGEST])
    is_training = desk_seats.duty().is_training
    guardian_id = synthetic.person(session, number, is_training=is_training, keyring=keyring)
    if guardian_id is None:
        raise Mistyped(("guardian_idno", pages.say("沒有這個證號的會員；要先申辦會員")))
    dealing.require_none(session, scope.member_id(), parties=frozenset({guardian_id}), now=now)
    is_parent = chosen == Relation.PARENT
    guardian_links.enter(
        session,
        ward_id=member_id,
        guardian_id=guardian_id,
        relation=Relation(chosen),
        evidence=Evidence.HOUSEHOLD_REGISTER if is_parent else Evidence.COURT_DECISION,
        keyring=keyring,
        now=now,
    )
    _tell(guardian_id)
    return Paper.HOUSEHOLD if is_parent else Paper.COURT


_STEPS: Mapping[str, Callable[[UUID], Paper]] = {
    "declare": _declare,
    "lift": _lift,
    "guardian": _guardian,
}


def _write_down(case: Case, step: str, paper: Paper) -> None:
    session, now = scope.db(), scope.now()
    member_id = desk_people.person_of(case)
    document = Document(whose=Whose.APPLICANT, paper=paper)
    keyring = scope.rooms().keyring
    seen.record(session, case.id, [document], clerk_id=scope.member_id(), keyring=keyring, now=now)
    desk_people.clerk().note_change(case)
    trail.record(
        session, f"law.{step}", actor=scope.member_id(), subject=member_id, now=now,
        case=case.number,
    )  # fmt: skip
    footprint.record(
        session, Kind.CASE_MOVED, member_id=member_id, now=now, reference=case.number,
        state=case.state.value,
    )  # fmt: skip
    _tell(member_id)


def _tell(member_id: UUID) -> None:
    notices.mail(
        scope.db(), Mail.LAW_NOTED, member_id=member_id, language=notices.OWN, now=scope.now()
    )
