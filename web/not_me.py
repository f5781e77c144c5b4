"""不是我: a link from a letter that ends a power of attorney, without signing in, once.

The page names nobody: letters lie in mailboxes that others read. The link's secret is a parameter,
not a part of the path: access logs keep paths.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from counters import letters
from kernel.errors import NotFound
from members import proxies
from members.proxy_models import PowerEnd
from web import case_letters, csrf, pages, proxy_acts, scope

bp = Blueprint("not_me", __name__, url_prefix="/not-me")
LONGEST = 64


@dataclass(frozen=True, kw_only=True)
class _Link:
    """What a link would end: a power, or the letter a case at a counter rests on."""

    notice_id: UUID | None  # None for a letter: ending it uses the link up
    ends: UUID
    is_over: bool
    is_late: bool


@bp.get("")
def ask() -> str:
    """Say what pressing does; a GET, which programs that read mail follow, changes nothing."""
    secret = request.args.get("key", "")
    link = _link(secret)
    return pages.page("not_me.html", ended=link.is_over, late=link.is_late, key=secret)


@bp.post("")
def end() -> Response:
    """End it at once. Raises NotFound for a link that is unknown, used or too old."""
    csrf.require()
    secret = request.form.get("key", "")
    link = _link(secret)
    if link.notice_id is None:
        case_letters.disown(link.ends, is_late=link.is_late)
    else:
        _end_power(link.notice_id, link.ends)
    return redirect(url_for("not_me.ask", key=secret), 303)


def _end_power(notice_id: UUID, power_id: UUID) -> None:
    session, now = scope.db(), scope.now()
    if not proxies.use(session, notice_id, now=now):
        raise NotFound("poa.not_found")
    power = proxies.of(session, power_id)
    proxy_acts.end(session, power, PowerEnd.DISOWNED, language=pages.language(), now=now)
    case_letters.stop_all_by(power.proxy_id, principal_id=power.principal_id)


def _link(secret: str) -> _Link:
    if len(secret) > LONGEST or not secret.isascii():
        raise NotFound("poa.not_found")
    session = scope.db()
    try:
        notice = proxies.noticed(session, secret)
    except NotFound:
        letter = letters.noticed(session, secret)
        return _Link(
            notice_id=None,
            ends=letter.id,
            is_over=letter.revoked_at is not None,
            is_late=_is_late(letter.link_ends_at, None),
        )
    return _Link(
        notice_id=notice.id,
        ends=notice.power_id,
        is_over=proxies.of(session, notice.power_id).ended_at is not None,
        is_late=_is_late(notice.expires_at, notice.used_at),
    )


def _is_late(ends_at: datetime, used_at: datetime | None) -> bool:
    return scope.now() >= ends_at or used_at is not None
