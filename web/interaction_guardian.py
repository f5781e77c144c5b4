"""The page on which a minor waits for a guardian's word, in words a child reads."""

from flask import redirect
from werkzeug.wrappers import Response

from consent import approvals
from consent.models import ApprovalState
from idp.interaction import AskConsent
from members import guardians as links
from web import guardians, pages, scope
from web.interactions import Open, Page, bp, go_on, refuse, still_open
from web.views import client_view


@bp.get("/guardian")
@still_open
def guardian_page(current: Open) -> Page:
    """Say who was asked and what comes next; once a guardian agreed, go on."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    state = guardians.state(current.asked, since=current.row.started_at)
    if state is ApprovalState.APPROVED:
        current.mark_consented()
        return go_on(current, current.next())
    if state is None:
        return redirect(current.url("consent_page"), 303)
    return pages.page(
        "guardian_wait.html",
        client=client_view(current.asked.client),
        purpose=current.asked.purpose,
        people=_people(),
        refused=state is ApprovalState.REFUSED,
        check_url=current.url("guardian_page"),
        action=current.url("stop_waiting"),
    )


def _people() -> list[str]:
    session, keyring = scope.db(), scope.rooms().keyring
    found = links.guardians_of(session, scope.member_id(), now=scope.now())
    return [guardians.name_of(session, each.guardian_id, keyring=keyring) for each in found]


@bp.post("/guardian")
@still_open
def stop_waiting(current: Open) -> Response:
    """Take the question back and return to the client without anything."""
    if scope.visitor() is not None:
        approvals.take_back(
            scope.db(),
            member_id=scope.member_id(),
            purpose_id=current.asked.purpose.id,
            now=scope.now(),
        )
    return refuse(current, "access_denied", "no guardian has agreed")
