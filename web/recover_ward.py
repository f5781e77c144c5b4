"""Help a ward who forgot the password: a guardian by law gets a code to hand on (7(8)).

The ward chooses the password; the guardian never knows one.
"""

from uuid import UUID

from werkzeug.wrappers import Response

from audit.lines import Kind
from consent.acting import Acting
from kernel.errors import NotFound
from members import recovery
from members.recovery_models import Way
from web import acting, notices, pages, proxy_acts, scope
from web.account_confirm import strongest_required
from web.account_guardians import bp, name
from web.mails import Mail


@bp.get("/for/<uuid:acting_id>/password", endpoint="slip_for")
@scope.member_required
@strongest_required
def ask(acting_id: UUID) -> Response:
    """Say what the code does, and ask once more."""
    return _page(_ward(acting_id))


def _ward(acting_id: UUID) -> Acting:
    """Return for whom the visitor acts in this, too. Raises NotFound."""
    by = acting.get(acting_id)
    if not by.may_give_password():
        raise NotFound("guardian.not_linked")
    return by


def _page(by: Acting, code: str = "") -> Response:
    page = pages.page(
        "account/ward_slip.html",
        name=name(by.member_id),
        acting_id=by.id,
        code=code,
        minutes=recovery.SLIP_LIVES[Way.GUARDIAN].seconds // 60,
    )
    return Response(page, mimetype="text/html")


@bp.post("/for/<uuid:acting_id>/password", endpoint="give_slip")
@scope.member_required
@strongest_required
def give(acting_id: UUID) -> Response:
    """Show a new code, this once; an earlier one does not work any more."""
    by, session, now = _ward(acting_id), scope.db(), scope.now()
    code = recovery.reset_by_guardian(session, by.member_id, guardian_id=by.by, now=now)
    proxy_acts.note(Kind.SLIP_GIVEN, Kind.GUARDIAN_GAVE_SLIP, by)
    notices.mail(
        session, Mail.SLIP_GIVEN, member_id=by.member_id, language=pages.language(), now=now
    )
    return _page(by, code)
