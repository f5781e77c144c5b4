"""卡片與裝置: what the member can show; add, rename, report lost, remove."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.certificate import authority, devices
from adapters.certificate.models import DeviceCertificate
from adapters.passkey import enrolment
from audit import footprint
from audit.lines import Kind
from carriers import bindings, loss_reports, names
from carriers.models import Binding, CarrierEvent, CarrierKind, Suspension
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from web import (
    browsers,
    cards,
    carrier_history,
    certificate_lists,
    challenges,
    chip_cards,
    cookies,
    device_certificates,
    losses,
    notices,
    pages,
    passkeys,
    proofs,
    scope,
    sessions,
)
from web.account import bp, done
from web.account_confirm import strongest_required
from web.device_certificates import DeviceView
from web.mails import Mail

BINDING = "bind"  # the place where a new passkey's challenge is good for


@dataclass(frozen=True, kw_only=True)
class CarrierView:
    """One carrier as its member sees it."""

    name: str
    kind: str
    is_card: bool
    state: str  # bound, lost, copied or revoked
    bound_at: datetime
    last_used_at: datetime | None
    suspended_at: datetime | None
    signed_in: int  # sessions that rest on it
    rename_url: str
    lost_url: str
    remove_url: str
    device: DeviceView | None
    reported_at: datetime | None  # by somebody who was not signed in; may be taken back
    found_url: str
    history: list[carrier_history.HistoryLine]


@bp.get("/carriers", endpoint="carriers")
@scope.member_required
def carriers_page() -> str:
    """List what the member can show, and what was reported lost."""
    member_id = scope.member_id()
    listed = sessions.listed(scope.db(), member_id, now=scope.now())
    resting = [each.carrier_id for each in listed]
    issued = devices.newest_of(scope.db(), member_id)
    labels = cards.labels_of(member_id)
    events = bindings.history(scope.db(), member_id)
    reports = loss_reports.open_of(scope.db(), member_id)
    views = [
        _view(
            each,
            resting.count(each.id),
            issued.get(each.id),
            events=events,
            reported_at=reports.get(each.id),
            label=labels.get(each.id),
        )
        for each in bindings.live(scope.db(), member_id)
    ]
    return pages.page(
        "account/carriers.html",
        carriers=views,
        add_url=url_for("account.new_carrier") if _is_offered() else None,
        add_certificate_url=_certificate_url(),
        add_chip_card_url=url_for("account.new_chip_card") if chip_cards.is_offered() else None,
        add_device_url=_device_url(),
        add_card_url=url_for("account.new_card") if cards.is_offered() else None,
        longest=names.LONGEST,
        flashes=done(),
    )


def _view(
    binding: Binding,
    signed_in: int,
    issued: DeviceCertificate | None,
    *,
    events: Iterable[CarrierEvent],
    reported_at: datetime | None,
    label: str | None,
) -> CarrierView:
    def url(endpoint: str) -> str:
        return url_for(f"account.{endpoint}", carrier_id=binding.id)

    return CarrierView(
        name=name_of(binding),
        kind=label or kind_of(binding),
        is_card=binding.kind is CarrierKind.CARD,
        state="bound" if binding.suspension is None else binding.suspension.value,
        bound_at=binding.bound_at,
        last_used_at=binding.last_used_at,
        suspended_at=binding.suspended_at,
        signed_in=signed_in,
        rename_url=url("rename_carrier"),
        lost_url=url("report_lost"),
        remove_url=url("remove_carrier_page"),
        device=device_certificates.view_of(binding, issued),
        reported_at=reported_at,
        found_url=url("found_carrier_page"),
        history=[carrier_history.said(each) for each in events if each.binding_id == binding.id],
    )


def name_of(binding: Binding) -> str:
    """Return the member's word for a carrier, or what it is."""
    return binding.name or kind_of(binding)


def kind_of(binding: Binding) -> str:
    """Return what a carrier is, in words."""
    if binding.kind is CarrierKind.CERTIFICATE:
        return pages.say("憑證")
    if binding.kind is CarrierKind.DEVICE:
        return pages.say("裝置")
    if binding.kind is CarrierKind.CARD:
        return pages.say("晶片卡")
    return pages.say("通行密鑰")


