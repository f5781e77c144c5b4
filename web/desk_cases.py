"""/counter/cases: one screen a case: how far it is, what was seen, the carriers, the steps."""

from dataclasses import dataclass
from datetime import datetime

from werkzeug.wrappers import Response

from counters import cases, letters, seen
from counters.case_models import Case, CaseLetter, CaseMatter, CaseState
from counters.documents import Paper, Whose
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import application_steps
from members.application_models import Application, State
from members.profile import masked
from services import activation_requests, activations
from web import (
    consoles,
    desk_carriers,
    desk_new_cards,
    desk_people,
    desk_seats,
    desk_words,
    pages,
    scope,
    service_words,
)
from web.card_ways import WAYS
from web.desk import bp, line
from web.desk_carriers import BINDING
from web.desk_forms import Mistyped

ASKED = ("case.documents_missing", "case.identity_unverifiable")  # for which a clerk asks
REFUSED = ("case.identity_unverifiable", "case.service_out_of_scope", "eligibility.agency_rule")


@bp.get("/cases/<reference>")
@desk_seats.seat_required
def case(reference: str) -> str:
    """Show a case; its person's name is masked until a card is compared."""
    return show(desk_people.case_here(reference))


def show(case: Case, error: str = "") -> str:
    """Show a case, with why the last step was refused."""
    session, language = scope.db(), pages.language()
    letter, is_here = letters.of_case(session, case.id), desk_people.lies_here(case)
    name = desk_people.name_of(case)
    return consoles.page(
        "desk/case.html",
        case=line(case, desk_seats.workdays(case.counter_id)),
        applicant=masked(name) if name else "",
        is_member=case.member_id is not None,
        is_about_carriers=case.matter in BINDING,
        may_unbind=case.matter is CaseMatter.UNBIND,
        may_lose=case.matter is CaseMatter.LOSS,
        ways=_ways(),
        new_cards=desk_new_cards.offered(case),
        mails_cards=desk_seats.counter(desk_seats.duty().counter_id).mails_cards,
        application=_application(case),
        service="" if (service := service_of(case)) is None else service.text(language),
        many=_many(letter),
        papers=[_paper(each.whose, each.paper) for each in seen.of_case(session, case.id)],
        letter=letter,
        held_until=case.held_until if _is_held(case) else None,
        face_checked_at=case.face_checked_at,
        carriers=desk_carriers.of_member(case.member_id) if case.member_id else [],
        steps=frozenset(_steps(case)) if is_here else frozenset(),
        events=[said(each.at, each.state, each.reason) for each in cases.events(session, case.id)],
        law=case.matter is CaseMatter.CHANGE and case.member_id is not None,
        capacities=[
            (key.value, words.text(language)) for key, words in desk_words.CAPACITIES.items()
        ],
        relations=[
            (key.value, words.text(language)) for key, words in desk_words.RELATIONS.items()
        ],
        may_print_code=is_here and _may_print_code(case),
        is_open=is_here and case.state is CaseState.IN_PROCESS,
        outcome=case.outcome,
        why=refusal(case.reason).title.text(language) if case.reason in desk_words.CURES else "",
        asks=[(code, refusal(code).title.text(language)) for code in ASKED],
        refusals=[(code, refusal(code).title.text(language)) for code in REFUSED],
        errors=[("", error)] if error else [],
    )


def again(case: Case, refused: Refused) -> Response:
    """Show the case with why a step was refused; nothing of the step stays."""
    number = case.number
    desk_seats.undo(refused)
    entry = refusal(refused.code)
    page = show(cases.get(scope.db(), number), entry.title.text(pages.language()))
    return Response(page, entry.status, mimetype="text/html")


def mistyped(case: Case, mistake: Mistyped) -> Response:
    """Show the case with what cannot be read in a form of its page; nothing of the step stays."""
    number = case.number
    desk_seats.undo()
    page = show(cases.get(scope.db(), number), mistake.errors[0][1])
    return Response(page, 422, mimetype="text/html")


def may_refuse(case: Case) -> bool:
    """Say whether the desk may refuse: who becomes a member is for the Bureau to say (2(8)1)."""
    return case.matter is not CaseMatter.JOIN or _state_of(case) is State.REJECTED


def _state_of(case: Case) -> State | None:
    """Return where the application of who joins stands; None where there is none."""
    application = desk_people.application_of(case)
    return None if application is None else application.state


def _application(case: Case) -> str:
    application = desk_people.application_of(case)
    if application is not None:
        words = desk_words.APPLICATIONS[application.state].text(pages.language())
        return f"{words} · {why}" if (why := _why_returned(application)) else words
    asked = activation_requests.find(scope.db(), case.number) if case.service else None
    return "" if asked is None else service_words.REQUESTS[asked.state].text(pages.language())


def _why_returned(application: Application) -> str:
    """Return what the Bureau wants corrected: the clerk says it to who has a slip only."""
    if application.state is not State.RETURNED:
        return ""
    keyring = scope.rooms().keyring
    return application_steps.history(scope.db(), application, keyring=keyring)[-1].reason


def _may_print_code(case: Case) -> bool:
    """Say whether the person became a member, and may be without a way in."""
    return case.closed_at is None and _state_of(case) is State.APPROVED


def service_of(case: Case) -> Bilingual | None:
    """Return the service a case is about, if it is about one."""
    if not case.service:
        return None
    found = activations.get_service(scope.db(), case.service)
    return Bilingual(found.name_zh, found.name_en)


def _many(letter: CaseLetter | None) -> int:
    """Return for how many the proxy came of late, if that is worth a look."""
    count = 0 if letter is None else letters.count_like(scope.db(), letter)
    return count if count >= letters.MANY else 0


def _ways() -> list[tuple[str, str]]:
    """Return the kinds of card that can be bound here."""
    words = {
        "card": pages.say("綁定卡片"),
        "chip-card": pages.say("綁定晶片卡"),
        "certificate": pages.say("綁定憑證"),
    }
    return [(kind, words[kind]) for kind, way in WAYS.items() if way.is_offered()]


def _paper(whose: str, paper: str) -> str:
    words = desk_words.PAPERS[Paper(paper)].text(pages.language())
    if whose == Whose.APPLICANT:
        return words
    return f"{words}（{desk_words.WHOSE[Whose(whose)].text(pages.language())}）"


def _is_held(case: Case) -> bool:
    return case.held_until is not None and scope.now() < case.held_until


@dataclass(frozen=True)
class Happened:
    """One step in words."""

    at: datetime
    words: str


def said(at: datetime, state: CaseState, reason: str) -> Happened:
    """Return a step of a case in words."""
    language = pages.language()
    words = desk_words.HAPPENED.get(reason)
    if words is not None and reason.startswith(("card.", "change.", "face.", "member.")):
        return Happened(at, words.text(language))
    why = words or (refusal(reason).title if reason in desk_words.CURES else None)
    parts = [desk_words.STATES[state][0].text(language), why.text(language) if why else ""]
    return Happened(at, " · ".join(filter(None, parts)))


def _steps(case: Case) -> list[str]:
    """Return the steps a clerk finds on the page."""
    steps = {
        CaseState.FORWARDED: ["accept", "not-accept"],
        CaseState.IN_PROCESS: ["wait", "finish", "refuse", "stop"],
        CaseState.WAITING: ["go-on", "stop"],
        CaseState.DECIDED: ["close"],
        CaseState.FULFILLED: ["close"],
    }.get(case.state, [])
    return [each for each in steps if each != "refuse" or may_refuse(case)]
