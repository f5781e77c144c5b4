"""Cards on the member's own pages: sign in with one, confirm with one, tie one to the account."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.smartcard import enrolment
from audit import footprint
from audit.lines import Kind
from carriers import bindings, names
from carriers.models import Binding
from kernel.errors import Refused
from kernel.refusals import refusal
from web import cards, notices, pages, passkeys, scope
from web.account import bp
from web.account_confirm import strongest_required, wanted_next
from web.login import LoginLocked
from web.mails import Mail

BINDING = "bind-card"  # the place where a card that is to be bound is read


@bp.get("/login/card")
def card_login() -> Response:
    """Show the page that reads a card."""
    cards.adapter()  # offered here, or no such page
    if scope.visitor() is not None:
        return redirect(url_for("account.index"), 303)
    return _show_login()


@bp.post("/login/card")
def log_in_by_card() -> Response:
    """Check the card and the password and go to the account."""
    cards.adapter()
    try:
        cards.attempt(passkeys.ACCOUNT)
    except (LoginLocked, Refused) as problem:
        return _show_login(*cards.trouble(problem))
    return redirect(url_for("account.index"), 303)


def _show_login(error: str = "", status: int = 200) -> Response:
    page = pages.page(
        "card.html",
        card=cards.form(url_for("account.log_in_by_card"), passkeys.ACCOUNT),
        client=None,
        hidden={},
        person=None,
        asks_password=True,
        asks_login=bool(error),
        login_hint=request.form.get("login_id", "")[:128],
        error=error,
        other_ways=url_for("account.login"),
        cancel_url=None,
    )
    return Response(page, status, mimetype="text/html")


@bp.get("/confirm/card")
@scope.member_required
def confirm_card() -> Response:
    """Show the page that reads a card to make sure who is here."""
    return _show_confirm()


@bp.post("/confirm/card")
@scope.member_required
def confirm_by_card() -> Response:
    """Check card and password, and go on to where the visitor was going."""
    cards.adapter()
    try:
        cards.attempt(passkeys.CONFIRM, only=scope.member_id())
    except (LoginLocked, Refused) as problem:
        return _show_confirm(*cards.trouble(problem))
    return redirect(wanted_next(), 303)


def _show_confirm(error: str = "", status: int = 200) -> Response:
    cards.adapter()
    need = request.form.get("need", "") or request.args.get("need", "")
    page = pages.page(
        "card.html",
        card=cards.form(url_for("account.confirm_by_card"), passkeys.CONFIRM),
        client=None,
        hidden={"next": wanted_next(), "need": need},
        person=pages.person(),
        asks_password=True,
        asks_login=False,
        login_hint="",
        error=error,
        other_ways=url_for("account.confirm", next=wanted_next(), need=need or None),
        cancel_url=None,
    )
    return Response(page, status, mimetype="text/html")


@bp.get("/carriers/card")
@scope.member_required
@strongest_required
def new_card() -> Response:
    """Explain cards and let the member add one."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    cards.adapter()
    barred = _refusal_words()
    page = pages.page(
        "account/new_card.html",
        card=cards.form(url_for("account.bind_card"), place()),
        name=names.tidy(request.form.get("name", "")),
        error=error or barred,
        may_add=not barred,
    )
    return Response(page, status, mimetype="text/html")


def _refusal_words() -> str:
    """Return why this member may not add a card online, empty if they may (8(3))."""
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


def place() -> str:
    """Bind the reading to this member's session: nobody else's may bind the card."""
    visitor = scope.visitor()
    return BINDING if visitor is None else f"{BINDING}/{visitor.session_id}"


@bp.post("/carriers/card")
@scope.member_required
@strongest_required
def bind_card() -> Response:
    """Tie the card that was read to the account, and tell its member."""
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
        binding = _bind(scope.member_id())
    except Refused as refused:
        scope.abandon()
        entry = refusal(refused.code)
        return _show_new(entry.title.text(pages.language()), entry.status)
    session, now = scope.db(), scope.now()
    footprint.record(
        session,
        Kind.CARRIER_BOUND,
        member_id=binding.member_id,
        now=now,
        carrier=str(binding.id),
    )
    notices.mail(
        session,
        Mail.CARRIER_ADDED,
        member_id=binding.member_id,
        language=pages.language(),
        now=now,
    )
    return redirect(url_for("account.carriers", done="card"), 303)


def _bind(member_id: UUID) -> Binding:
    visitor, where = scope.visitor(), place()
    scope.keep()
    challenge = cards.take(where)
    return enrolment.finish(
        scope.db(),
        cards.adapter(),
        challenge,
        cards.sent(),
        member_id=member_id,
        name=request.form.get("name", ""),
        acr="" if visitor is None else visitor.acr,
        now=scope.now(),
    )
