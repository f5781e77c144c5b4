"""Let an agency design the annex form of each of its services (5(4)); DoIT confirms it.

What is in force stays so until then. Another agency's services are not found here.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.lines import printable
from kernel.wording import Bilingual
from services import forms, publishing
from services.forms import FieldKind, Form, FormField
from services.models import Service
from services.publication_models import FormVersion
from services.publishing import Step
from web import agency_counters as agency
from web import annex_words, consoles, counter_forms, csrf, scope
from web import publication_words as words
from web.agency_counters import STAFF, staff_required

bp = Blueprint("agency_annexes", __name__, url_prefix="/agency/forms")
INDEX = "agency_annexes.index"
consoles.register_menu(INDEX, Bilingual("附表", "Annex forms"), icon="record", roles=STAFF)
EDITABLE = (Step.DRAFT, Step.RETURNED)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
def index() -> str:
    """List the agency's services, and how the form of each stands."""
    session, today = scope.db(), clock.taipei_day(scope.now())
    current = {row.service_id for row in publishing.all_in_force(session, FormVersion, on=today)}
    open_ = {
        row.service_id: words.STAGES[publishing.stage(row, (), on=today)]
        for row in publishing.all_open(session, FormVersion)
    }
    rows = [
        {
            "code": each.code,
            "name": Bilingual(each.name_zh, each.name_en),
            "has_form": each.id in current,
            "open": open_.get(each.id),
        }
        for each in services_of(agency.organisation_id())
    ]
    return _page("annexes", rows=rows)


@bp.get("/<code>")
@staff_required
def one(code: str) -> str:
    """Show the form of a service: what is being worked on, and every version."""
    return _one(_mine(code))


@bp.get("/<code>/preview")
@staff_required
def preview(code: str) -> str:
    """Show the form as an applicant will read it."""
    service = _mine(code)
    return _page(
        "annex_preview",
        code=code,
        name=Bilingual(service.name_zh, service.name_en),
        form=annex_words.public(_working(service)),
    )


@bp.post("/<code>/draft")
@staff_required
def draft(code: str) -> Response | str:
    """Begin the next version from what is in force, or name the one being worked on."""
    service = _mine(code)
    try:
        form = _working(service)
        titles = {name: counter_forms.typed(name) for name in ("title_zh", "title_en")}
        _keep(
            service,
            forms.parse(form.model_dump() | titles),
            wanted_on=counter_forms.day_or_none("wanted_on"),
        )
    except Refused as refused:
        return _again(code, refused)
    return _back(code)


@bp.route("/<code>/field", methods=["GET", "POST"])
@staff_required
def field(code: str) -> Response | str:
    """Show one field of the draft, or a new one, and keep what is typed."""
    service = _mine(code)
    form = _working(service)
    key = request.args.get("key", "")
    if key and form.find(key) is None:
        raise NotFound("publish.not_found")
    if request.method == "GET":
        return _field_page(code, form.find(key))
    try:
        _keep(service, form.put(_typed_field(key or form.next_key())))
    except Refused as refused:
        scope.abandon(refused)
        return _field_page(code, None, refused)
    return _back(code)


@bp.post("/<code>/move")
@staff_required
def move(code: str) -> Response | str:
    """Move a field up or down, or take it out."""
    service = _mine(code)
    form, key = _working(service), request.form.get("key", "")
    step = {"up": -1, "down": 1}.get(request.form.get("move", ""))
    try:
        _keep(service, form.without(key) if step is None else form.moved(key, step))
    except Refused as refused:
        return _again(code, refused)
    return _back(code)


@bp.post("/<code>/submit")
@staff_required
def submit(code: str) -> Response | str:
    """Send the draft to DoIT under the number of the agency's letter."""
    service = _mine(code)
    row = _open(service)
    try:
        number = counter_forms.typed("document_number")
        forms.submit(scope.db(), row, document_number=number, by=scope.member_id(), now=scope.now())
    except Refused as refused:
        return _again(code, refused)
    _record("annex.submitted", row)
    return _back(code)


