"""裝置憑證: certify a member's own device, renew that, hand it out (regulation 7(6)3)."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.certificate import authority, devices
from adapters.certificate.authority import Authority
from adapters.passkey import enrolment as passkeys
from audit import footprint
from audit.lines import Kind
from carriers import bindings, names
from carriers.models import Binding, CarrierKind
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from web import carrier_binding, device_lists, pages, scope, token_keys
from web.account import bp
from web.account_confirm import strongest_required
from web.mails import Mail


@bp.post("/carriers/<uuid:carrier_id>/certify")
@scope.member_required
@strongest_required
def certify_carrier(carrier_id: UUID) -> Response:
    """Issue a certificate over the carrier's own key, or issue it anew."""
    session, now = scope.db(), scope.now()
    binding = bindings.get(session, carrier_id, member_id=scope.member_id())
    by = _authority()
    if binding.kind is CarrierKind.PASSKEY:
        key = passkeys.public_key_of(session, binding.id)
        devices.certify(session, by, binding, key, now=now)
    else:
        devices.renew(session, by, binding, now=now)
    _record(binding)
    return redirect(url_for("account.carriers", done="certified"), 303)


def _authority() -> Authority:
    rooms = scope.rooms()
    by = authority.opened(scope.db(), rooms.keyring, partial(token_keys.open_key, rooms.settings))
    return replace(by, list_url=device_lists.address_of(rooms, by.row.id))


def _record(binding: Binding) -> None:
    footprint.record(
        scope.db(),
        Kind.DEVICE_CERTIFIED,
        member_id=binding.member_id,
        now=scope.now(),
        carrier=str(binding.id),
    )


@bp.get("/carriers/<uuid:carrier_id>/certificate")
@scope.member_required
def carrier_certificate(carrier_id: UUID) -> Response:
    """Hand out a carrier's newest certificate; it names nobody."""
    binding = bindings.get(scope.db(), carrier_id, member_id=scope.member_id())
    issued = devices.find(scope.db(), binding.id)
    if issued is None:
        raise NotFound("carrier.not_found")
    response = Response(devices.pem_of(issued), mimetype="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="device.pem"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/carriers/device")
@scope.member_required
@strongest_required
def new_device() -> Response | str:
    """Explain requests and let the member hand one in."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    if authority.find(scope.db()) is None:
        raise NotFound("carrier.not_found")
    page = pages.page(
        "account/new_device.html",
        action=url_for("account.bind_device"),
        request_text=request.form.get("request", "")[: authority.MOST_BYTES],
        name=names.tidy(request.form.get("name", "")),
        longest=names.LONGEST,
        error=error,
    )
    return Response(page, status, mimetype="text/html")


@bp.post("/carriers/device")
@scope.member_required
@strongest_required
def bind_device() -> Response:
    """Bind the device that made the request, certify its key, and tell its member."""
    visitor, member_id = scope.visitor(), scope.member_id()
    sent = request.form.get("request", "").encode("utf-8", "replace")
    try:
        bindings.require_may_bind_online(scope.db(), member_id)
        issued = devices.bind(
            scope.db(),
            _authority(),
            sent,
            member_id=member_id,
            name=request.form.get("name", ""),
            acr="" if visitor is None else visitor.acr,
            now=scope.now(),
        )
    except Refused as refused:
        scope.abandon()
        entry = refusal(refused.code)
        return _show_new(entry.title.text(pages.language()), entry.status)
    binding = bindings.get(scope.db(), issued.binding_id, member_id=member_id)
    carrier_binding.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(url_for("account.carriers", done="certified"), 303)
