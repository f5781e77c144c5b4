"""DoIT confirms or returns what agencies submit, the differences side by side (5(4), 6(4))."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.models import Organisation
from clients.officer_models import Role
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import attachments as files
from services import content, forms, publishing
from services.inventory_models import PlanVersion
from services.publication_models import ContentVersion, FormVersion
from services.publishing import Publication, Step
from web import attachments, consoles, counter_forms, csrf, inventory_words, pages, scope
from web import publication_words as words

bp = Blueprint("doit_publications", __name__, url_prefix="/doit")
Approve = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is published in versions, of one kind: where it stands, and how it is read."""

    model: Any  # a class of publications; each has its own relations
    heading: Bilingual
    icon: str
    subject: Callable[[Any], tuple[Bilingual, Organisation]]  # what it is of, and whose
    lines: Callable[[Any, str], words.Lines]
    approve: Approve


def _form_subject(row: FormVersion) -> tuple[Bilingual, Organisation]:
    return Bilingual(row.service.name_zh, row.service.name_en), row.service.organisation


def _content_subject(row: ContentVersion) -> tuple[Bilingual, Organisation]:
    return Bilingual(row.title_zh, row.title_en), row.item.organisation


def _plan_subject(row: PlanVersion) -> tuple[Bilingual, Organisation]:
    return Bilingual(row.system.name_zh, row.system.name_en), row.system.organisation


KINDS: Mapping[str, Kind] = {
    "forms": Kind(
        model=FormVersion,
        heading=Bilingual("附表", "Annex forms"),
        icon="record",
        subject=_form_subject,
        lines=words.form_lines,
        approve=forms.approve,
    ),
    "content": Kind(
        model=ContentVersion,
        heading=Bilingual("公開內容", "Public texts"),
        icon="letter",
        subject=_content_subject,
        lines=words.content_lines,
        approve=content.approve,
    ),
    "plans": Kind(
        model=PlanVersion,
        heading=Bilingual("落日計畫", "Sunset plans"),
        icon="list",
        subject=_plan_subject,
        lines=inventory_words.plan_lines,
        approve=publishing.approve,
    ),
}


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One version that waits."""

    url: str
    title: Bilingual
    agency: Bilingual
    version: int
    document: str | None
    submitted_at: datetime | None


@bp.get("/forms", defaults={"kind": "forms"}, endpoint="forms")
@bp.get("/plans", defaults={"kind": "plans"}, endpoint="plans")
@bp.get("/content", defaults={"kind": "content"}, endpoint="content")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
def index(kind: str) -> str:
    """List what waits, the oldest first."""
    of = KINDS[kind]
    rows = []
    for row in publishing.waiting(scope.db(), of.model):
        title, agency = of.subject(row)
        rows.append(
            Row(
                url=url_for("doit_publications.one", kind=kind, version_id=row.id),
                title=title,
                agency=Bilingual(agency.name_zh, agency.name_en),
                version=row.version,
                document=row.document_number,
                submitted_at=row.submitted_at,
            )
        )
    return _page(kind, "publications", rows=rows, flashes=_done())


def _done() -> list[str]:
    return pages.just_done(
        {
            "approve": pages.say("已核准。到了生效日就會實施，不必再按。"),
            "return": pages.say("已退回機關補正。"),
        }
    )


@bp.get('/<any("forms", "content", "plans"):kind>/<uuid:version_id>')
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
def one(kind: str, version_id: UUID) -> str:
    """Show a version beside what is in force."""
    return _one(kind, publishing.get(scope.db(), KINDS[kind].model, version_id))


@bp.get("/content/<uuid:version_id>/files/<digest>")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
def attachment(version_id: UUID, digest: str) -> Response:
    """Send a file of a public text, to be looked at before it is confirmed."""
    row = publishing.get(scope.db(), ContentVersion, version_id)
    found = files.get(scope.db(), row, digest)
    return attachments.send(found, row.item.slug, cached=attachments.STAFF)


@bp.post('/<any("forms", "content", "plans"):kind>/<uuid:version_id>')
@consoles.staff_required(Role.REVIEWER)
def decide(kind: str, version_id: UUID) -> Response:
    """Confirm a version, or return it with what has to be put right."""
    session, of = scope.db(), KINDS[kind]
    row = publishing.get(session, of.model, version_id)
    decision = request.form.get("decision", "")
    try:
        _require_as_read(row)
        if decision == "approve":
            of.approve(session, row, by=scope.member_id(), now=scope.now())
        elif decision == "return":
            publishing.send_back(
                session,
                row,
                reason=counter_forms.text("reason", longest=publishing.LONGEST_REASON),
                by=scope.member_id(),
                now=scope.now(),
            )
        else:
            raise NotFound("publish.not_found")
    except Refused as refused:
        scope.abandon(refused)
        entry = refusal(refused.code)
        again = publishing.get(scope.db(), of.model, version_id)
        page = _one(kind, again, entry.title.text(pages.language()))
        return Response(page, entry.status, mimetype="text/html")
    trail.record(
        session,
        f"publication.{decision}",
        actor=scope.member_id(),
        subject=row.id,
        now=scope.now(),
        kind=kind,
        version=row.version,
        document=row.document_number or "",
    )
    return redirect(url_for(f"doit_publications.{kind}", done=decision), 303)


def _read_at(row: Publication) -> str:
    return "" if row.submitted_at is None else row.submitted_at.isoformat()


def _require_as_read(row: Publication) -> None:
    """Decide on what the page showed, not on what was submitted since. Raises Refused."""
    if request.form.get("read_at", "") != _read_at(row):
        raise Refused("publish.wrong_step")


def _one(kind: str, row: Publication, error: str = "") -> str:
    session, of, language = scope.db(), KINDS[kind], pages.language()
    today = clock.taipei_day(scope.now())
    subject_id = getattr(row, of.model.SUBJECT)
    current = publishing.find_in_force(session, of.model, subject_id, on=today)
    if current is not None and current.id == row.id:
        current = None
    title, agency = of.subject(row)
    found = publishing.versions(session, of.model, subject_id)
    [shown] = [each for each in words.history(found, on=today) if each["row"].id == row.id]
    return _page(
        kind,
        "publication",
        title=title,
        agency=Bilingual(agency.name_zh, agency.name_en),
        row=row,
        read_at=_read_at(row),
        shown=shown,
        has_current=current is not None,
        differences=words.differences(
            {} if current is None else of.lines(current, language), of.lines(row, language)
        ),
        files=_files(row) if isinstance(row, ContentVersion) else [],
        may_decide=row.step is Step.SUBMITTED and scope.post().role is Role.REVIEWER,
        errors=[("reason", error)] if error else [],
    )


def _files(row: ContentVersion) -> list[dict[str, Any]]:
    def address(digest: str) -> str:
        return url_for("doit_publications.attachment", version_id=row.id, digest=digest)

    return attachments.links(row, address)


def _page(kind: str, template: str, **context: Any) -> str:  # whatever the template needs
    return consoles.page(
        f"console/{template}.html",
        current=f"doit_publications.{kind}",
        kind=kind,
        heading=KINDS[kind].heading,
        **context,
    )


def _count(model: Any) -> Callable[[], int]:
    return lambda: publishing.count_waiting(scope.db(), model)


for name, each in KINDS.items():
    consoles.register_menu(
        f"doit_publications.{name}",
        each.heading,
        icon=each.icon,
        roles=[Role.REVIEWER, Role.AUDITOR],
        waits=_count(each.model),
    )
