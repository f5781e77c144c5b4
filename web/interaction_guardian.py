"""The pages on which a member waits for another's word, in words a child and an elder read."""

from flask import redirect

from consent import approvals
from consent.models import ApprovalState
from consent.parts import BEGINNINGS
from idp.interaction import AskConsent
from web import asking_others, asking_pages, pages, scope
from web.interactions import Open, Page, bp, go_on, passed, refuse, still_open
from web.views import client_view


@bp.get("/guardian")
@still_open
def guardian_page(current: Open) -> Page:
    """Say who was asked and what comes next; once they agreed, go on."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    row = asking_others.newest(current.asked, following.part, since=current.row.started_at)
    if row is None:
        return redirect(current.url("consent_page"), 303)
    if row.state is ApprovalState.APPROVED:
        return passed(current, following.part)
    return asking_pages.show(current.asked, row, url=current.url)


@bp.get("/decided-by-another")
@still_open
def another_decides(current: Open) -> Page:
    """Tell an adult under guardianship that the guardian decides."""
    following = current.next()
    if not isinstance(following, AskConsent):
        return go_on(current, following)
    return pages.page(
        "guardian_decides.html",
        client=client_view(current.asked.client),
        purpose=current.asked.purpose,
        action=current.url("decide"),
    )


@bp.post("/guardian")
@still_open
def stop_waiting(current: Open) -> Page:
    """Take the question back; go on without these data, or back to the client without anything."""
    if scope.visitor() is not None:
        approvals.take_back(
            scope.db(),
            member_id=scope.member_id(),
            purpose_id=current.asked.purpose.id,
            now=scope.now(),
        )
    following = current.next()
    if isinstance(following, AskConsent) and following.part not in BEGINNINGS:
        return passed(current, following.part)
    return refuse(current, "access_denied", "nobody has agreed in the member's stead")
