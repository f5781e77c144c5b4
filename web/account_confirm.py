"""Ask again who is there before what cannot be undone; it counts for five minutes."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from clients.models import OrganisationKind
from consent import representation
from idp import acr
from kernel.errors import Refused
from members import recovery, register
from web import cards, login, pages, passkeys, scope
from web.account import bp
from web.card_ways import WAYS
from web.login import LoginLocked
from web.sessions import Visitor

P = ParamSpec("P")
R = TypeVar("R")

CONFIRMED_FOR = timedelta(minutes=5)


def is_confirmed() -> bool:
    """Say whether the visitor proved only just now, in this browser, who they are."""
    visitor = scope.visitor()
    if visitor is None or visitor.by_phone:
        return False
    return scope.now() - visitor.authenticated_at < CONFIRMED_FOR


def is_strongest() -> bool:
    """Say whether the visitor proved it as strongly as they can: not by a password, if possible."""
    visitor = scope.visitor()
    if visitor is None or not is_confirmed():
        return False
    if acr.reaches(visitor.acr, acr.ACR[1:2]):
        return True
    return not has_stronger(visitor.member_id) and not _is_restricted_now(visitor)


def _is_restricted_now(visitor: Visitor) -> bool:
    """Ask again: a loss may have come between the visitor's first look-up and this moment."""
    until = recovery.restricted_until(scope.db(), visitor.member_id)
    return "pwd" in visitor.amr and recovery.is_restricted(until, now=scope.now())


def has_stronger(member_id: UUID) -> bool:
    """Say whether the member has more than a password to confirm with."""
    return passkeys.has_one(member_id) or any(way.has_one(member_id) for way in WAYS.values())


def can_do_without_a_password(member_id: UUID) -> bool:
    """Say whether the member has what identifies as surely as `has_stronger` wants, by itself.

    A card that shares a key with us does so only beside a password (docs/decisions/0044).
    """
    alone = (way for way in WAYS.values() if way is not cards)
    return passkeys.has_one(member_id) or any(way.has_one(member_id) for way in alone)


def confirmation_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Send the visitor to confirm first, then back to the page; stands under `member_required`.

    A form that comes too late is not kept: the page it stood on is shown again.
    """
    return _guarded(view, is_confirmed)


def strongest_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Do the same, and let a password confirm nothing for who has a passkey or a card with a key.

    Whoever guessed a password must not add or remove what is stronger (NIST SP 800-63B-4 4.1.2).
    A password just set anew by mail does not count, nor one for who just lost what was stronger.
    Raises Refused `recovery.restricted`.
    """
    guarded = _guarded(view, is_strongest)

    @wraps(view)
    def unrestricted(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        require_unrestricted()
        return guarded(*args, **kwargs)

    return unrestricted


def carrier_shown_next(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Ask as strongly as `strongest_required`, and turn away nobody for a restricted password.

    For views that ask for the carrier itself and take no password alone.
    """
    return _guarded(view, _is_strongest_left)


def _is_strongest_left() -> bool:
    visitor = scope.visitor()
    return is_strongest() or (visitor is not None and visitor.is_restricted and is_confirmed())


def require_unrestricted() -> None:
    """Refuse who came by a password that counts for little. Raises `recovery.restricted`."""
    visitor = scope.visitor()
    if visitor is not None and visitor.is_restricted:
        raise Refused("recovery.restricted")


def _guarded(view: Callable[P, R], is_enough: Callable[[], bool]) -> Callable[P, R | Response]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if is_enough():
            return view(*args, **kwargs)
        return ask(passkeys.NAME if is_confirmed() else None)

    return guarded


def ask(need: str | None = None) -> Response:
    """Send the visitor to confirm, and back to where they are; `need` is what alone will do."""
    here = request.full_path.rstrip("?")
    # None is left out of the address.
    return redirect(url_for("account.confirm", next=here, need=need), 303)


def require_unrestricted_for(kind: OrganisationKind, given: AbstractSet[str]) -> None:
    """Let no password that counts for little tell a merchant who somebody is.

    Raises Refused `recovery.restricted`.
    """
    if kind is OrganisationKind.MERCHANT and representation.identifies(given):
        require_unrestricted()


@bp.get("/confirm")
@scope.member_required
def confirm() -> str:
    """Ask for the passkey, or for the password."""
    return _page("")


@bp.post("/confirm")
@scope.member_required
def confirm_password() -> Response:
    """Check the password as the login page does, and go on to where the visitor was going."""
    member = register.get(scope.db(), scope.member_id())
    form = {"login_id": member.login, "password": request.form.get("password", "")}
    try:
        login.attempt(form)
    except LoginLocked as locked:
        return Response(_page(login.locked_words(locked)), 429, mimetype="text/html")
    except Refused as refused:
        return Response(_page(login.failed_words(refused)), 422, mimetype="text/html")
    return _go_on()


@bp.post("/confirm/passkey")
@scope.member_required
def confirm_passkey() -> Response:
    """Check the passkey's answer, and go on to where the visitor was going."""
    try:
        passkeys.attempt(passkeys.CONFIRM, only=scope.member_id())
    except (LoginLocked, Refused) as problem:
        words, status = passkeys.trouble(problem)
        return Response(_page(words, field=""), status, mimetype="text/html")
    return _go_on()


def _go_on() -> Response:
    return redirect(wanted_next(), 303)


def _page(error: str, *, field: str = "password") -> str:
    member = register.get(scope.db(), scope.member_id())
    has_passkey, visitor = passkeys.has_one(member.id), scope.visitor()
    url = url_for("account.confirm_passkey")
    return pages.page(
        "account/confirm.html",
        action=url_for("account.confirm_password"),
        passkey=passkeys.form(url, passkeys.CONFIRM) if has_passkey else None,
        cards=_cards(member.id),
        more_only=wanted_need() == passkeys.NAME and has_stronger(member.id),
        next=wanted_next(),
        login=member.login,
        by_phone=visitor is not None and visitor.by_phone,
        errors=[(field, error)] if error else [],
    )


def _cards(member_id: UUID) -> dict[str, str]:
    """Return where to confirm with each kind of card the member has."""
    onward, need = wanted_next(), wanted_need() or None
    return {
        kind: url_for("account.confirm_card", kind=kind, next=onward, need=need)
        for kind, way in WAYS.items()
        if way.has_one(member_id)
    }


def wanted_next() -> str:
    """Return the page of ours to which the visitor was going."""
    wanted = request.form.get("next", "") or request.args.get("next", "")
    return pages.own_path(wanted, or_else="account.index")


def wanted_need() -> str:
    """Return what is not enough without more: `passkey` if a password is not, else nothing."""
    return request.form.get("need", "") or request.args.get("need", "")
