"""The docket of an agency: where its files contradict notes, and how officers end it (10-II)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import consolidation_docket as docket
from services.consolidation_models import Conflict, Resolution
from web import consoles, csrf, impartial, import_words, notices, pages, scope
from web.agency_counters import organisation_id
from web.agency_imports import STAFF, own_organisation, staff_required
from web.mails import Mail
from web.reading_apart import read_apart

bp = Blueprint("agency_conflicts", __name__, url_prefix="/agency/conflicts")
INDEX = "agency_conflicts.index"


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List the open conflicts, the oldest first."""
    found = docket.open_of(scope.db(), organisation_id())
    return _page("agency/conflicts.html", rows=[import_words.conflict(each) for each in found])


@bp.get("/<reference>")
@staff_required
def show(reference: str) -> str:
    """Show what the file says beside what is noted; the person is in the officer's own file."""
    return _show(_mine(reference))


@bp.post("/<reference>")
@staff_required
def resolve(reference: str) -> Response | str:
    """End a conflict in one of three ways, none of which takes a right away."""
    conflict, now = _mine(reference), scope.now()
    resolution = request.form.get("resolution", "")
    if resolution not in set(Resolution):
        raise NotFound("consolidation.not_found")
    try:
        impartial.require(conflict.member_id)
        docket.resolve(
            scope.db(), conflict, Resolution(resolution), officer=scope.member_id(), now=now
        )
    except Refused as refused:
        scope.abandon(refused)
        return _show(_mine(reference), refused)
    trail.record(
        scope.db(),
        "consolidation.resolved",
        actor=scope.member_id(),
        subject=conflict.id,
        now=now,
        resolution=resolution,
    )
    _tell(conflict)
    return redirect(url_for(INDEX), 303)


def _tell(conflict: Conflict) -> None:
    session, now, member_id = scope.db(), scope.now(), conflict.member_id
    footprint.record(
        session, Kind.NOTE_SETTLED, member_id=member_id, now=now, reference=conflict.number
    )
    notices.mail(session, Mail.NOTE_SETTLED, member_id=member_id, language=notices.OWN, now=now)


def _mine(reference: str) -> Conflict:
    return docket.get(scope.db(), reference, organisation_id=organisation_id())


def _show(conflict: Conflict, refused: Refused | None = None) -> str:
    return _page(
        "agency/conflict.html",
        conflict=import_words.conflict(conflict),
        is_open=conflict.resolved_at is None,
        is_mine=conflict.uploaded_by == scope.member_id(),
        may_follow=docket.may_follow_agency(conflict),
        error="" if refused is None else refusal(refused.code).title.text(pages.language()),
    )


def _page(template: str, **context: Any) -> str:  # whatever the template needs
    return consoles.page(template, current=INDEX, **context)


def _waiting() -> int:
    return docket.waiting(scope.db(), own_organisation() or UUID(int=0))


consoles.register_menu(
    INDEX, Bilingual("資料不一致", "Conflicts"), icon="warn", roles=STAFF, waits=_waiting
)
