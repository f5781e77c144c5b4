"""Where the member is signed in: one place, or everywhere, is signed out from here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from idp import grants
from idp.models import GrantEnd
from kernel.errors import NotFound
from web import cookies, front_channel, login, pages, scope, sessions
from web.account import bp, done, is_here


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One place where the member is signed in."""

    current: bool
    browser: str
    place: str
    created_at: datetime
    last_seen_at: datetime
    end_url: str


@bp.get("/sessions", endpoint="sessions")
@scope.member_required
def sessions_page() -> str:
    """List where the member is signed in."""
    listed = [
        SessionView(
            current=is_here(each.id),
            browser=each.browser,
            place="",
            created_at=each.created_at,
            last_seen_at=each.last_seen_at,
            end_url=url_for("account.end_session", session_id=each.id),
        )
        for each in sessions.listed(scope.db(), scope.member_id(), now=scope.now())
    ]
    return pages.page(
        "account/sessions.html",
        sessions=listed,
        end_all_url=url_for("account.end_all_sessions"),
        flashes=done(),
    )


@bp.post("/sessions/<uuid:session_id>/end")
@scope.member_required
def end_session(session_id: UUID) -> Response:
    """End one session of the member. Raises NotFound, also for somebody else's."""
    listed = sessions.listed(scope.db(), scope.member_id(), now=scope.now())
    if session_id not in {each.id for each in listed}:
        raise NotFound("session.not_found")
    login.end_session(session_id, scope.member_id())
    return redirect(url_for("account.sessions", done="session"), 303)


@bp.post("/sessions/end")
@scope.member_required
def end_all_sessions() -> Response:
    """Sign out everywhere, here included; everything issued ends."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    ended = sessions.end_all(session, member_id=member_id)
    over = grants.end_for_member(session, member_id, reason=GrantEnd.LOGGED_OUT, now=now)
    footprint.record(session, Kind.SESSIONS_ENDED, member_id=member_id, now=now, count=len(ended))
    here = [each for each in over if each.session_id is not None and is_here(each.session_id)]
    scope.forget_visitor()
    cookies.end_session()
    login_page = url_for("account.login")
    return front_channel.page(here, onward=login_page) or redirect(login_page, 303)
