"""DoIT confirms what an agency may consolidate, and on which ground (3-II)."""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import consolidation_schema as schema
from web import consoles, csrf, import_words, pages, scope

bp = Blueprint("doit_imports", __name__, url_prefix="/doit/imports")
INDEX = "doit_imports.index"
staff_required = consoles.staff_required(Role.REVIEWER)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
def index() -> str:
    """List the streams that wait to be confirmed, the oldest first."""
    return _index()


@bp.post("/<uuid:stream_id>")
@staff_required
def decide(stream_id: UUID) -> Response | str:
    """Confirm a stream or turn it down."""
    approves = request.form.get("decision") == "approve"
    try:
        stream = schema.decide(
            scope.db(), stream_id, approves=approves, reviewer=scope.member_id(), now=scope.now()
        )
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        scope.abandon(refused)
        return _index(refused)
    trail.record(
        scope.db(),
        "consolidation.stream_approved" if approves else "consolidation.stream_turned_down",
        actor=scope.member_id(),
        subject=stream.id,
        now=scope.now(),
        schema=stream.schema_hash.hex(),
    )
    return redirect(url_for(INDEX), 303)


def _index(refused: Refused | None = None) -> str:
    return consoles.page(
        "console/imports.html",
        current=INDEX,
        streams=[import_words.stream(each) for each in schema.waiting(scope.db())],
        error="" if refused is None else refusal(refused.code).title.text(pages.language()),
    )


def _waiting() -> int:
    return len(schema.waiting(scope.db()))


consoles.register_menu(
    INDEX, Bilingual("歸戶範圍", "Streams"), icon="list", roles=[Role.REVIEWER], waits=_waiting
)
