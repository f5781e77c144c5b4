"""資料品質: what the nightly check found in the database that the service did not write (7(9))."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel.errors import Refused
from kernel.wording import Bilingual
from members import records
from members.record_models import Discrepancy
from web import consoles, csrf, impartial, pages, record_checking, scope
from web.reading_apart import read_apart

bp = Blueprint("doit_quality", __name__, url_prefix="/doit/quality")
INDEX = "doit_quality.index"
NIGHTS = 14
WORDS = {
    Discrepancy.VALUE_UNREADABLE: Bilingual(
        "會員資料打不開：被改過，或換成別人的", "The record does not open: altered, or another's"
    ),
    Discrepancy.VALUE_REPLAYED: Bilingual(
        "會員資料和最後一次變更紀錄不符", "The record is not the one its last change left"
    ),
    Discrepancy.STANDING_UNFOUNDED: Bilingual(
        "帳號狀態沒有處分或本人的申請可以說明", "No order and no wish explains the standing"
    ),
    Discrepancy.NOTE_UNFOUNDED: Bilingual(
        "服務開通註記和它的紀錄不符", "A note of a service is not what its history says"
    ),
    Discrepancy.NOTE_GONE: Bilingual(
        "服務開通註記不見了，紀錄還在", "A note of a service is gone, its history is not"
    ),
    Discrepancy.HISTORY_CHANGED: Bilingual(
        "封存過的變更紀錄被改過", "A sealed history reads otherwise than before"
    ),
    Discrepancy.SEAL_GONE: Bilingual("封存的驗證值不見了", "The seal over the history is missing"),
}


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """One finding in words. The member is a pseudonym: nobody is looked up here."""

    id: UUID
    what: Bilingual
    member_id: UUID
    subject: str
    found_at: datetime


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
@read_apart
def index() -> str:
    """Show what nobody has explained yet, and how the last nights went."""
    return _show()


def _show(*, wrong: UUID | None = None) -> str:
    session = scope.db()
    nights = records.rounds(session, most=NIGHTS)
    return consoles.page(
        "console/quality.html",
        current=INDEX,
        wrong=wrong,
        findings=[
            FindingView(
                id=each.id,
                what=WORDS[each.what],
                member_id=each.member_id,
                subject=each.subject,
                found_at=each.found_at,
            )
            for each in records.open_findings(session)
        ],
        waiting=records.waiting(session),
        nights=nights,
        is_checked=any(each.finished_at for each in nights),
        done=pages.say("已記下說明。還在的話，今晚會再列出來。")
        if request.args.get("done") == "explained"
        else "",
    )


@bp.post("/<uuid:finding_id>")
@consoles.staff_required(Role.REVIEWER)
def explain(finding_id: UUID) -> Response:
    """Close a finding with a sentence; the record itself stays as it is."""
    session, now, by = scope.db(), scope.now(), scope.member_id()
    words = request.form.get(f"explanation-{finding_id}", "")
    try:
        finding = records.explain(session, finding_id, words, by=by, now=now)
        impartial.require(finding.member_id)
    except Refused as refused:
        if refused.code != "finding.unexplained":
            raise
        return Response(_show(wrong=finding_id), 422, mimetype="text/html")
    record_checking.renew(session, scope.rooms().keyring, finding, now=now)
    trail.record(
        session,
        "records.finding_explained",
        actor=by,
        subject=finding.member_id,
        now=now,
        finding=str(finding.id),
        what=finding.what.value,
    )
    return redirect(url_for(INDEX, done="explained"), 303)


consoles.register_menu(
    INDEX,
    Bilingual("資料品質", "Data quality"),
    icon="shield",
    roles=[Role.REVIEWER],
    waits=lambda: records.waiting(scope.db()),
)
