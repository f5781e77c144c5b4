"""Take back a loss reported without signing in (7(7)): it takes more than a password."""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from adapters.contract import Proof
from audit import footprint
from audit.lines import Kind
from carriers import bindings, loss_reports
from carriers.models import Binding, CarrierKind
from idp import acr
from kernel.errors import NotFound, Refused
from web import (
    carrier_views,
    certificates,
    chip_cards,
    notices,
    pages,
    passkeys,
    proofs,
    scope,
)
from web.account import bp
from web.account_confirm import carrier_shown_next
from web.card_program import CardForm
from web.card_ways import KINDS, WAYS
from web.login import LoginLocked
from web.mails import Mail


class Prover(Protocol):
    """What the module of one kind of carrier does for these pages."""

    NAME: str  # the adapter's

    def is_offered(self) -> bool:
        """Say whether such carriers are taken here."""
        ...

    def prove(self, place: str) -> Proof:
        """Return what this form proves. Raises NotProven, or Refused."""
        ...

    def trouble(self, problem: LoginLocked | Refused) -> tuple[str, int]:
        """Return the words and the status for an attempt that failed."""
        ...


@bp.get("/carriers/<uuid:carrier_id>/found", endpoint="found_carrier_page")
@scope.member_required
@carrier_shown_next
def found_page(carrier_id: UUID) -> Response:
    """Say what taking the report back means, and ask for what it takes."""
    return _show(_reported(carrier_id))


@bp.post("/carriers/<uuid:carrier_id>/found", endpoint="found_carrier")
@scope.member_required
@carrier_shown_next
def found(carrier_id: UUID) -> Response:
    """Let the carrier work again, if its member showed it or another one."""
    binding = _reported(carrier_id)
    try:
        _require_shown(binding)
    except (LoginLocked, Refused) as problem:
        words, status = (_prover(binding) or passkeys).trouble(problem)
        return _show(_reported(carrier_id), words, status)
    _resume(_reported(carrier_id))
    return redirect(url_for("account.carriers", done="found"), 303)


def _require_shown(binding: Binding) -> None:
    """Refuse a password alone: it must not undo what protects from who knows it (8(3))."""
    if _has_another():
        return
    prover, place = _prover(binding), _place(binding.id)
    if prover is None:
        raise Refused("carrier.counter_needed")
    if proofs.suspended(lambda: prover.prove(place), only=scope.member_id()) != binding.id:
        raise Refused("login.failed")


def _has_another() -> bool:
    """Say whether the visitor signed in by another carrier; `carrier_shown_next` saw when."""
    visitor = scope.visitor()
    return visitor is not None and acr.reaches(visitor.acr, acr.ACR[1:2])


def _prover(binding: Binding) -> Prover | None:
    """Return what shows that its holder has this carrier; None where only a counter can tell."""
    found: Prover | None = None
    if binding.kind is CarrierKind.PASSKEY:
        found = passkeys
    elif binding.kind is CarrierKind.CERTIFICATE:
        found = certificates
    elif chip_cards.is_one(binding.id):
        found = chip_cards
    return found if found is not None and found.is_offered() else None


def _card_form(prover: Prover, url: str, place: str) -> CardForm | None:
    kind = KINDS.get(prover.NAME)
    return None if kind is None else replace(WAYS[kind].form(url, place), front=None, signer="")


def _place(carrier_id: UUID) -> str:
    return f"found/{carrier_id}"


def _resume(binding: Binding) -> None:
    session, now = scope.db(), scope.now()
    loss_reports.take_back(session, binding, now=now)
    footprint.record(
        session,
        Kind.CARRIER_FOUND,
        member_id=binding.member_id,
        now=now,
        carrier=str(binding.id),
    )
    notices.mail(
        session, Mail.CARRIER_FOUND, member_id=binding.member_id, language=pages.language(), now=now
    )


def _reported(carrier_id: UUID) -> Binding:
    """Return the member's carrier, if its loss can be taken back. Raises NotFound."""
    binding = bindings.get(scope.db(), carrier_id, member_id=scope.member_id())
    if carrier_id not in loss_reports.open_of(scope.db(), binding.member_id):
        raise NotFound("carrier.not_found")
    return binding


def _show(binding: Binding, error: str = "", status: int = 200) -> Response:
    url, has_another = url_for("account.found_carrier", carrier_id=binding.id), _has_another()
    prover, place = None if has_another else _prover(binding), _place(binding.id)
    page = pages.page(
        "account/found_carrier.html",
        action=url,
        name=carrier_views.title_of(binding),
        passkey=passkeys.form(url, place) if prover is passkeys else None,
        card=_card_form(prover, url, place) if prover else None,
        may_press=has_another,
        error=error,
    )
    return Response(page, status, mimetype="text/html")
