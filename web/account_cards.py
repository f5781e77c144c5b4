"""Cards on the member's own pages: sign in with one, confirm with one, tie one to the account."""

from http import HTTPStatus

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit.lines import Kind
from carriers import bindings, names
from kernel.errors import Refused
from kernel.refusals import refusal
from web import card_pages, cards, carrier_binding, pages, passkeys, scope
from web.account import bp
from web.account_confirm import strongest_required, wanted_need, wanted_next
from web.card_program import CardForm
from web.card_ways import ONE_OF_THEM, WAYS
from web.login import LoginLocked
from web.mails import Mail

LONGEST_LAST_FOUR = 8  # characters typed: four, some of them wide or spaced


@bp.get(f"/login/{ONE_OF_THEM}")
def card_login(kind: str) -> Response:
    """Show the page that takes such a card."""
    form = _login_form(kind)  # offered here, or no such page
    if scope.visitor() is not None:
        return redirect(wanted_next(), 303)
    return _show_login(form)


@bp.post(f"/login/{ONE_OF_THEM}")
def log_in_by_card(kind: str) -> Response:
    """Check what the card brought and go to the account, or say what to do."""
    try:
        WAYS[kind].attempt(_at_login(kind))
    except (LoginLocked, Refused) as problem:
        return _show_login(_login_form(kind), *WAYS[kind].trouble(problem))
    return redirect(wanted_next(), 303)


def _at_login(kind: str) -> str:
    return f"account-{kind}"


def _login_form(kind: str) -> CardForm:
    return WAYS[kind].form(url_for("account.log_in_by_card", kind=kind), _at_login(kind))


def _show_login(form: CardForm, error: str = "", status: int = 200) -> Response:
    onward = wanted_next()
    other_ways = url_for("account.login", next=onward)
    return card_pages.show(form, error, status, hidden={"next": onward}, other_ways=other_ways)


@bp.get(f"/confirm/{ONE_OF_THEM}")
@scope.member_required
def confirm_card(kind: str) -> Response:
    """Show the page that takes such a card to make sure who is here."""
    return _show_confirm(kind)


@bp.post(f"/confirm/{ONE_OF_THEM}")
@scope.member_required
def confirm_by_card(kind: str) -> Response:
    """Check what the card brought, and go on to where the visitor was going."""
    if _is_too_little(kind):
        words = pages.say("這件事只有卡片不夠，請再讀一次卡，並同時輸入密碼。")
        return _show_confirm(kind, words, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        WAYS[kind].attempt(_at_confirm(kind), only=scope.member_id())
    except (LoginLocked, Refused) as problem:
        return _show_confirm(kind, *WAYS[kind].trouble(problem))
    return redirect(wanted_next(), 303)


def _is_too_little(kind: str) -> bool:
    """Say whether this form would lead back here: such a card is strong beside a password only."""
    visitor = scope.visitor()
    has_password = bool(request.form.get("password")) or (visitor and "pwd" in visitor.amr)
    return WAYS[kind] is cards and wanted_need() == passkeys.NAME and not has_password


def _at_confirm(kind: str) -> str:
    return f"confirm-{kind}"


def _show_confirm(kind: str, error: str = "", status: int = 200) -> Response:
    url = url_for("account.confirm_by_card", kind=kind)
    onward = {"next": wanted_next(), "need": wanted_need()}
    return card_pages.show(
        WAYS[kind].form(url, _at_confirm(kind)),
        error,
        status,
        known=True,
        hidden=onward,
        other_ways=url_for("account.confirm", next=onward["next"], need=onward["need"] or None),
    )


@bp.get(f"/carriers/{ONE_OF_THEM}")
@scope.member_required
@strongest_required
def new_card(kind: str) -> Response:
    """Explain such cards and let the member add one."""
    return _show_new(kind)


def _show_new(kind: str, error: str = "", status: int = 200) -> Response:
    url = url_for("account.bind_card", kind=kind)
    why_not = carrier_binding.barred()
    page = pages.page(
        "account/new_card.html",
        card=WAYS[kind].form(url, carrier_binding.place(kind)),
        hidden={"next": _onward(kind)},
        name=names.tidy(request.form.get("name", "")),
        last_four=request.form.get("last_four", "")[:LONGEST_LAST_FOUR],
        error=error or why_not,
        may_add=not why_not,
    )
    return Response(page, status, mimetype="text/html")


def _onward(kind: str) -> str:
    """Return where the member was going; a service may have sent them here."""
    wanted = request.form.get("next", "") or request.args.get("next", "")
    listed = url_for("account.carriers", done=kind)
    return pages.own_path(wanted, or_else="account.carriers") if wanted else listed


@bp.post(f"/carriers/{ONE_OF_THEM}")
@scope.member_required
@strongest_required
def bind_card(kind: str) -> Response:
    """Tie the card in this form to the account, and tell its member."""
    where = carrier_binding.place(kind)
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
        scope.keep()
        binding = WAYS[kind].bind(where)
    except Refused as refused:
        scope.abandon()
        return _show_new(kind, _why_not(kind, refused), refusal(refused.code).status)
    carrier_binding.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(_onward(kind), 303)


def _why_not(kind: str, refused: Refused) -> str:
    if refused.code.startswith("carrier."):
        return refusal(refused.code).title.text(pages.language())
    return WAYS[kind].trouble(refused)[0]
