"""/counter/mirror: the second screen, which shows a citizen what is recorded of them (UI 3.6).

Their own data only, masked as on the slip, in the language they chose; nothing of the clerk.
"""

from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from counters import seen, staff
from counters.case_models import Case, CaseState
from counters.documents import Paper
from members.profile import masked
from web import (
    clerks,
    counter_words,
    desk,
    desk_carriers,
    desk_people,
    desk_seats,
    desk_words,
    pages,
    scope,
)
from web.desk import bp

STATES = {  # as a citizen reads them, where a clerk's word says something else
    CaseState.INTAKE: CaseState.ACCEPTED,
    CaseState.DECIDED: CaseState.IN_PROCESS,
}


@bp.get("/mirror")
@desk_seats.seat_required
def mirror() -> str:
    """Show the case the clerk put here; a greeting where there is none."""
    post = clerks.required_seat()
    case = None if post.clerk.mirrored is None else scope.db().get(Case, post.clerk.mirrored)
    if case is None or desk_seats.duty().counter_id not in {case.counter_id, case.collected_by}:
        return pages.page(
            "desk/mirror.html", counter=counter_words.name(post.at.counter), case=None
        )
    g.language = case.language  # the citizen's, not the clerk's
    language = pages.language()
    name = desk_people.name_of(case)
    state, shape = desk_words.STATES[STATES.get(case.state, case.state)]
    return pages.page(
        "desk/mirror.html",
        counter=counter_words.name(post.at.counter),
        case=desk.line(case, desk_seats.workdays(case.counter_id)),
        state=state.text(language),
        shape=shape,
        name=masked(name) if name else "",
        papers=[
            desk_words.PAPERS[Paper(each.paper)].text(language)
            for each in seen.of_case(scope.db(), case.id)
        ],
        carriers=desk_carriers.of_member(case.member_id) if case.member_id else [],
    )


@bp.post("/cases/<reference>/mirror")
@desk_seats.seat_required
def show_mirror(reference: str) -> Response:
    """Put a case before the citizen it is about."""
    case = desk_people.case_here(reference)
    staff.mirror(scope.db(), desk_seats.duty().clerk_id, case.id)
    return redirect(url_for("desk.case", reference=case.number), 303)


@bp.post("/next-person")
@desk_seats.seat_required
def next_person() -> Response:
    """Clear the citizen's screen, and go back to the list: somebody else stands there now."""
    staff.mirror(scope.db(), desk_seats.duty().clerk_id, None)
    return redirect(url_for("desk.home"), 303)