def _certificate_url() -> str | None:
    is_offered = certificate_lists.adapter_of(scope.rooms()) is not None
    return url_for("account.new_certificate") if is_offered else None


def _device_url() -> str | None:
    return url_for("account.new_device") if authority.find(scope.db()) else None


def _is_offered() -> bool:
    return passkeys.NAME in scope.rooms().adapters


@bp.get("/carriers/new", endpoint="new_carrier")
@scope.member_required
@strongest_required
def new_page() -> Response | str:
    """Explain passkeys and let the member add one."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    if not _is_offered():
        raise NotFound("carrier.not_found")
    sent = request.form if request.method == "POST" else request.args
    described = browsers.describe(request.headers.get("User-Agent", "")[:512])
    page = pages.page(
        "account/new_carrier.html",
        action=url_for("account.bind_carrier"),
        options_url=url_for("account.carrier_options"),
        name=names.tidy(request.form.get("name", "") or described),
        next=pages.own_path(sent.get("next", ""), or_else="account.carriers"),
        error=error or _refusal_words(),
        may_add=not _refusal_words(),
    )
    return Response(page, status, mimetype="text/html")


def _refusal_words() -> str:
    """Return why this member may not add a passkey online, empty if they may (8(3))."""
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


@bp.post("/carriers/options", endpoint="carrier_options")
@scope.member_required
@strongest_required
def options() -> Response:
    """Put to this browser what it needs to make a passkey."""
    member = register.get(scope.db(), scope.member_id())
    proofs.require_patience()
    service = scope.rooms().settings.service_name
    challenge = enrolment.begin(
        scope.db(),
        proofs.context(),
        member_id=member.id,
        login=member.login,
        service=Bilingual(service.zh, service.en).text(pages.language()),
        now=scope.now(),
    )
    challenges.put(scope.db(), challenge, browser=cookies.browser(), place=_place())
    return passkeys.answer(challenge.public["options"])


def _place() -> str:
    """Bind the question to this member's session: nobody else's may answer it."""
    visitor = scope.visitor()
    return BINDING if visitor is None else f"{BINDING}/{visitor.session_id}"


@bp.post("/carriers/new", endpoint="bind_carrier")
@scope.member_required
@strongest_required
def bind() -> Response:
    """Bind the passkey the browser made, and tell its member."""
    member_id, place = scope.member_id(), _place()
    try:
        bindings.require_may_bind_online(scope.db(), member_id)
        scope.keep()
        binding = _bind(member_id, place)
    except Refused as refused:
        scope.abandon()
        entry = refusal(refused.code)
        return _show_new(entry.title.text(pages.language()), entry.status)
    tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    onward = pages.own_path(request.form.get("next", ""), or_else="account.carriers")
    if onward == url_for("account.carriers"):
        onward = url_for("account.carriers", done="carrier")
    return redirect(onward, 303)


def _bind(member_id: UUID, place: str) -> Binding:
    visitor = scope.visitor()
    challenge = proofs.take(place, request.form.get("challenge", ""))
    return enrolment.finish(
        scope.db(),
        proofs.context(),
        challenge,
        {"credential": request.form.get("credential", "")},
        member_id=member_id,
        name=request.form.get("name", ""),
        acr="" if visitor is None else visitor.acr,
        now=scope.now(),
    )


def tell(kind: Kind, mail: Mail, binding: Binding) -> None:
    """Write down what was done to a carrier, and write to its member."""
    session, now = scope.db(), scope.now()
    footprint.record(session, kind, member_id=binding.member_id, now=now, carrier=str(binding.id))
    notices.mail(session, mail, member_id=binding.member_id, language=pages.language(), now=now)


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
        name=name_of(binding),
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
    tell(Kind.CARRIER_REMOVED, Mail.CARRIER_REMOVED, binding)
    if visitor is not None and visitor.session_id in ended:
        cookies.end_session()
        return redirect(url_for("account.login", done="removed"), 303)
    return redirect(url_for("account.carriers", done="removed"), 303)


def _mine(carrier_id: UUID) -> Binding:
    return bindings.get(scope.db(), carrier_id, member_id=scope.member_id())
