"""Follow an application, or a case, without an account: by the receipt's number and secret (2(8)1).

The browser keeps the receipt for half an hour. A stranger and a wrong secret get the same answer in
the same time.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from counters import cases
from counters.models import Counter
from kernel import calendar
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.wording import Bilingual
from members import (
    admission,
    application_clock,
    application_endings,
    application_looks,
    application_steps,
    applications,
    drafts,
    invitations,
    register,
    sealed_forms,
)
from members.application_models import OPEN, Application, State
from web import (
    apply_fields,
    apply_words,
    case_endings,
    cookies,
    corrections,
    counter_words,
    csrf,
    pages,
    scope,
)
from web.held_papers import Paper

bp = Blueprint("track", __name__, url_prefix="/track")
P = ParamSpec("P")
RECEIPT = Paper(name="receipt", template="track/ask.html", code="secret")


bp.before_request(csrf.only_our_forms)


@bp.get("")
def ask() -> str:
    """Ask for the receipt's number and secret."""
    return RECEIPT.asked(
        flashes=pages.just_done(
            {"kept": pages.say("更正還沒送出，已經替您存好。輸入收據後，按「修改後再送出」。")}
        )
    )


@bp.post("")
def open_receipt() -> Response:
    """Lead to the application, or to the case at a counter, if the receipt is right."""
    number, secret = RECEIPT.guessed()
    application = applications.track(scope.db(), number, secret, now=scope.now())
    case = cases.of_slip(scope.db(), number, secret)  # asked always: a stranger waits as long
    if application is None and case is None:
        return RECEIPT.refused(pages.say("收據號碼或密碼不對。請對照收據再輸入一次。"))
    return RECEIPT.held(number, secret, endpoint="track.show" if application else "track.case")


def _with_receipt(
    view: Callable[Concatenate[Application, P], Response | str],
) -> Callable[P, Response | str]:
    """Hand the receipt's application to a view; without one, ask for it."""

    @wraps(view)
    def opened(*args: P.args, **kwargs: P.kwargs) -> Response | str:
        held = cookies.pair(RECEIPT.name)
        found = None if held is None else applications.track(scope.db(), *held, now=scope.now())
        if found is None:
            return redirect(url_for("track.ask"), 303)
        return view(found, *args, **kwargs)

    return opened


@bp.get("/application")
@_with_receipt
def show(application: Application) -> str:
    """Say how far it has come, what is next, and until when."""
    keyring, now = scope.rooms().keyring, scope.now()
    form = sealed_forms.read(application, keyring=keyring)
    ways = admission.wanted(
        form,
        has_guardians_yes=application.guardian_approved_at is not None,
        today=taipei_day(now),
    )
    events = application_steps.history(scope.db(), application, keyring=keyring)
    is_open = application.state in OPEN
    return pages.page(
        "track/application.html",
        application=application,
        state=apply_words.of_state(application.state),
        next=apply_words.of_next(application.state),
        due=application_clock.due(application, calendar.load(scope.db())) if is_open else None,
        bring=[apply_words.of_documents(way) for way in ways],
        events=[(each, apply_words.of_state(each.state)) for each in events],
        looks=[
            (each.at, each.office, each.role)
            for each in application_looks.listed(scope.db(), application.id)
        ],
        where=_where(application),
        guardian_agreed=application.guardian_approved_at is not None,
        **_way_in(application),
    )


def _where(application: Application) -> tuple[str, Bilingual] | None:
    """Return the counter at which it waits to be confirmed: its code and its name."""
    if application.state is not State.CONFIRMING or application.assigned_to is None:
        return None
    counter = scope.db().get(Counter, application.assigned_to)
    return None if counter is None else (counter.code, counter_words.name(counter))


def _way_in(application: Application) -> dict[str, object]:
    """Return how a new member gets in: the code, a new one to ask for, or that it is done."""
    if application.member_id is None:
        return {"code": "", "awaited": False}
    member = register.get(scope.db(), application.member_id)
    live = invitations.live(scope.db(), member.id, now=scope.now())
    keyring = scope.rooms().keyring
    return {
        "code": "" if live is None else invitations.secret_of(live.id, keyring=keyring),
        "awaited": invitations.is_awaited(member),
    }


@bp.post("/invite")
@_with_receipt
def invite(application: Application) -> Response:
    """Give a new code to a member who has not used one. Raises Refused `activation.used`."""
    member_id = application.member_id
    if member_id is None or not invitations.is_awaited(register.get(scope.db(), member_id)):
        raise Refused("activation.used")
    invitations.issue(scope.db(), member_id, keyring=scope.rooms().keyring, now=scope.now())
    return redirect(url_for("track.show"), 303)


@bp.post("/correct")
@_with_receipt
def correct(application: Application) -> Response:
    """Open what was returned as a draft again; go on with what this browser has corrected of it.

    A draft of what was corrected since, in another browser, is not gone on with. Raises Refused
    `case.wrong_state`.
    """
    if application.state is not State.RETURNED:
        raise Refused("case.wrong_state")
    keyring = scope.rooms().keyring
    held = cookies.pair("draft")
    begun = held and drafts.find(scope.db(), *held, keyring=keyring, now=scope.now())
    if begun and corrections.is_of(begun, application):
        return redirect(url_for("apply.review"), 303)
    form = sealed_forms.read(application, keyring=keyring)
    fields = {**apply_fields.typed(form), **corrections.fields_of(application)}
    draft = drafts.begin(scope.db(), fields, keyring=keyring, now=scope.now())
    cookies.keep_pair("draft", draft.number, draft.secret)
    return redirect(url_for("apply.step", step="who"), 303)


@bp.get("/withdraw")
@_with_receipt
def ask_to_withdraw(application: Application) -> Response | str:
    """Say what withdrawing does, and ask once more."""
    if application.state not in OPEN:
        return redirect(url_for("track.show"), 303)
    return pages.page("track/withdraw.html", number=application.number)


@bp.post("/withdraw")
@_with_receipt
def withdraw(application: Application) -> Response:
    """Take the application back. Raises Refused `case.wrong_state`."""
    session, keyring, now = scope.db(), scope.rooms().keyring, scope.now()
    application_endings.withdraw(session, application.id, keyring=keyring, now=now)
    case_endings.stop(session, [application.id], why=case_endings.WITHDRAWN, now=now)
    return redirect(url_for("track.show"), 303)


@bp.post("/leave")
def leave() -> Response:
    """Let the browser forget the receipt: the next to sit here may be anybody."""
    cookies.forget_pair(RECEIPT.name)
    return redirect(url_for("track.ask"), 303)
