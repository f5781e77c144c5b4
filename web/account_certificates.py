"""憑證: sign in to the account with one, and bind one to it."""

from dataclasses import dataclass

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.certificate import enrolment
from audit.lines import Kind
from carriers import bindings, names
from carriers.models import Binding
from kernel.errors import Refused
from kernel.refusals import refusal
from members import register
from web import account_carriers, certificates, pages, scope
from web.account import bp
from web.account_confirm import strongest_required
from web.login import LoginLocked
from web.mails import Mail

LONGEST_LAST_FOUR = 8  # characters typed: four, some of them wide or spaced


@dataclass(frozen=True)
class Typed:
    """What the member typed beside the certificate."""

    name: str
    last_four: str


@bp.get("/login/certificate")
def certificate_page() -> Response | str:
    """Ask for a certificate, or go on with the one presented."""
    if scope.visitor() is not None:
        return redirect(url_for("account.index"), 303)
    return _show_login()


def _show_login(error: str = "", status: int = 200) -> Response:
    action = url_for("account.log_in_by_certificate")
    page = pages.page(
        "certificate.html",
        form=certificates.form(action, certificates.ACCOUNT),
        client=None,
        person=None,
        error=error,
        other_ways=url_for("account.login"),
        cancel_url=None,
    )
    return Response(page, status, mimetype="text/html")


@bp.post("/login/certificate")
def log_in_by_certificate() -> Response:
    """Check the certificate and go to the account, or say what is wrong with it."""
    try:
        certificates.attempt(certificates.ACCOUNT)
    except (LoginLocked, Refused) as problem:
        return _show_login(*certificates.trouble(problem))
    return redirect(url_for("account.index"), 303)


@bp.get("/confirm/certificate")
@scope.member_required
def confirm_certificate_page() -> Response | str:
    """Ask for the visitor's certificate, to confirm who is there."""
    return _show_confirm()


def _show_confirm(error: str = "", status: int = 200) -> Response:
    action = url_for("account.confirm_certificate")
    page = pages.page(
        "certificate.html",
        form=certificates.form(action, certificates.CONFIRM),
        client=None,
        person=pages.person(),
        error=error,
        other_ways=url_for("account.confirm"),
        cancel_url=None,
    )
    return Response(page, status, mimetype="text/html")


@bp.post("/confirm/certificate")
@scope.member_required
def confirm_certificate() -> Response:
    """Check the certificate, and go back to what the visitor may do now."""
    try:
        certificates.attempt(certificates.CONFIRM, only=scope.member_id())
    except (LoginLocked, Refused) as problem:
        return _show_confirm(*certificates.trouble(problem))
    return redirect(url_for("account.carriers"), 303)


@bp.get("/carriers/certificate")
@scope.member_required
@strongest_required
def new_certificate() -> Response | str:
    """Explain certificates and let the member bind theirs."""
    return _show_new()


def _show_new(error: str = "", status: int = 200) -> Response:
    page = pages.page(
        "account/new_certificate.html",
        form=certificates.form(url_for("account.bind_certificate"), place()),
        typed=Typed(
            names.tidy(request.form.get("name", "")),
            request.form.get("last_four", "")[:LONGEST_LAST_FOUR],
        ),
        longest=names.LONGEST,
        error=error or _refusal_words(),
        may_add=not _refusal_words(),
    )
    return Response(page, status, mimetype="text/html")


def _refusal_words() -> str:
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


def place() -> str:
    """Bind the question to this member's session: nobody else's may answer it."""
    visitor = scope.visitor()
    whose = "" if visitor is None else visitor.session_id.hex
    return f"{certificates.BINDING}/{whose}"


@bp.post("/carriers/certificate")
@scope.member_required
@strongest_required
def bind_certificate() -> Response:
    """Bind the certificate shown, and tell its member."""
    here = place()
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
        scope.keep()
        binding = _bind(here)
    except Refused as refused:
        scope.abandon()
        words, status = certificates.trouble(refused)
        known = refusal(refused.code)
        if refused.code.startswith("carrier."):
            words, status = known.title.text(pages.language()), known.status
        return _show_new(words, status)
    account_carriers.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(url_for("account.carriers", done="certificate"), 303)


def _bind(here: str) -> Binding:
    visitor, member_id = scope.visitor(), scope.member_id()
    der = certificates.shown(here)
    member = register.read(scope.db(), member_id)
    claims = register.claims_of(member, keyring=scope.rooms().keyring)
    return enrolment.finish(
        scope.db(),
        certificates.adapter(),
        der,
        member_id=member_id,
        member_name=str(claims["name"]),
        last_four=request.form.get("last_four", "")[:LONGEST_LAST_FOUR],
        name=request.form.get("name", ""),
        acr="" if visitor is None else visitor.acr,
        now=scope.now(),
    )
