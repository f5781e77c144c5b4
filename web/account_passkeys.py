"""Add a passkey on the member's own pages."""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.passkey import enrolment
from audit.lines import Kind
from carriers import bindings, names
from carriers.models import Binding
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from members import register
from web import browsers, carrier_binding, challenges, cookies, pages, passkeys, proofs, scope
from web.account import bp
from web.account_confirm import strongest_required
from web.mails import Mail


@bp.get("/carriers/new", endpoint="new_carrier")
@scope.member_required
@strongest_required
def new_page() -> Response | str:
    """Explain passkeys and let the member add one."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    if not passkeys.is_offered():
        raise NotFound("carrier.not_found")
    sent = request.form if request.method == "POST" else request.args
    why_not = carrier_binding.barred()
    described = browsers.describe(request.headers.get("User-Agent", "")[:512])
    page = pages.page(
        "account/new_carrier.html",
        action=url_for("account.bind_carrier"),
        options_url=url_for("account.carrier_options"),
        name=names.tidy(request.form.get("name", "") or described),
        next=pages.own_path(sent.get("next", ""), or_else="account.carriers"),
        error=error or why_not,
        may_add=not why_not,
    )
    return Response(page, status, mimetype="text/html")


@bp.post("/carriers/options", endpoint="carrier_options")
@scope.member_required
@strongest_required
def options() -> Response:
    """Put to this browser what it needs to make a passkey."""
    member = register.get(scope.db(), scope.member_id())
    proofs.require_patience()
    challenge = enrolment.begin(
        scope.db(),
        proofs.context(),
        member_id=member.id,
        login=member.login,
        service=scope.rooms().branding.at(scope.now()).name.text(pages.language()),
        now=scope.now(),
    )
    place = carrier_binding.place(passkeys.NAME)
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=place)
    return passkeys.answer(challenge.public["options"])


@bp.post("/carriers/new", endpoint="bind_carrier")
@scope.member_required
@strongest_required
def bind() -> Response:
    """Bind the passkey the browser made, and tell its member."""
    member_id, place = scope.member_id(), carrier_binding.place(passkeys.NAME)
    try:
        bindings.require_may_bind_online(scope.db(), member_id)
        scope.keep()
        binding = _bind(member_id, place)
    except Refused as refused:
        scope.abandon()
        entry = refusal(refused.code)
        return _show_new(entry.title.text(pages.language()), entry.status)
    carrier_binding.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    onward = pages.own_path(request.form.get("next", ""), or_else="account.carriers")
    if onward == url_for("account.carriers"):
        onward = url_for("account.carriers", done="carrier")
    return redirect(onward, 303)


def _bind(member_id: UUID, place: str) -> Binding:
    challenge = proofs.take(place, request.form.get("challenge", ""))
    return enrolment.finish(
        scope.db(),
        proofs.context(),
        challenge,
        {"credential": request.form.get("credential", "")},
        member_id=member_id,
        name=request.form.get("name", ""),
        acr=carrier_binding.known_by(),
        now=scope.now(),
    )
