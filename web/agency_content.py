"""Let an agency write what the public reads of it: services, offers, notices (6(4)).

Nothing of it is shown before DoIT confirmed it under the number of the agency's letter.
"""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.wording import CHINESE, ENGLISH, Bilingual
from services import attachments as files
from services import content, plain_text, publishing
from services.content import Text
from services.publication_models import ContentItem, ContentKind, ContentVersion
from services.publishing import Step
from web import agency_counters as agency
from web import attachments, consoles, counter_forms, csrf, pages, scope
from web import publication_words as words
from web.agency_annexes import EDITABLE, services_of
from web.agency_counters import STAFF, staff_required

bp = Blueprint("agency_content", __name__, url_prefix="/agency/content")
INDEX = "agency_content.index"
consoles.register_menu(INDEX, Bilingual("公開內容", "Public texts"), icon="letter", roles=STAFF)


@bp.before_request
def _only_our_forms() -> None:
    if request.endpoint == f"{bp.name}.attach":
        request.max_content_length = files.LARGEST + attachments.FORM_ROOM
    csrf.only_our_forms()


@bp.get("")
@staff_required
def index() -> str:
    """List the agency's texts, and how each stands."""
    session, today = scope.db(), clock.taipei_day(scope.now())
    public = {
        row.item_id: row for row in publishing.all_in_force(session, ContentVersion, on=today)
    }
    open_ = {row.item_id: row for row in publishing.all_open(session, ContentVersion)}
    rows = []
    for item in content.of_agency(session, agency.organisation_id()):
        now, next_ = public.get(item.id), open_.get(item.id)
        shown = now or next_
        rows.append(
            {
                "slug": item.slug,
                "kind": words.CONTENT_KINDS[item.kind],
                "title": Bilingual(shown.title_zh, shown.title_en) if shown else None,
                "is_public": now is not None,
                "open": words.STAGES[publishing.stage(next_, (), on=today)] if next_ else None,
            }
        )
    return _page("contents", rows=rows)


@bp.route("/new", methods=["GET", "POST"])
@staff_required
def new() -> Response | str:
    """Begin a text: its address, what it is about, and its first draft."""
    if request.method == "GET":
        return _form(None)
    try:
        kind = next((each for each in ContentKind if each == counter_forms.typed("kind")), None)
        item = content.open_item(
            scope.db(),
            counter_forms.typed("slug"),
            kind or ContentKind.NOTICE,
            organisation_id=agency.organisation_id(),
            service_code=counter_forms.typed("service"),
            now=scope.now(),
        )
        _keep(item)
    except Refused as refused:
        scope.abandon(refused)
        return _form(None, refused)
    return back(item)


@bp.get("/<slug>")
@staff_required
def one(slug: str) -> str:
    """Show a text: what is being worked on, and every version."""
    return show(mine(slug))


@bp.route("/<slug>/draft", methods=["GET", "POST"])
@staff_required
def draft(slug: str) -> Response | str:
    """Write the next version, beginning with the words of the last."""
    item = mine(slug)
    if request.method == "GET":
        return _form(item)
    try:
        _keep(item)
    except Refused as refused:
        scope.abandon(refused)
        return _form(mine(slug), refused)
    return back(item)


@bp.post("/<slug>/submit")
@staff_required
def submit(slug: str) -> Response | str:
    """Send the draft to DoIT under the number of the agency's letter."""
    item = mine(slug)
    row = publishing.find_open(scope.db(), ContentVersion, item.id)
    if row is None:
        raise NotFound("publish.not_found")
    try:
        publishing.submit(
            scope.db(),
            row,
            document_number=counter_forms.typed("document_number"),
            by=scope.member_id(),
            now=scope.now(),
        )
    except Refused as refused:
        scope.abandon(refused)
        return show(mine(slug), refused)
    record("content.submitted", row)
    return back(item)


