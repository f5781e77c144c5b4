"""Sign in with a phone that is signed in already: this page stands on the other device (UI 3.3)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import jsonify, redirect, request, url_for
from markupsafe import Markup

from adapters.contract import NotProven
from carriers import bindings
from idp.acr import Assurance
from idp.interaction import StepUp
from kernel.errors import Refused
from web import browsers, cookies, handovers, interactions, login, methods, pages, proofs, scope
from web.account_show import picture
from web.handovers import Device
from web.interactions import Open, Page, bp, still_open
from web.login import Known, LoginLocked
from web.models import Handover
from web.views import client_view


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A code that a phone can scan now."""

    code: str
    number: str
    picture: Markup
    seconds: int
    until: datetime


@bp.get("/phone")
@still_open
def phone_page(current: Open) -> Page:
    """Show the code and the number, or what has become of them."""
    following = current.next()
    if methods.phone_wanted(following, current.asked.essential_acr) is None:
        return redirect(current.url("step"), 303)
    found = _latest(current)
    state = _state(found)
    return pages.page(
        "phone_wanted.html",
        client=client_view(current.asked.client),
        state=state,
        waiting=_waiting(found) if found is not None and state == "waiting" else None,
        person=_person(found) if found is not None and state == "ready" else None,
        is_step_up=isinstance(following, StepUp),
        longest=int(handovers.LIFETIME.total_seconds()),
        enter_url=_short(url_for("phone.page")),
        ask_url=current.url("phone_state"),
        look_url=current.url("phone_page"),
        renew_url=current.url("show_code"),
        go_on_url=current.url("go_on"),
        other_ways=current.url("step"),
    )


@bp.post("/phone")
@still_open
def show_code(current: Open) -> Page:
    """Make a new code; the one before can no longer be scanned."""
    wanted = methods.phone_wanted(current.next(), current.asked.essential_acr)
    if wanted is None:
        return redirect(current.url("step"), 303)
    proofs.require_patience()
    device = Device(
        browser=cookies.browser(),
        place=str(current.row.id),
        client_id=current.asked.client.id,
        wanted=wanted,
        words=browsers.describe(request.headers.get("User-Agent", "")[:512]),
        proven_after=_proven_after(current),
    )
    handovers.ask(scope.db(), device, key=scope.rooms().handover_key, now=scope.now())
    return redirect(current.url("phone_page") + "#phone", 303)


def _proven_after(current: Open) -> datetime | None:
    """Return since when the phone's member must have proved who they are, if a client cares."""
    asked = current.asked
    wants_new = "login" in asked.prompt or asked.max_age is not None
    return current.row.started_at if wants_new else None


@bp.get("/phone/state")
@still_open
def phone_state(current: Open) -> Page:
    """Tell the page's script whether the phone has answered."""
    return jsonify({"state": _state(_latest(current))})


@bp.post("/phone/continue")
@still_open
def go_on(current: Open) -> Page:
    """Sign in the member whose phone agreed, and go on."""
    following, found = current.next(), _latest(current)
    wanted = methods.phone_wanted(following, current.asked.essential_acr)
    if found is None or wanted is None:
        return redirect(current.url("step"), 303)
    interaction_id, only = current.row.id, None
    if isinstance(following, StepUp):
        only = scope.member_id()
    scope.keep()  # that the visitor was seen here holds their session, and others are held first
    try:
        known = _take(found, only=only)
    except Refused as refused:
        _write_down(refused)
        return redirect(current.url("phone_page"), 303)
    shared = request.form.get("shared_computer") == "yes"
    login.sign_in(known, method=methods.PHONE, shared_computer=shared)
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def _write_down(refused: Refused) -> None:
    """Undo the step and write down what failed, while this network has not failed too often."""
    scope.abandon()
    with suppress(LoginLocked):
        login.count_network()
        login.record_failure(refused, method=methods.PHONE)


def _take(found: Handover, *, only: UUID | None) -> Known:
    if found.carrier_id is not None:  # before the sessions, as whoever reports it lost
        bindings.use(scope.db(), found.carrier_id, now=scope.now())
    left = login.left_here()
    here = None if left is None else left.session_id
    handovers.take(scope.db(), found, here=here, now=scope.now())
    if found.member_id is None or found.acr is None or found.amr is None:
        raise Refused(handovers.OVER)
    if found.answered_at is None:
        raise Refused(handovers.OVER)
    if only not in {None, found.member_id}:
        raise NotProven("login.other_member", member_id=only)
    login.admit_active(found.member_id)
    return Known(
        member_id=found.member_id,
        assurance=Assurance(found.acr, tuple(found.amr)),
        carrier_id=found.carrier_id,
        since=found.authenticated_at or found.answered_at,
    )


def _latest(current: Open) -> Handover | None:
    return handovers.latest(scope.db(), browser=cookies.browser(), place=str(current.row.id))


def _state(found: Handover | None) -> str:
    """Return what the newest code has come to: none, waiting, over, stopped or ready."""
    if found is None:
        return "none"
    if handovers.is_ready(found, now=scope.now()):
        return "ready" if handovers.is_still_meant(scope.db(), found) else "over"
    if found.approved is False:
        return "stopped"
    is_waiting = found.answered_at is None and scope.now() < found.expires_at
    return "waiting" if is_waiting else "over"


def _waiting(found: Handover) -> Waiting:
    key = scope.rooms().handover_key
    code = handovers.code_of(found.id, key=key)
    address = scope.rooms().settings.issuer + url_for("phone.page", code=code)
    return Waiting(
        code=f"{code[:4]} {code[4:]}",
        number=handovers.number_of(found.id, key=key),
        picture=picture(address),
        seconds=int((found.expires_at - scope.now()).total_seconds()),
        until=found.expires_at,
    )


def _person(found: Handover) -> str:
    return "" if found.member_id is None else pages.name_of(found.member_id)


def _short(path: str) -> str:
    """Return an address as people type it."""
    return scope.rooms().settings.issuer.partition("://")[2] + path
