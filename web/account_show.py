"""Show a code at a till, and say privately what the till was told (regulation 2(8)4, 10-I(4))."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import segno
from flask import jsonify, redirect, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from clients import names
from consent import till_codes
from kernel.prebuilt import Row
from kernel.wording import Bilingual
from web import pages, scope
from web.account import bp

QUIET_ZONE = 4  # modules of white around a QR code (ISO/IEC 18004 9.1)
SAME_SIZE = 16 * 1024  # bytes: the shop's own network, or its neighbour's, sees how long a page is


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A code that can be read now."""

    code: str
    picture: Markup
    seconds: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a till was told about the member."""

    shop: Bilingual | None
    offer: Bilingual | None
    eligible: bool
    number: str
    receipt: str
    at: datetime


@bp.get("/show")
@scope.member_required
def show() -> str:
    """Show the code that can be read now, and what was answered in the last minutes."""
    rows = _rows()
    page = pages.page(
        "account/show.html",
        state=_state(rows),
        waiting=_waiting(rows[0]) if _state(rows) == "waiting" else None,
        told=_told(rows),
        longest=int(till_codes.LIFETIME.total_seconds()),
    )
    return page + " " * (-len(page.encode()) % SAME_SIZE)


@bp.post("/show")
@scope.member_required
def show_new() -> Response:
    """Make a new code; the one before can no longer be read."""
    session, key = scope.db(), scope.rooms().till.key
    till_codes.show(session, member_id=scope.member_id(), key=key, now=scope.now())
    return redirect(url_for("account.show", _anchor="till"), 303)  # on a phone, the code at once


@bp.get("/show/state")
@scope.member_required
def show_state() -> Response:
    """Tell the page's script whether there is something new to show."""
    return jsonify({"state": _state(_rows())})


def _rows() -> Sequence[Row]:
    return till_codes.recent(scope.db(), member_id=scope.member_id(), now=scope.now())


def _state(rows: Sequence[Row]) -> str:
    """Return what the newest code has come to: none, waiting, over or read."""
    if not rows:
        return "none"
    if rows[0].used_at is not None:
        return "read"
    return "waiting" if rows[0].expires_at > scope.now() else "over"


def _waiting(row: Row) -> Waiting:
    code = till_codes.code_of(row.id, key=scope.rooms().till.key)
    return Waiting(
        code=f"{code[:4]} {code[4:]}",
        picture=picture(code),
        seconds=int((row.expires_at - scope.now()).total_seconds()),
        until=row.expires_at,
    )


def _told(rows: Iterable[Row]) -> Told | None:
    for row in rows:
        if row.used_at is not None:
            return Told(
                shop=_shop(row),
                offer=_offer(row),
                eligible=bool(row.eligible),
                number=row.number or "",
                receipt=row.receipt or "",
                at=row.used_at,
            )
    return None


def _shop(row: Row) -> Bilingual | None:
    found = names.of_clients(scope.db(), [row.client_id] if row.client_id else [])
    return next((each.organisation for each in found.values()), None)


def _offer(row: Row) -> Bilingual | None:
    found = names.of_purposes(scope.db(), [row.purpose_id] if row.purpose_id else [])
    return next(iter(found.values()), None)


def picture(code: str) -> Markup:
    """Return the code as a QR picture: black on white in every scheme, a third may be damaged."""
    made = segno.make_qr(code, error="h")
    drawn: str = made.svg_inline(
        omitsize=True, border=QUIET_ZONE, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704  # drawn from eight letters and digits
