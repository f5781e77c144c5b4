"""What follows a new password, whichever way it was proven (7(8)): one place for all of them."""

from collections.abc import Mapping
from uuid import UUID

from flask import url_for

from adapters.password.adapter import PasswordAdapter
from adapters.password.passwords import set_password
from audit import footprint, trail
from audit.lines import Kind
from idp import grants
from idp.models import GrantEnd
from kernel.errors import NotFound
from members import mailboxes, recovery, register
from members.models import Standing
from members.recovery_models import Way
from web import login, notices, pages, scope, sessions
from web.mails import Mail

PASSWORD = "new_password"  # noqa: S105  # the name of a field


def repeated_wrongly(form: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the field and the words for a new password that was not typed twice alike."""
    if form.get(PASSWORD, "") == form.get("repeat_password", ""):
        return None if form.get(PASSWORD) else (PASSWORD, pages.say("請輸入新密碼"))
    return "repeat_password", pages.say("兩次輸入的新密碼不一樣。")


def finish(member_id: UUID, new: str, way: Way) -> None:
    """Set the password and end every session and grant; by mail alone it counts for little.

    The session in which a carrier was shown stays. Raises Refused `password.…`, or
    `recovery.identity_unproven` if the member may not have it any more.
    """
    session, now, language = scope.db(), scope.now(), pages.language()
    recovery.require_standing(register.read(session, member_id).standing)
    adapter = password_adapter()
    hasher, breaches = adapter.hasher, adapter.breaches
    set_password(session, member_id, new, hasher=hasher, breaches=breaches, now=now)
    if way is Way.DELAYED:
        recovery.restrict(session, member_id, now=now)
    else:
        recovery.free(session, member_id)
    here = _here(way)
    ended = sessions.end_all(session, member_id=member_id, but=here)
    grants.end_for_member(session, member_id, reason=GrantEnd.LOGGED_OUT, now=now, but_session=here)
    login.forget_attempts(register.get(session, member_id).login)
    footprint.record(
        session, Kind.PASSWORD_RESET, member_id=member_id, now=now, way=way.value, ended=len(ended)
    )
    trail.record(session, "password.reset", actor=None, subject=member_id, now=now, way=way.value)
    words = Mail.PASSWORD_RESET_BY_MAIL if way is Way.DELAYED else Mail.PASSWORD_RESET
    notices.mail(session, words, member_id=member_id, language=language, now=now)
    for change in mailboxes.former(session, member_id, now=now):  # who has the new may be a thief
        notices.mail(session, words, member_id=member_id, language=language, now=now, change=change)


def onward(member_id: UUID, done: str) -> str:
    """Return where the new password is of use: who paused the account resumes it first."""
    standing = register.read(scope.db(), member_id).standing
    page = "leaving.resume" if standing is Standing.PAUSED else "account.login"
    return url_for(page, done=done)


def _here(way: Way) -> UUID | None:
    visitor = scope.visitor()
    return visitor.session_id if visitor is not None and way is Way.CARRIER else None


def password_adapter() -> PasswordAdapter:
    """Return the adapter that keeps passwords. Raises NotFound where none is loaded."""
    adapter = scope.rooms().adapters.get("password")
    if not isinstance(adapter, PasswordAdapter):
        raise NotFound("password.not_offered")
    return adapter
