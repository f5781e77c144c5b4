"""The page that asks whether to go on as the member who is signed in here (OIDC Core 3.1.2.1)."""

from flask import redirect, request

from idp import interactions as kept
from idp.interaction import ChooseAccount
from web import cookies, login, pages, scope
from web.interactions import Open, Page, bp, go_on, still_open
from web.views import client_view


@bp.get("/account")
@still_open
def account_page(current: Open) -> Page:
    """Ask whether to go on as the member signed in here."""
    following = current.next()
    if not isinstance(following, ChooseAccount):
        return go_on(current, following)
    return pages.page(
        "choose_account.html",
        action=current.url("choose_account"),
        client=client_view(current.asked.client),
        person=pages.person(),
    )


@bp.post("/account")
@still_open
def choose_account(current: Open) -> Page:
    """Go on as this member, or sign in as another."""
    if request.form.get("choice") == "continue":
        kept.mark(scope.db(), current.row.id, "account_chosen_at", now=scope.now())
        return redirect(current.url("step"), 303)
    present = scope.visitor()
    if present is not None:
        login.end_session(present.session_id, present.member_id)
        cookies.end_session()
        scope.forget_visitor()
    return redirect(current.url("login_page"), 303)