@bp.post("/<slug>/retire")
@staff_required
def retire(slug: str) -> Response:
    """Take what is public off the site from tomorrow on."""
    item, today = mine(slug), clock.taipei_day(scope.now())
    row = publishing.find_in_force(scope.db(), ContentVersion, item.id, on=today)
    if row is None:
        raise NotFound("publish.not_found")
    publishing.retire(scope.db(), row, now=scope.now())
    record("content.retired", row)
    return back(item)


def _keep(item: ContentItem) -> None:
    row = content.save(
        scope.db(),
        item,
        Text(
            title=Bilingual(counter_forms.typed("title_zh"), counter_forms.typed("title_en")),
            body=Bilingual(_body("body_zh"), _body("body_en")),
            wanted_on=counter_forms.day_or_none("wanted_on"),
            valid_until=counter_forms.day_or_none("valid_until"),
        ),
        by=scope.member_id(),
        now=scope.now(),
    )
    record("content.drafted", row)


def _body(name: str) -> str:
    return counter_forms.text(name, longest=content.LONGEST_BODY)


def mine(slug: str) -> ContentItem:
    """Return a text of the officer's agency. Raises NotFound."""
    return content.mine(scope.db(), slug[:64], organisation_id=agency.organisation_id())


def record(event: str, row: ContentVersion, **detail: str) -> None:
    """Write down what was done to a version."""
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=row.id,
        now=scope.now(),
        version=row.version,
        document=row.document_number or "",
        **detail,
    )


def back(item: ContentItem) -> Response:
    """Lead to the page of a text."""
    return redirect(url_for("agency_content.one", slug=item.slug), 303)


def show(item: ContentItem, refused: Refused | None = None, at: str = "document_number") -> str:
    """Show a text, and `at` which field it was refused."""
    today = clock.taipei_day(scope.now())
    found = publishing.versions(scope.db(), ContentVersion, item.id)
    row = next((each for each in found if each.step is not Step.APPROVED), None)
    shown = row or next(iter(found))
    return _page(
        "content",
        item=item,
        kind=words.CONTENT_KINDS[item.kind],
        title=Bilingual(shown.title_zh, shown.title_en),
        bodies=[
            (CHINESE, plain_text.blocks(shown.body_zh)),
            (ENGLISH, plain_text.blocks(shown.body_en)),
        ],
        row=row,
        is_editable=row is not None and row.step in EDITABLE,
        is_public=publishing.find_in_force(scope.db(), ContentVersion, item.id, on=today)
        is not None,
        history=words.history(found, on=today),
        files=attachments.links(shown, lambda digest: _file(item, shown, digest)),
        may_attach=len(shown.attachments) < files.MOST,
        error_at=at,
        error=agency.error_words(refused),
        typed=request.form,
    )


def _file(item: ContentItem, row: ContentVersion, digest: str) -> str:
    return url_for("agency_content.attachment", slug=item.slug, version_id=row.id, digest=digest)


def _form(item: ContentItem | None, refused: Refused | None = None) -> str:
    return _page(
        "content_form",
        slug=None if item is None else item.slug,
        kinds=agency.chosen(words.CONTENT_KINDS, request.form.get("kind", ContentKind.NOTICE)),
        services=[
            {
                "value": each.code,
                "label": Bilingual(each.name_zh, each.name_en).text(pages.language()),
                "chosen": each.code == request.form.get("service"),
            }
            for each in services_of(agency.organisation_id())
        ],
        values=request.form if refused or item is None else _last(item),
        error=agency.error_words(refused),
    )


def _last(item: ContentItem) -> dict[str, Any]:
    [row, *_] = publishing.versions(scope.db(), ContentVersion, item.id)
    names = ("title_zh", "title_en", "body_zh", "body_en", "wanted_on", "valid_until")
    return {name: getattr(row, name) or "" for name in names}


def _page(template: str, **context: Any) -> str:  # whatever the template needs
    return consoles.page(f"agency/{template}.html", current=INDEX, **context)
