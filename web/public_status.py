"""Say in words how the system is: no number, no secret, nothing an operator's page would tell."""

from datetime import timedelta

from sqlalchemy import func, select
from werkzeug.wrappers import Response

from kernel.jobs import Job
from kernel.wording import Bilingual
from web import scope
from web.public import bp, page

LATE = timedelta(minutes=15)
SIGNING_IN = Bilingual("登入", "Signing in")
LETTERS = Bilingual("通知和排定的工作", "Notices and work that is put off")


@bp.get("/status")
def status() -> Response:
    """Say what works: this page was made with the database, so signing in finds it too."""
    waiting = select(func.min(Job.run_at)).where(Job.done_at.is_(None), Job.failed_at.is_(None))
    oldest = scope.db().scalar(waiting)
    is_late = oldest is not None and scope.now() - oldest > LATE
    return page("status", parts=[(SIGNING_IN, True), (LETTERS, not is_late)], fine=not is_late)