@bp.post("/<code>/retire")
@staff_required
def retire(code: str) -> Response | str:
    """Do without a form from tomorrow on."""
    service = _mine(code)
    row = forms.in_force(scope.db(), service.id, on=clock.taipei_day(scope.now()))
    if row is None:
        raise NotFound("publish.not_found")
    publishing.retire(scope.db(), row, now=scope.now())
    _record("annex.retired", row)
    return _back(code)


def services_of(organisation_id: UUID) -> Sequence[Service]:
    """Return the services of an agency that are not closed."""
    rows = select(Service).where(
        Service.organisation_id == organisation_id, Service.closed_at.is_(None)
    )
    return scope.db().scalars(rows.order_by(Service.code)).all()


def _record(event: str, row: FormVersion) -> None:
    """Write down what was done to a version."""
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=row.id,
        now=scope.now(),
        version=row.version,
        document=row.document_number or "",
    )


def _mine(code: str) -> Service:
    try:
        return forms.service_of(scope.db(), code[:64], organisation_id=agency.organisation_id())
    except Refused:
        raise NotFound("service.not_found") from None


def _open(service: Service) -> FormVersion:
    row = publishing.find_open(scope.db(), FormVersion, service.id)
    if row is None:
        raise NotFound("publish.not_found")
    return row


def _working(service: Service) -> Form:
    """Return the draft, else what is in force, else an empty form."""
    session, today = scope.db(), clock.taipei_day(scope.now())
    row = publishing.find_open(session, FormVersion, service.id)
    row = row or forms.in_force(session, service.id, on=today)
    empty = Form(title_zh=service.name_zh[:90] + "附表", title_en=service.name_en[:90] + " annex")
    return empty if row is None else forms.read(row)


def _keep(service: Service, form: Form, *, wanted_on: date | None = None) -> None:
    session = scope.db()
    if wanted_on is None:
        row = publishing.find_open(session, FormVersion, service.id)
        wanted_on = row.wanted_on if row else None
    row = forms.save(
        session, service, form, wanted_on=wanted_on, by=scope.member_id(), now=scope.now()
    )
    _record("annex.drafted", row)


def _typed_field(key: str) -> FormField:
    """Return the field as typed. Raises Refused `annex.invalid`."""
    options = request.form.get("options", "").splitlines()
    kept = [printable(each) for each in options]
    typed = {
        name: counter_forms.typed(name)
        for name in (
            "label_zh",
            "label_en",
            "kind",
            "necessity_zh",
            "necessity_en",
            "legal_basis",
        )
    }
    content = {
        **typed,
        "key": key,
        "options": [each.strip() for each in kept if each.strip()],
        "is_mandatory": "is_mandatory" in request.form,
    }
    return forms.parse({"title_zh": "", "title_en": "", "fields": [content]}).fields[0]


def _back(code: str) -> Response:
    return redirect(url_for("agency_annexes.one", code=code), 303)


def _again(code: str, refused: Refused) -> str:
    scope.abandon(refused)
    return _one(_mine(code), refused)


def _one(service: Service, refused: Refused | None = None) -> str:
    session, today = scope.db(), clock.taipei_day(scope.now())
    found = publishing.versions(session, FormVersion, service.id)
    row = next((each for each in found if each.step is not Step.APPROVED), None)
    form = None if row is None else forms.read(row)
    return _page(
        "annex",
        code=service.code,
        name=Bilingual(service.name_zh, service.name_en),
        row=row,
        titles=_working(service),
        fields=[] if form is None else annex_words.public(form)["fields"],
        is_editable=row is not None and row.step in EDITABLE,
        has_current=forms.in_force(session, service.id, on=today) is not None,
        history=words.history(found, on=today),
        error=agency.error_words(refused),
        typed=request.form,
    )


def _field_page(code: str, field: FormField | None, refused: Refused | None = None) -> str:
    values: Any = request.form if refused else {} if field is None else field.model_dump()
    options = request.form.get("options", "") if refused else "\n".join(values.get("options", ()))
    return _page(
        "annex_field",
        code=code,
        is_new=not request.args.get("key"),
        values=values,
        options=options,
        kinds=agency.chosen(words.FIELD_KINDS, values.get("kind", FieldKind.TEXT)),
        error=agency.error_words(refused),
    )


def _page(template: str, **context: Any) -> str:  # whatever the template needs
    return consoles.page(f"agency/{template}.html", current=INDEX, **context)
