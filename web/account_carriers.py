"""卡片與裝置: what a member can show; rename, report lost, remove. Adding has pages of its own."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.certificate import authority
from audit import footprint
from audit.lines import Kind
from carriers import bindings, loss_reports, names
from carriers.models import Binding, Suspension
from web import (
    carrier_binding,
    carrier_views,
    cookies,
    last_carrier,
    losses,
    pages,
    passkeys,
    scope,
)
from web.account import bp, done
from web.account_confirm import strongest_required
from web.card_ways import WAYS
from web.mails import Mail


@bp.get("/carriers", endpoint="carriers")
@scope.member_required
def carriers_page() -> str:
    """List what the member can show, and what was reported lost."""
    return pages.page(
        "account/carriers.html",
        carriers=carrier_views.listed(scope.member_id()),
        add_url=url_for("account.new_carrier") if passkeys.is_offered() else None,
        add_card_urls=_add_card_urls(),
        add_device_url=url_for("account.new_device") if authority.find(scope.db()) else None,
        longest=names.LONGEST,
        flashes=done(),
    )


def _add_card_urls() -> dict[str, str]:
    return {
        kind: url_for("account.new_card", kind=kind)
        for kind, way in WAYS.items()
        if way.is_offered()
    }


@bp.post("/carriers/<uuid:carrier_id>/rename", endpoint="rename_carrier")
@scope.member_required
def rename(carrier_id: UUID) -> Response:
    """Call a carrier something else."""
    binding, now = _mine(carrier_id), scope.now()
    bindings.rename(scope.db(), binding, request.form.get("name", ""), now=now)
    footprint.record(
        scope.db(),
        Kind.CARRIER_RENAMED,
        member_id=binding.member_id,
        now=now,
        carrier=str(carrier_id),
    )
    return redirect(url_for("account.carriers", done="renamed"), 303)


@bp.post("/carriers/<uuid:carrier_id>/lost", endpoint="report_lost")
@scope.member_required
def report_lost(carrier_id: UUID) -> Response:
    """Refuse a carrier everywhere from now on, in one step (7(7)); nothing is asked first."""
    binding, visitor = _mine(carrier_id), scope.visitor()
    loss_reports.confirm(scope.db(), binding, now=scope.now())
    with last_carrier.watched(binding.member_id, actor=binding.member_id):
        ended = losses.suspend(
            scope.db(),
            binding.id,
            Suspension.LOST,
            actor=binding.member_id,
            language=pages.language(),
            now=scope.now(),
        )
    if visitor is not None and visitor.session_id in ended:
        cookies.end_session()
        return redirect(url_for("account.login", done="lost"), 303)
    return redirect(url_for("account.carriers", done="lost"), 303)


@bp.get("/carriers/<uuid:carrier_id>/remove", endpoint="remove_carrier_page")
@scope.member_required
@strongest_required
def remove_page(carrier_id: UUID) -> str:
    """Say what removing means, and ask."""
    binding = _mine(carrier_id)
    usable = [each for each in bindings.live(scope.db(), binding.member_id) if each.is_usable]
    return pages.page(
        "account/remove_carrier.html",
        action=url_for("account.remove_carrier", carrier_id=carrier_id),
        name=carrier_views.title_of(binding),
        is_last=[each.id for each in usable] == [binding.id],
    )


@bp.post("/carriers/<uuid:carrier_id>/remove", endpoint="remove_carrier")
@scope.member_required
@strongest_required
def remove(carrier_id: UUID) -> Response:
    """End a binding, and the sessions it opened elsewhere."""
    binding, visitor = _mine(carrier_id), scope.visitor()
    bindings.release(scope.db(), binding, actor=binding.member_id, now=scope.now())
    ended = losses.end_sessions(scope.db(), binding, now=scope.now())
    carrier_binding.tell(Kind.CARRIER_REMOVED, Mail.CARRIER_REMOVED, binding)
    if visitor is not None and visitor.session_id in ended:
        cookies.end_session()
        return redirect(url_for("account.login", done="removed"), 303)
    return redirect(url_for("account.carriers", done="removed"), 303)


def _mine(carrier_id: UUID) -> Binding:
    return bindings.get(scope.db(), carrier_id, member_id=scope.member_id())
