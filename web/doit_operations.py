"""The Bureau's page of the machines: jobs, keys, workers and seals; no person is on it."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import sealing, trail, trail_sealing, verifying
from audit.models import LedgerCheckpoint, TrailCheckpoint
from clients.officer_models import Role
from idp import keys
from idp.models import KeyState
from kernel import heartbeats, jobs
from kernel.wording import Bilingual
from web import consoles, csrf, pages, scope

bp = Blueprint("doit_operations", __name__, url_prefix="/doit/operations")
INDEX = "doit_operations.index"
LATE = timedelta(minutes=15)  # a job that waits longer wants looking at
MOST = 50
STATES = {
    KeyState.NEXT: (Bilingual("下一把", "Next"), "info"),
    KeyState.ACTIVE: (Bilingual("使用中", "Active"), "ok"),
    KeyState.RETIRING: (Bilingual("退役中", "Retiring"), "plain"),
}
acting = consoles.staff_required(Role.REVIEWER, Role.ADMINISTRATOR)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)
def index() -> str:
    """Show what runs, what waits and what was given up."""
    session, now = scope.db(), scope.now()
    return consoles.page(
        "console/operations.html",
        current=INDEX,
        kinds=[
            (each, now - each.oldest_at > LATE if each.oldest_at else False)
            for each in jobs.by_kind(session)
        ],
        failed=jobs.listed(session, failed_only=True, most=MOST),
        workers=[
            (each.worker, each.at, heartbeats.is_silent(each, now=now))
            for each in heartbeats.listed(session)
        ],
        verified=verifying.last(session),
        seals=[
            (pages.say("會員足跡"), _at(sealing.newest(session))),
            (pages.say("系統軌跡"), _at(trail_sealing.newest(session))),
        ],
        keys=[(each, *STATES[each.state]) for each in keys.listed(session)],
        may_act=scope.post().role is not Role.AUDITOR,
        flashes=[pages.say("會再試一次。")] if request.args.get("done") else [],
    )


def _at(
    checkpoint: LedgerCheckpoint | TrailCheckpoint | None,
) -> datetime | None:
    return None if checkpoint is None else checkpoint.at


@bp.post("/jobs/<uuid:job_id>/retry")
@acting
def retry(job_id: UUID) -> Response:
    """Let a job that was given up begin anew."""
    jobs.retry(scope.db(), job_id, now=scope.now())
    trail.record(
        scope.db(),
        "job.retried",
        actor=scope.member_id(),
        subject=job_id,
        now=scope.now(),
        count=1,
        channel="console",
    )
    return redirect(url_for(INDEX, done="retried"), 303)


def _waiting() -> int:
    return len(jobs.listed(scope.db(), failed_only=True, most=MOST))


consoles.register_menu(
    INDEX,
    Bilingual("系統運作", "Operations"),
    icon="device",
    roles=[Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR],
    waits=_waiting,
)
