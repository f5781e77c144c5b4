"""The page a person comes to from a kiosk: who asks, where, for what; then an ordinary sign-in."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from consent import till_codes
from consent.catalogue import in_order
from idp import awaited, devices, interactions
from idp.requests import AuthorizationRequest
from kernel import throttle
from kernel.db import transaction
from kernel.errors import Refused
from kernel.prebuilt import Row
from kernel.refusals import refusal
from kernel.throttle import Policy
from web import awaiting, cookies, csrf, pages, scope
from web.phone import signed_in_first
from web.views import client_view

bp = Blueprint("device", __name__, url_prefix="/device")
STATES = frozenset({"approved", "stopped", "wrong"})
# 40 bits and ten minutes: ten tries in five minutes find nothing (RFC 8628 5.1).
TRIED = Policy(name="device", limit=10, window=timedelta(minutes=5), lockout=timedelta(minutes=5))


@bp.get("")
@signed_in_first
def page() -> Response:
    """Say what waits under the code, or ask for the code."""
    typed = request.args.get("code", "")
    if not typed:
        return _ask_for_code()
    try:
        found = _find(typed)
        return _show(found, _asked(found), typed)
    except Refused as refused:
        return _ask_for_code(_words(refused), refusal(refused.code).status)


@bp.post("")
@signed_in_first
def decide() -> Response:
    """Begin the sign-in for the waiting device, or stop it."""
    csrf.require()
    try:
        found = _find(request.form.get("code", ""))
        if request.form.get("decision") != "continue":  # silence is no yes
            return awaiting.answer(found.id, {})
        asked = _asked(found)
    except Refused as refused:
        return _ask_for_code(_words(refused), refusal(refused.code).status)
    begun = interactions.begin(
        scope.db(),
        asked,
        browser=cookies.browser(),
        provider=scope.rooms().provider,
        now=scope.now(),
    )
    return redirect(url_for("interactions.step", interaction_id=begun), 303)


@bp.get("/answered")
def answered() -> Response:
    """Say what came of it, and what to do next."""
    state = request.args.get("state", "")
    page = pages.page("device_answered.html", state=state if state in STATES else "over")
    return Response(page, mimetype="text/html")


def _find(typed: str) -> Row:
    """Return what waits under a code. Raises Refused `awaited.over`, `login.locked`."""
    key = TRIED.key(str(scope.member_id()), secret=scope.rooms().throttle_key)
    now = scope.now()
    if throttle.is_locked(scope.db(), key, now=now):
        raise Refused("login.locked")
    try:
        # What is no code at all hashes to what nobody waits under.
        hashed = devices.hash_of(till_codes.read(typed) or "", scope.rooms().handover_key)
        return awaited.find_typed(scope.db(), hashed, now=now)
    except Refused:
        scope.abandon()
        with transaction(scope.rooms().sessions) as session:
            TRIED.hit(session, key, now=now)
        raise


def _asked(found: Row) -> AuthorizationRequest:
    return awaited.request_of(scope.rooms().provider, scope.db(), found.id, now=scope.now())


def _ask_for_code(error: str = "", status: int = 200) -> Response:
    page = pages.page("device_code.html", error=error)
    return Response(page, status, mimetype="text/html")


def _words(refused: Refused) -> str:
    return refusal(refused.code).title.text(pages.language())


def _show(found: Row, asked: AuthorizationRequest, typed: str) -> Response:
    code = till_codes.read(typed) or ""
    page = pages.page(
        "device_confirm.html",
        client=client_view(asked.client),
        purpose=asked.purpose,
        labels=[each.label for each in in_order(asked.claims & asked.purpose.approved)],
        place=found.place,
        asked_at=found.asked_at,
        code=f"{code[:4]}-{code[4:]}",
        person=pages.person(),
    )
    return Response(page, mimetype="text/html")
