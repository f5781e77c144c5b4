"""An agency's services: draft, submit, open, announce the end; DoIT approves between (3-II)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.models import VersionState
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import lifecycle
from services.lifecycle_models import ServiceVersion
from services.models import Service
from web import consoles, counter_forms, csrf, pages, scope, service_closings, service_terms
from web.reading_apart import read_apart

bp = Blueprint("agency_services", __name__, url_prefix="/agency/services")
INDEX = "agency_services.index"
STAFF = (Role.OFFICER, Role.MANAGER)
VERSIONS: dict[VersionState, tuple[Bilingual, str]] = {
    VersionState.DRAFT: (Bilingual("草稿", "Draft"), "plain"),
    VersionState.SUBMITTED: (Bilingual("等資訊局審核", "Waiting for DoIT"), "warn"),
    VersionState.APPROVED: (Bilingual("已核定", "Approved"), "ok"),
    VersionState.RETURNED: (Bilingual("退回", "Returned"), "bad"),
}
FIELDS = {
    "service.code_invalid": "code",
    "service.exists": "code",
    "service.name_missing": "name_zh",
    "publish.document_no_missing": "document_number",
    "service.day_passed": "closes_on",
    "form.day_missing": "closes_on",
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(*STAFF)
@read_apart
def index() -> str:
    """List the agency's services and how far each has come."""
    found = lifecycle.of_organisation(scope.db(), organisation_id())
    return consoles.page(
        "agency/services.html", current=INDEX, rows=[_row(each) for each in found], flashes=_done()
    )


@bp.get("/new")
@consoles.staff_required(*STAFF)
def new() -> str:
    """Show the form of a service that is to be."""
    return _form(None)


@bp.post("/new")
@consoles.staff_required(*STAFF)
def draft() -> Response | str:
    """Write a new service down as a draft."""
    try:
        with scope.step():
            service = lifecycle.draft(
                scope.db(),
                organisation_id(),
                counter_forms.typed("code"),
                Bilingual(counter_forms.typed("name_zh"), counter_forms.typed("name_en")),
                service_terms.typed(),
                sensitive="sensitive" in request.form,
                by=scope.member_id(),
                now=scope.now(),
            )
    except Refused as refused:
        return _form(None, refused)
    _record("service.drafted", service)
    return _to(service, "drafted")


@bp.get("/<code>")
@consoles.staff_required(*STAFF)
def one(code: str) -> str:
    """Show a service, its versions, and the next step."""
    return _page(mine(code))


@bp.get("/<code>/edit")
@consoles.staff_required(*STAFF)
def edit(code: str) -> str:
    """Show the form in which the terms are written anew."""
    return _form(mine(code))


@bp.post("/<code>/edit")
@consoles.staff_required(*STAFF)
def rewrite(code: str) -> Response | str:
    """Draft the next version; what is in force stays until DoIT approved it."""
    service = mine(code)
    try:
        with scope.step():
            lifecycle.rewrite(
                scope.db(), service, service_terms.typed(), by=scope.member_id(), now=scope.now()
            )
    except Refused as refused:
        return _form(service, refused)
    _record("service.redrafted", service)
    return _to(service, "drafted")


@bp.post('/<code>/<any("submit", "open", "end"):step>')
@consoles.staff_required(*STAFF)
def move(code: str, step: str) -> Response | str:
    """Hand a draft in, open what was approved, or announce the last day."""
    service, session, now = mine(code), scope.db(), scope.now()
    try:
        with scope.step():
            if step == "submit":
                number = counter_forms.typed("document_number")
                lifecycle.submit(session, service, document_number=number, now=now)
            elif step == "open":
                lifecycle.open_(session, service)
            else:
                on = counter_forms.day("closes_on")
                lifecycle.announce_end(session, service, on=on, now=now)
                service_closings.tell_holders(session, service.id, now=now)
    except Refused as refused:
        return _page(service, refused)
    _record(f"service.{step}", service)
    return _to(service, step)


def organisation_id() -> UUID:
    """Return the agency in whose name the officer acts."""
    return scope.post().organisation_id or UUID(int=0)  # officers' posts always name one


def mine(code: str) -> Service:
    """Return a service of the officer's agency. Raises NotFound."""
    wanted = code if code.isascii() and code.isidentifier() else ""
    return lifecycle.get(scope.db(), wanted, organisation_id=organisation_id())


def _record(event: str, service: Service) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=service.id,
        now=scope.now(),
        code=service.code,
    )


def _to(service: Service, done: str) -> Response:
    return redirect(url_for("agency_services.one", code=service.code, done=done), 303)


def _done() -> list[str]:
    return pages.just_done(
        {
            "drafted": pages.say("已存成草稿。"),
            "submit": pages.say("已送資訊局審核。"),
            "open": pages.say("已開放申請。"),
            "end": pages.say("已登錄結束日，並通知已開通的會員。"),
        }
    )


def _row(service: Service) -> dict[str, Any]:
    return {
        "url": url_for("agency_services.one", code=service.code),
        "name": Bilingual(service.name_zh, service.name_en),
        "code": service.code,
        "state": service_terms.STATES[service.state],
        "closes_on": service.closes_on,
    }


def version_row(version: ServiceVersion) -> dict[str, Any]:
    """Return what a page says of a version."""
    return {
        "number": version.version,
        "state": VERSIONS[version.state],
        "at": version.decided_at or version.submitted_at or version.drafted_at,
        "effective_on": version.effective_on,
        "document": version.document_number,
        "reason": version.reason,
        "rows": service_terms.rows(service_terms.said(version)),
    }


def _page(service: Service, refused: Refused | None = None) -> str:
    versions = lifecycle.versions(scope.db(), service.id)
    return consoles.page(
        "agency/service.html",
        current=INDEX,
        it=_row(service),
        service=service,
        versions=[version_row(each) for each in versions],
        has_draft=any(each.state is VersionState.DRAFT for each in versions),
        waits=any(each.state is VersionState.SUBMITTED for each in versions),
        typed={name: counter_forms.typed(name) for name in ("document_number", "closes_on")},
        errors=_errors(refused),
        flashes=_done(),
    )


def _form(service: Service | None, refused: Refused | None = None) -> str:
    stands = None
    if service is not None:
        newest = next(iter(lifecycle.versions(scope.db(), service.id)), None)
        stands = None if newest is None else service_terms.said(newest)
    return consoles.page(
        "agency/service_form.html",
        current=INDEX,
        service=service,
        sensitive="sensitive" in request.form,
        errors=_errors(refused),
        **service_terms.fields(stands, refused=refused is not None),
    )


def _errors(refused: Refused | None) -> list[tuple[str, str]]:
    if refused is None:
        return []
    field = FIELDS.get(refused.code, "text_zh")
    return [(field, refusal(refused.code).title.text(pages.language()))]


consoles.register_menu(INDEX, Bilingual("服務", "Services"), icon="list", roles=STAFF)
