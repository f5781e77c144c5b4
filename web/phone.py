"""The page on the phone: say what another device wants, and let its owner agree or stop it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from clients import names
from kernel import throttle
from kernel.db import transaction
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.throttle import Policy
from web import account_confirm, csrf, handovers, pages, scope, sessions
from web.handovers import Approver
from web.models import Handover

P = ParamSpec("P")
ANSWERS = frozenset({"approved", "wrong", "stopped"})
bp = Blueprint("phone", __name__, url_prefix="/phone")
# Who tries codes finds nothing but somebody's waiting page; still, it is none of their business.
TRIED = Policy(name="handover", limit=10, window=timedelta(minutes=5), lockout=timedelta(minutes=5))


def signed_in_first(view: Callable[P, Response]) -> Callable[P, Response]:
    """Send who is not signed in, or not just now, to prove it and back to this very page."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
        if scope.visitor() is None:
            here = request.full_path.rstrip("?")
            return redirect(url_for("account.login", next=here), 303)
        return view(*args, **kwargs)

    return guarded


@bp.get("")
@signed_in_first
@account_confirm.strongest_required
def page() -> Response:
    """Say what waits under the code, or ask for the code."""
    typed = request.args.get("code", "")
    if not typed:
        return _ask_for_code()
    try:
        found = _find(typed)
    except Refused as refused:
        return _ask_for_code(_words(refused), refusal(refused.code).status)
    if not handovers.is_new_enough(found, _approver().authenticated_at):
        return account_confirm.ask()
    return _show(found, typed)


@bp.post("")
@signed_in_first
@account_confirm.strongest_required
def decide() -> Response:
    """Sign the other device in, or let nobody sign in with this code."""
    csrf.require()
    try:
        found = _find(request.form.get("code", ""))
        if request.form.get("decision") == "stop":
            handovers.stop(scope.db(), found, by=_approver(), now=scope.now())
            return _told(found, "stopped")
        if not handovers.is_new_enough(found, _approver().authenticated_at):
            return account_confirm.ask()
        return _told(found, _approve(found))
    except Refused as refused:
        return _ask_for_code(_words(refused), refusal(refused.code).status)


def _approve(found: Handover) -> str:
    is_right = handovers.approve(
        scope.db(),
        found,
        request.form.get("number", ""),
        by=_approver(),
        key=scope.rooms().handover_key,
        now=scope.now(),
    )
    return "approved" if is_right else "wrong"


def _approver() -> Approver:
    visitor = scope.visitor()
    if visitor is None:
        raise RuntimeError("this view needs signed_in_first")
    return Approver(
        member_id=visitor.member_id,
        acr=visitor.acr,
        amr=visitor.amr,
        carrier_id=sessions.carrier_of(scope.db(), visitor.session_id),
        session_id=visitor.session_id,
        authenticated_at=visitor.authenticated_at,
    )


def _find(typed: str) -> Handover:
    key = TRIED.key(str(scope.member_id()), secret=scope.rooms().throttle_key)
    now = scope.now()
    if throttle.is_locked(scope.db(), key, now=now):
        raise Refused("login.locked")
    try:
        return handovers.find(scope.db(), typed, key=scope.rooms().handover_key, now=now)
    except Refused:
        scope.abandon()
        with transaction(scope.rooms().sessions) as session:
            TRIED.hit(session, key, now=now)
        raise


def _told(found: Handover, state: str) -> Response:
    """Write down what was answered, for the member and for who watches over fraud, and say it."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    kind = Kind.HANDED_OVER if state == "approved" else Kind.HANDOVER_STOPPED
    footprint.record(
        session,
        kind,
        member_id=member_id,
        now=now,
        client_id=found.client_id,
        browser=found.browser,
        answer=state,
    )
    if state != "approved":
        trail.record(session, "handover.stopped", actor=member_id, now=now, reason=state)
    return redirect(url_for("phone.answered", state=state), 303)


@bp.get("/answered")
@signed_in_first
def answered() -> Response:
    """Say what came of it, and what to do next."""
    state = request.args.get("state", "")
    page = pages.page("phone_answered.html", state=state if state in ANSWERS else "over")
    return Response(page, mimetype="text/html")


def _ask_for_code(error: str = "", status: int = 200) -> Response:
    page = pages.page("phone_code.html", error=error)
    return Response(page, status, mimetype="text/html")


def _words(refused: Refused) -> str:
    return refusal(refused.code).title.text(pages.language())


def _show(found: Handover, typed: str) -> Response:
    known = names.of_clients(scope.db(), [found.client_id] if found.client_id else [])
    visitor = scope.visitor()
    page = pages.page(
        "phone_confirm.html",
        client=next((each.name for each in known.values()), None),
        kind=next((each.kind for each in known.values()), None),
        browser=found.browser,
        asked_at=found.asked_at,
        code=typed,
        person=pages.person(),
        is_strong_enough=visitor is not None and handovers.is_enough(found, visitor.acr),
    )
    return Response(page, mimetype="text/html")
