"""下載資料: everything the city holds about a member, put together by the worker, to be taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import archives, register
from members.models import Archive
from members.profile import open_data_key
from web import archive_duties, archive_making, csrf, pages, scope
from web.account_confirm import strongest_required
from web.archive_parts import PARTS

bp = Blueprint("download", __name__, url_prefix="/account/download")


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class View:
    """An archive as the page shows it."""

    is_ready: bool
    parts: list[str]
    asked_at: datetime
    expires_at: datetime
    size_kib: int
    url: str
    discard_url: str


@bp.get("")
@scope.member_required
@strongest_required
def index() -> str:
    """Offer what can be taken, or ask what is wanted."""
    return _page("")


def _page(error: str) -> str:
    found = archives.listed(scope.db(), scope.member_id(), now=scope.now())
    language = pages.language()
    return pages.page(
        "account/download.html",
        archives=[_view(each) for each in found],
        parts=[(code, words.text(language)) for code, words in _offered().items()],
        action=url_for("download.ask"),
        errors=[("part-profile", error)] if error else [],
    )


def _offered() -> Mapping[str, Bilingual]:
    """Return the parts there can be something in: not everybody works for the city."""
    if archive_duties.has_any(scope.db(), scope.member_id()):
        return PARTS
    return {code: words for code, words in PARTS.items() if code != archive_duties.PART}


def _view(archive: Archive) -> View:
    return View(
        is_ready=archive.ready_at is not None,
        parts=[
            words.text(pages.language()) for part, words in PARTS.items() if part in archive.parts
        ],
        asked_at=archive.asked_at,
        expires_at=archive.expires_at,
        size_kib=-(-(archive.size or 0) // 1024),
        url=url_for("download.take", archive_id=archive.id),
        discard_url=url_for("download.discard", archive_id=archive.id),
    )


@bp.post("")
@scope.member_required
@strongest_required
def ask() -> Response:
    """Let the archive be made; that it was asked for is a line of the footprint."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    chosen = [part for part in PARTS if part in request.form.getlist("part")]
    try:
        with scope.step():
            archive = archives.ask(session, member_id, chosen, language=pages.language(), now=now)
    except Refused as refused:
        words = refusal(refused.code)
        page = _page(words.title.text(pages.language()))
        return Response(page, words.status, mimetype="text/html")
    archive_making.enqueue(session, archive, now=now)
    footprint.record(session, Kind.ARCHIVE_ASKED, member_id=member_id, now=now, parts=chosen)
    return redirect(url_for("download.index"), 303)


@bp.get("/<uuid:archive_id>.zip")
@scope.member_required
@strongest_required
def take(archive_id: UUID) -> Response:
    """Send the archive, piece by piece."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    archive = archives.get_ready(session, archive_id, member_id=member_id, now=now)
    member, rooms = register.get(session, member_id), scope.rooms()
    data_key = open_data_key(member, keyring=rooms.keyring)
    footprint.record(session, Kind.ARCHIVE_TAKEN, member_id=member_id, now=now, parts=archive.parts)
    response = Response(
        archives.read(rooms.sessions, archive_id, data_key), mimetype="application/zip"
    )
    name = f"taipei-id-{taipei_day(archive.asked_at).isoformat()}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.content_length = archive.size or 0
    return response


@bp.post("/<uuid:archive_id>/discard")
@scope.member_required
def discard(archive_id: UUID) -> Response:
    """Delete the archive before its time."""
    archives.discard(scope.db(), archive_id, member_id=scope.member_id())
    return redirect(url_for("download.index"), 303)
