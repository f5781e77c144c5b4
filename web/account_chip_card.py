"""Cards that sign, on the member's own pages: sign in with one, tie one to the account."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.keycard import enrolment
from audit.lines import Kind
from carriers import bindings, names
from carriers.models import Binding
from kernel.errors import Refused
from kernel.refusals import refusal
from web import account_carriers, chip_cards, pages, proofs, scope
from web.account import bp
from web.account_confirm import strongest_required
from web.login import LoginLocked
from web.mails import Mail


@bp.get("/login/chip-card")
def chip_card_login() -> Response:
    """Show the page where a card signs."""
    if scope.visitor() is not None:
        return redirect(url_for("account.index"), 303)
    return _show_login()


@bp.post("/login/chip-card")
def log_in_by_chip_card() -> Response:
    """Check the card's signature and go to the account."""
    try:
        chip_cards.attempt(chip_cards.ACCOUNT)
    except (LoginLocked, Refused) as problem:
        return _show_login(*chip_cards.trouble(problem))
    return redirect(url_for("account.index"), 303)


def _show_login(error: str = "", status: int = 200) -> Response:
    url = url_for("account.log_in_by_chip_card")
    page = pages.page(
        "chip_card.html",
        card=chip_cards.form(url, chip_cards.ACCOUNT),
        client=None,
        person=None,
        error=error,
        other_ways=url_for("account.login"),
        cancel_url=None,
    )
    return _with_window(page, status)


def _with_window(page: str, status: int) -> Response:
    """Let the card program's own window, which the page may open, speak back to it."""
    response = Response(page, status, mimetype="text/html")
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


@bp.get("/carriers/chip-card")
@scope.member_required
@strongest_required
def new_chip_card() -> Response:
    """Explain chip cards and let the member add one."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    barred = _refusal_words()
    page = pages.page(
        "account/new_chip_card.html",
        card=chip_cards.form(url_for("account.bind_chip_card"), _place()),
        name=names.tidy(request.form.get("name", "")),
        error=error or barred,
        may_add=not barred,
    )
    return _with_window(page, status)


def _refusal_words() -> str:
    """Return why this member may not add a card online, empty if they may (8(3))."""
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


def _place() -> str:
    """Bind the question to this member's session: nobody else's may answer it."""
    visitor = scope.visitor()
    session = "" if visitor is None else visitor.session_id.hex
    return f"{chip_cards.BINDING}/{session}"


@bp.post("/carriers/chip-card")
@scope.member_required
@strongest_required
def bind_chip_card() -> Response:
    """Bind the card that signed, and tell its member."""
    member_id, place = scope.member_id(), _place()
    try:
        bindings.require_may_bind_online(scope.db(), member_id)
        scope.keep()
        binding = _bind(member_id, place)
    except Refused as refused:
        scope.abandon()
        entry = refusal(refused.code)
        return _show_new(entry.title.text(pages.language()), entry.status)
    account_carriers.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(url_for("account.carriers", done="chip-card"), 303)


def _bind(member_id: UUID, place: str) -> Binding:
    visitor, adapter = scope.visitor(), chip_cards.adapter()
    challenge = proofs.take(place, request.form.get("challenge", ""))
    return enrolment.finish(
        scope.db(),
        adapter,
        proofs.context(),
        challenge,
        chip_cards.sent(),
        member_id=member_id,
        name=request.form.get("name", ""),
        acr="" if visitor is None else visitor.acr,
        now=scope.now(),
    )
