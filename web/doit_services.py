"""The Bureau's queue of services' terms: compare, approve from a day on, or send back (3-II)."""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients import organisations
from clients.officer_models import Role
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import lifecycle, terms
from services.models import Service
from web import consoles, counter_forms, csrf, pages, scope, service_terms
from web import organisation_words as words

bp = Blueprint("doit_services", __name__, url_prefix="/doit/services")
INDEX = "doit_services.index"
FIELDS = {"client.reason_missing": "reason"}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """List the versions that wait, the longest wait first."""
    found = lifecycle.waiting(scope.db())
    return consoles.page(
        "console/services.html",
        current=INDEX,
        rows=[
            {
                "url": url_for("doit_services.one", version_id=version.id),
                "name": Bilingual(service.name_zh, service.name_en),
                "agency": words.name(service.organisation),
                "version": version.version,
                "at": version.submitted_at,
            }
            for version, service in found
        ],
        flashes=_done(),
    )


@bp.get("/<uuid:version_id>")
@consoles.staff_required(Role.REVIEWER)
def one(version_id: UUID) -> str:
    """Show a version beside what is in force."""
    return _page(version_id)


@bp.post("/<uuid:version_id>")
@consoles.staff_required(Role.REVIEWER)
def decide(version_id: UUID) -> Response | str:
    """Approve a version from a day on, or send it back with a reason."""
    session, now = scope.db(), scope.now()
    version, service = lifecycle.get_version(session, version_id)
    done = "approved" if request.form.get("decision") == "approve" else "returned"
    try:
        with scope.step():
            if done == "approved":
                on = counter_forms.day("effective_on")
                lifecycle.approve(session, version, effective_on=on, by=scope.member_id(), now=now)
            else:
                reason = counter_forms.typed("reason")
                lifecycle.send_back(session, version, reason, by=scope.member_id(), now=now)
    except Refused as refused:
        return _page(version_id, refused)
    _record(f"service.version_{done}", service, version.version)
    return redirect(url_for(INDEX, done=done), 303)


def _record(event: str, service: Service, version: int) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=service.id,
        now=scope.now(),
        code=service.code,
        version=version,
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "approved": pages.say("已核定。"),
            "returned": pages.say("已退回機關。"),
        }
    )


def _page(version_id: UUID, refused: Refused | None = None) -> str:
    session = scope.db()
    version, service = lifecycle.get_version(session, version_id)
    today = taipei_day(scope.now())
    now_in_force = lifecycle.in_force(session, service.id, on=today)
    new = service_terms.said(version)
    changed = terms.differing(now_in_force, new) if now_in_force else frozenset()
    error = (
        []
        if refused is None
        else [
            (
                FIELDS.get(refused.code, "effective_on"),
                refusal(refused.code).title.text(pages.language()),
            )
        ]
    )
    return consoles.page(
        "console/service.html",
        current=INDEX,
        name=Bilingual(service.name_zh, service.name_en),
        agency=words.name(organisations.get(session, service.organisation_id)),
        service=service,
        version=version,
        rows=service_terms.rows(new, changed=changed),
        before=service_terms.rows(now_in_force) if now_in_force else None,
        may_decide=version.state == "submitted" and version.drafted_by != scope.member_id(),
        day=counter_forms.typed("effective_on") or today.isoformat(),
        reason=counter_forms.typed("reason"),
        errors=error,
    )


consoles.register_menu(
    INDEX,
    Bilingual("服務審核", "Services"),
    icon="list",
    roles=[Role.REVIEWER],
    waits=lambda: len(lifecycle.waiting(scope.db())),
)
