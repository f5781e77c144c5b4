"""Type the code from the letter; then read the account name, or choose a new password."""

from datetime import timedelta
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.password import rules
from audit import footprint
from audit.lines import Kind
from kernel.db import transaction
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from members import recovery, register
from members.recovery_models import Wanted, Way
from web import account_confirm, cookies, pages, recover_ending, scope
from web.recover import bp, hours


@bp.get("/code/<uuid:recovery_id>")
def code(recovery_id: UUID) -> Response:
    """Ask for the code, whoever may have got one: the same to everybody, nobody is looked up."""
    return _ask_code(recovery_id)


def _ask_code(recovery_id: UUID, error: str = "") -> Response:
    page = pages.page(
        "recover/code.html",
        action=url_for("recover.check_code", recovery_id=recovery_id),
        minutes=recovery.CODE_LIVES // timedelta(minutes=1),
        errors=[("code", error)] if error else [],
    )
    return Response(page, 422 if error else 200, mimetype="text/html")


@bp.post("/code/<uuid:recovery_id>")
def check_code(recovery_id: UUID) -> Response:
    """Count the try, then check the code."""
    try:
        wanted = _check(recovery_id)
    except Refused as refused:
        scope.abandon()
        return _ask_code(recovery_id, refusal(refused.code).title.text(pages.language()))
    return redirect(url_for(f"recover.proven_{wanted.value}", recovery_id=recovery_id), 303)


def _check(recovery_id: UUID) -> Wanted:
    now, key = scope.now(), scope.rooms().keyring.derive(recovery.KEY)
    with transaction(scope.rooms().sessions) as own:  # counted whatever comes of it
        may_try = recovery.count_try(own, recovery_id, browser=cookies.browser(), now=now)
    if not may_try:
        raise Refused("recovery.identity_unproven")
    member_id, wanted = recovery.verify(
        scope.db(), recovery_id, request.form.get("code", ""), key=key, now=now
    )
    if wanted is Wanted.ACCOUNT:
        footprint.record(scope.db(), Kind.ACCOUNT_TOLD, member_id=member_id, now=now)
    return wanted


def _whose(wanted: Wanted, recovery_id: UUID) -> UUID:
    """Return whose mailbox this browser read. Raises NotFound."""
    member_id = recovery.find_verified(
        scope.db(), recovery_id, wanted, browser=cookies.browser(), now=scope.now()
    )
    if member_id is None:
        raise NotFound("recovery.not_found")
    return member_id


@bp.get("/account/<uuid:recovery_id>")
def proven_account(recovery_id: UUID) -> str:
    """Show the account name; the letter did not hold it."""
    member = register.get(scope.db(), _whose(Wanted.ACCOUNT, recovery_id))
    return pages.page("recover/told.html", login=member.login)


@bp.get("/password/<uuid:recovery_id>")
def proven_password(recovery_id: UUID) -> Response:
    """Offer both ways on: a carrier, without limits, or a new password by mail alone."""
    return _choose(recovery_id)


def _choose(recovery_id: UUID, *errors: tuple[str, str]) -> Response:
    member_id = _whose(Wanted.PASSWORD, recovery_id)
    page = pages.page(
        "recover/new_password.html",
        action=url_for("recover.reset", recovery_id=recovery_id),
        carrier_url=url_for("account.login", next=url_for("account.new_password"))
        if account_confirm.can_do_without_a_password(member_id)
        else None,
        login=register.get(scope.db(), member_id).login,
        errors=list(errors),
        min_length=rules.SHORTEST,
        hours=hours(),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


@bp.post("/password/<uuid:recovery_id>")
def reset(recovery_id: UUID) -> Response:
    """Use the request up and set the password, restricted."""
    member_id = _whose(Wanted.PASSWORD, recovery_id)
    error = recover_ending.repeated_wrongly(request.form)
    if error is not None:
        return _choose(recovery_id, error)
    try:
        recovery.use(scope.db(), recovery_id, Way.DELAYED, now=scope.now())
        recover_ending.finish(member_id, request.form["new_password"], Way.DELAYED)
    except Refused as refused:
        if not refused.code.startswith("password."):
            raise
        scope.abandon()
        words = refusal(refused.code).title.text(pages.language())
        return _choose(recovery_id, ("new_password", words))
    return redirect(recover_ending.onward(member_id, "reset_by_mail"), 303)
