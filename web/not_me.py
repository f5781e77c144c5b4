"""不是我: a link from a letter that ends a power of attorney, without signing in, once.

The page names nobody: letters lie in mailboxes that others read. The link's secret is a parameter,
not a part of the path: access logs keep paths.
"""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.errors import NotFound
from members import proxies
from members.proxy_models import PowerEnd, ProxyNotice
from web import csrf, pages, proxy_acts, scope

bp = Blueprint("not_me", __name__, url_prefix="/not-me")
LONGEST = 64


@bp.get("")
def ask() -> str:
    """Say what pressing does; a GET, which programs that read mail follow, changes nothing."""
    secret = request.args.get("key", "")
    notice = _notice(secret)
    power = proxies.of(scope.db(), notice.power_id)
    return pages.page(
        "not_me.html",
        ended=power.ended_at is not None,
        late=scope.now() >= notice.expires_at or notice.used_at is not None,
        key=secret,
    )


@bp.post("")
def end() -> Response:
    """End the power at once. Raises NotFound for a link that is unknown, used or too old."""
    csrf.require()
    secret = request.form.get("key", "")
    notice = _notice(secret)
    session, now = scope.db(), scope.now()
    if not proxies.use(session, notice.id, now=now):
        raise NotFound("poa.not_found")
    power = proxies.of(session, notice.power_id)
    proxy_acts.end(session, power, PowerEnd.DISOWNED, language=pages.language(), now=now)
    return redirect(url_for("not_me.ask", key=secret), 303)


def _notice(secret: str) -> ProxyNotice:
    if len(secret) > LONGEST or not secret.isascii():
        raise NotFound("poa.not_found")
    return proxies.noticed(scope.db(), secret)
