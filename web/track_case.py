"""Follow a case of a counter by its slip: how far it is, where, and until when (4.2, 4-I(1)).

Nobody is named: whoever finds a slip learns no more than what the case is about.
"""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from counters import cases, terms
from counters.case_models import Case
from counters.models import Counter
from kernel.wording import Bilingual
from members.application_models import State
from web import cookies, desk_cases, desk_people, desk_words, pages, scope
from web.desk import line
from web.track import bp


@bp.get("/case")
def case() -> Response | str:
    """Show the case of the slip this browser holds; without one, ask for it."""
    held = cookies.pair("receipt")
    found = None if held is None else cases.of_slip(scope.db(), *held)
    if found is None:
        return redirect(url_for("track.ask"), 303)
    session = scope.db()
    counter = session.get_one(Counter, found.counter_id)
    return pages.page(
        "track/case.html",
        case=line(found, terms.workdays(session, counter)),
        counter=Bilingual(counter.name_zh, counter.name_en).text(pages.language()),
        counter_url=url_for("counters.one", code=counter.code),
        accepted_at=found.accepted_at,
        collected_at=found.collected_at,
        forwarded_at=found.forwarded_at,
        advice=_advice(found),
        events=[
            desk_cases.said(each.at, each.state, each.reason)
            for each in cases.events(session, found.id)
        ],
    )


def _advice(case: Case) -> str:
    """Say what to do about it; who joins corrects at a counter, where they are known (8(4))."""
    if case.reason:
        return desk_words.cure(case.reason).text(pages.language())
    application = desk_people.application_of(case)
    if application is not None and application.state is State.RETURNED:
        return pages.say("資料要補正。請帶這張單子和證件到窗口重新辦理；原來的申請會由新的取代。")
    return ""
