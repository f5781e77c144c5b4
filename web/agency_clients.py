"""An agency's clients and what each may ask for; changes go to DoIT (10(3), PDPA 5)."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from clients import approval, purposes
from clients.forms import PurposeForm
from clients.models import Client, Purpose, PurposeVersion, Review, VersionState
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import consoles, counter_forms, csrf, pages, purpose_forms, scope
from web.agency_services import STAFF, VERSIONS, organisation_id
from web.reading_apart import read_apart

bp = Blueprint("agency_clients", __name__, url_prefix="/agency/clients")
INDEX = "agency_clients.index"
CODE = re.compile("[a-z][a-z0-9-]{0,62}")
REVIEWS = {
    Review.SANDBOX: (Bilingual("測試用", "Sandbox"), "info"),
    Review.WAITING: (Bilingual("等資訊局審核", "Waiting for DoIT"), "warn"),
    Review.APPROVED: (Bilingual("使用中", "In use"), "ok"),
    Review.TURNED_DOWN: (Bilingual("不核准", "Turned down"), "bad"),
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(*STAFF)
@read_apart
def index() -> str:
    """List the agency's clients with their purposes."""
    found = scope.db().scalars(
        select(Client)
        .where(Client.organisation_id == organisation_id(), Client.disabled_at.is_(None))
        .order_by(Client.client_id)
    )
    return consoles.page(
        "agency/clients.html",
        current=INDEX,
        clients=[
            {
                "client_id": each.client_id,
                "name": Bilingual(each.name_zh, each.name_en),
                "review": REVIEWS[each.review],
                "reason": each.review_reason,
                "purposes": [
                    (row.code, Bilingual(row.name_zh, row.name_en)) for row in each.purposes
                ],
            }
            for each in found
        ],
        flashes=_done(),
    )


@bp.get("/<client_id>/<code>")
@consoles.staff_required(*STAFF)
def one(client_id: str, code: str) -> str:
    """Show a purpose as it is in force, and the change that is on its way."""
    client = _mine(client_id)
    purpose, version = _purpose(client, code), _newest(client, code)
    is_open = version is not None and version.state in approval.OPEN
    return consoles.page(
        "agency/purpose.html",
        current=INDEX,
        client=client,
        code=code,
        name=Bilingual(purpose.name_zh, purpose.name_en),
        rows=purpose_forms.said(purposes.form_of(purpose)),
        version=version,
        state=VERSIONS[version.state] if version else None,
        changes=purpose_forms.differences(approval.changes_of(scope.db(), version))
        if version is not None and is_open
        else [],
        is_draft=version is not None and version.state is VersionState.DRAFT,
        stamp=approval.stamp(version) if version is not None else "",
        waits=version is not None and version.state is VersionState.SUBMITTED,
        flashes=_done(),
    )


@bp.get("/<client_id>/<code>/edit")
@consoles.staff_required(*STAFF)
def edit(client_id: str, code: str) -> str:
    """Show the form of a change."""
    return _form(_mine(client_id), code)


@bp.post("/<client_id>/<code>/edit")
@consoles.staff_required(*STAFF)
def draft(client_id: str, code: str) -> Response | str:
    """Write a change down; nothing is asked for differently before DoIT approved it."""
    client = _mine(client_id)
    _purpose(client, code)
    try:
        with scope.step():
            form, now = purpose_forms.typed(code), scope.now()
            version = approval.draft(
                scope.db(), client.client_id, form, by=scope.member_id(), now=now
            )
    except Refused as refused:
        return _form(client, code, refused)
    _record("client.change_drafted", version)
    return _to(client, code, "drafted")


@bp.post("/<client_id>/<code>/submit")
@consoles.staff_required(*STAFF)
def submit(client_id: str, code: str) -> Response:
    """Hand the draft to DoIT."""
    client = _mine(client_id)
    _purpose(client, code)
    read = counter_forms.typed("read")
    version = approval.submit(scope.db(), client.client_id, code, read=read, now=scope.now())
    _record("client.change_submitted", version)
    return _to(client, code, "submitted")


def _mine(client_id: str) -> Client:
    found = None
    if client_id.isascii() and client_id.isprintable():
        found = scope.db().scalar(select(Client).where(Client.client_id == client_id))
    mine: UUID = organisation_id()
    if found is None or found.organisation_id != mine or found.disabled_at is not None:
        raise NotFound("client.not_found")
    return found


def _purpose(client: Client, code: str) -> Purpose:
    for each in client.purposes:
        if each.code == code and CODE.fullmatch(code):
            return each
    raise NotFound("client.purpose_not_found")


def _newest(client: Client, code: str) -> PurposeVersion | None:
    """Return the change that is on its way, or how the last one ended."""
    return scope.db().scalar(
        select(PurposeVersion)
        .where(PurposeVersion.client_id == client.id, PurposeVersion.code == code)
        .order_by(PurposeVersion.drafted_at.desc(), PurposeVersion.id.desc())
        .limit(1)
    )


def _record(event: str, version: PurposeVersion) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=version.client_id,
        now=scope.now(),
        purpose=version.code,
        version=str(version.id),
    )


def _to(client: Client, code: str, done: str) -> Response:
    return redirect(
        url_for("agency_clients.one", client_id=client.client_id, code=code, done=done), 303
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "drafted": pages.say("已存成草稿。"),
            "submitted": pages.say("已送資訊局審核。"),
        }
    )


def _form(client: Client, code: str, refused: Refused | None = None) -> str:
    purpose, version = _purpose(client, code), _newest(client, code)
    stands = purposes.form_of(purpose)
    if version is not None and version.state is VersionState.DRAFT:
        stands = PurposeForm.model_validate(version.content)
    errors: list[tuple[str, Any]] = []
    if refused is not None:
        errors = [("name_zh", refusal(refused.code).title.text(pages.language()))]
    return consoles.page(
        "agency/purpose_form.html",
        current=INDEX,
        client=client,
        code=code,
        errors=errors,
        **purpose_forms.fields(stands, client.organisation.body, refused=refused is not None),
    )


consoles.register_menu(INDEX, Bilingual("網站用途", "Clients"), icon="code", roles=STAFF)
