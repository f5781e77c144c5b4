"""Apply to an agency for a service, or to have it no more; wait, or take it back (2(8)6, 4.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from counters import terms
from counters.terms import Workdays
from idp import acr
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import activation_requests, activations, lifecycle
from services.activations import Noted
from services.models import Activation, Service, ServiceState
from services.publication_models import FormVersion
from services.request_models import ActivationRequest, RequestState, Wish
from web import (
    account_confirm,
    activation_asked,
    annex_fields,
    pages,
    passkeys,
    scope,
    service_terms,
)
from web.account import bp


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An application of the member's that is not decided yet, or was refused last."""

    reference: str
    words: str
    due_on: date | None
    reason: str
    withdraw_url: str | None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What a member can apply for of one service, and what became of it."""

    ask_url: str | None
    end_url: str | None
    pending: Pending | None


def of(noted: Iterable[Noted]) -> dict[str, Asking]:
    """Return what can be applied for, by the code of the service."""
    session = scope.db()
    newest = activation_requests.newest_of(session, scope.member_id())
    known = {each.code: each for each in session.scalars(select(Service))}
    days = terms.workdays(session)
    return {
        each.service: _asking(each, known[each.service], newest.get(known[each.service].id), days)
        for each in noted
    }


def refused() -> set[UUID]:
    """Return the services whose last application was refused; closed ones are among them."""
    newest = activation_requests.newest_of(scope.db(), scope.member_id())
    return {key for key, row in newest.items() if row.state is RequestState.REFUSED}


def _asking(
    noted: Noted, service: Service, asked: ActivationRequest | None, days: Workdays
) -> Asking:
    is_asked = asked is not None and asked.state in activation_requests.PENDING
    is_active = noted.state is Activation.ACTIVATED
    may_ask = service.state is ServiceState.OPEN and not is_active and not is_asked
    urls = {
        wish: url_for("account.ask_service", code=service.code, wish=wish.value) for wish in Wish
    }
    return Asking(
        ask_url=urls[Wish.OPEN] if may_ask else None,
        end_url=urls[Wish.END] if is_active and not is_asked else None,
        pending=None if asked is None else _pending(asked, service, days),
    )


def _pending(asked: ActivationRequest, service: Service, days: Workdays) -> Pending | None:
    """Return what is to be said of the last application: it waits, or why it was refused."""
    if asked.state is RequestState.REFUSED:
        keyring = scope.rooms().keyring
        return Pending(
            reference=asked.reference,
            words=pages.say("上次的申請被駁回"),
            due_on=None,
            reason=activation_requests.reason_of(scope.db(), asked, keyring=keyring)
            or refusal("service.closed").title.text(pages.language()),
            withdraw_url=None,
        )
    if asked.state not in activation_requests.PENDING:
        return None
    words = {Wish.OPEN: pages.say("申請審核中"), Wish.END: pages.say("停用審核中")}
    return Pending(
        reference=asked.reference,
        words=words[asked.wish],
        due_on=days.due_on(asked.asked_at, service.working_days) if service.working_days else None,
        reason="",
        withdraw_url=url_for("account.withdraw_service", reference=asked.reference),
    )


@bp.get('/services/<code>/<any("open", "end"):wish>', endpoint="ask_service")
@scope.member_required
def ask_page(code: str, wish: str) -> Response | str:
    """Show what the agency says of the service, and a button."""
    return _strong_enough(code) or _ask_page(code, wish)


@bp.post('/services/<code>/<any("open", "end"):wish>', endpoint="send_service")
@scope.member_required
def ask(code: str, wish: str) -> Response | str:
    """Apply to the agency: to have the service, or to have it no more."""
    first = _strong_enough(code)
    if first is not None:
        return first
    try:
        with scope.step():
            row = activation_requests.ask(
                scope.db(),
                code,
                Wish(wish),
                annex_fields.answers(_form(_service(code), wish)),
                member_id=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except NotFound:
        raise
    except Refused as refused:
        return _ask_page(code, wish, refused)
    activation_asked.tell(row)
    return redirect(url_for("account.services", done="asked"), 303)


def _form(service: Service, wish: str) -> FormVersion | None:
    return activation_requests.form_of(scope.db(), service.id, Wish(wish), now=scope.now())


@bp.post("/services/applications/<reference>/withdraw", endpoint="withdraw_service")
@scope.member_required
def withdraw(reference: str) -> Response:
    """Take an application back."""
    wanted = reference if reference.isascii() and reference.isalnum() else ""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    activation_requests.withdraw(session, wanted, member_id=member_id, now=now)
    footprint.record(
        session, Kind.SERVICE_WITHDRAWN, member_id=member_id, now=now, reference=wanted
    )
    return redirect(url_for("account.services", done="withdrawn_service"), 303)


def _service(code: str) -> Service:
    return activations.get_service(scope.db(), code if code.isidentifier() else "")


def _strong_enough(code: str) -> Response | None:
    """Send who came by less than the service demands to prove more, and back (2(8)2).

    Raises Refused `service.login_too_weak` for who just proved what they can.
    """
    said = lifecycle.in_force(scope.db(), _service(code).id, on=taipei_day(scope.now()))
    visitor = scope.visitor()
    level = 1 if said is None else said.level
    if visitor is None or acr.reaches(visitor.acr, acr.ACR[level - 1 :]):
        return None
    if account_confirm.is_confirmed():
        raise Refused("service.login_too_weak")
    here = url_for("account.ask_service", code=code, wish="open")
    return redirect(url_for("account.confirm", next=here, need=passkeys.NAME), 303)


def _ask_page(code: str, wish: str, refused: Refused | None = None) -> Response | str:
    service = _service(code)
    if service.state not in {ServiceState.OPEN, ServiceState.CLOSING}:
        raise NotFound("service.not_found")
    said = lifecycle.in_force(scope.db(), service.id, on=taipei_day(scope.now()))
    entry = None if refused is None else refusal(refused.code)
    form = _form(service, wish)
    mistakes = annex_fields.mistakes(form) if entry is not None else []
    page = pages.page(
        "account/service.html",
        name=Bilingual(service.name_zh, service.name_en),
        wish=wish,
        rows=service_terms.rows(said) if said else [],
        working_days=service.working_days,
        questions=annex_fields.questions(form),
        wrong=[] if entry is None else mistakes or [("", entry.title.text(pages.language()))],
    )
    return page if entry is None else Response(page, entry.status, mimetype="text/html")
