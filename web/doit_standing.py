"""The Bureau's page of standing: suspend an account, confirm it, lift it (regulation 6(1))."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register, standings
from members.profile import masked
from members.standing_models import OrderKind, StandingOrder
from members.standings import Proposal
from web import consoles, csrf, impartial, pages, scope, standing_acts

bp = Blueprint("doit_standing", __name__, url_prefix="/doit/standing")
MOST = 100
INDEX = "doit_standing.index"
KINDS = {
    OrderKind.PROTECTION: (
        Bilingual("保護性停用", "Protection"),
        Bilingual(
            "可能有人冒用：馬上停用，一人就能辦", "Somebody else may use it: at once, by one"
        ),
    ),
    OrderKind.SANCTION: (
        Bilingual("違規停用", "Sanction"),
        Bilingual("認定違規：先聽陳述意見，兩人才生效", "Misuse: heard before, by two officers"),
    ),
    OrderKind.DEATH: (
        Bilingual("死亡關閉", "Death"),
        Bilingual("憑死亡證明：兩人才生效，不寄通知", "By certificate, by two; nobody is mailed"),
    ),
}
TYPED = ("kind", "login_id", "clause", "evidence", "heard_on", "reason")


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One open order in the list: no name, for a list is no reason to look."""

    reference: str
    url: str
    kind: Bilingual
    in_force: bool
    since: datetime


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
def index() -> str:
    """List the open orders and offer to open one."""
    return _index()


def _index(error: tuple[str, str] | None = None) -> str:
    rows = [
        Row(
            reference=each.reference,
            url=url_for("doit_standing.one", reference=each.reference),
            kind=KINDS[each.kind][0],
            in_force=each.in_force_at is not None,
            since=each.in_force_at or each.proposed_at,
        )
        for each in standings.listed(scope.db(), most=MOST)
    ]
    chosen = request.form.get("kind", OrderKind.PROTECTION.value)
    return consoles.page(
        "console/standing.html",
        current=INDEX,
        orders=rows,
        kinds=[
            {
                "value": kind.value,
                "label": words.text(pages.language()),
                "detail": detail.text(pages.language()),
                "checked": kind.value == chosen,
            }
            for kind, (words, detail) in KINDS.items()
        ],
        typed={name: request.form.get(name, "")[:2000] for name in TYPED},
        errors=[error] if error else [],
        flashes=_done(),
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "proposed": pages.say("已提出，等另一位人員覆核。"),
            "stopped": pages.say("已停用，所有登入和授權都已結束。"),
            "dropped": pages.say("已撤案，當事人沒有受影響。"),
            "lifted": pages.say("已恢復，並通知當事人。"),
        }
    )


@bp.post("")
@consoles.staff_required(Role.REVIEWER)
def propose() -> Response:
    """Open an order about the account that was typed."""
    try:
        proposal, member_id = _proposal(), _meant()
        impartial.require(member_id)
        order = standing_acts.propose(
            scope.db(),
            proposal,
            member_id=member_id,
            by=scope.member_id(),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Refused as refused:
        scope.abandon(refused)
        entry = refusal(refused.code)
        title = entry.title.text(pages.language())
        field = "login_id" if refused.code == "standing.nobody" else "reason"
        return Response(_index((field, title)), entry.status, mimetype="text/html")
    stopped = order.in_force_at is not None
    done = "stopped" if stopped else "proposed"
    return redirect(url_for("doit_standing.one", reference=order.reference, done=done), 303)


def _meant() -> UUID:
    found = register.find_by_login(scope.db(), request.form.get("login_id", "")[:128])
    if found is None:
        raise Refused("standing.nobody")
    return found.id


def _proposal() -> Proposal:
    kind, day = request.form.get("kind", ""), request.form.get("heard_on", "")
    try:
        heard_on = date.fromisoformat(day) if day else None
        return Proposal(
            kind=OrderKind(kind),
            clause=request.form.get("clause", ""),
            evidence=request.form.get("evidence", ""),
            reason=request.form.get("reason", ""),
            heard_on=heard_on,
        )
    except ValueError:
        raise Refused("standing.incomplete") from None


@bp.get("/<reference>")
@consoles.staff_required(Role.REVIEWER)
def one(reference: str) -> str:
    """Show one order; the member sees that somebody looked, and for which order."""
    return _one(standings.get(scope.db(), reference))


def _one(order: StandingOrder, error: tuple[str, str] | None = None) -> str:
    session, keyring = scope.db(), scope.rooms().keyring
    member = register.get(session, order.member_id)
    written = standings.letters(order, member, keyring=keyring)
    claims = register.claims_of(member, keyring=keyring) if member.data_key_sealed else {}
    consoles.look(
        session, member.id, actor=scope.member_id(), case=order.reference, claims=["name"]
    )
    return consoles.page(
        "console/standing_order.html",
        current=INDEX,
        order=order,
        kind=KINDS[order.kind][0],
        state=_state(order),
        who=masked(str(claims.get("name", member.login))),
        letters=written,
        may_confirm=order.in_force_at is None and order.proposed_by != scope.member_id(),
        errors=[error] if error else [],
        flashes=_done(),
    )


def _state(order: StandingOrder) -> str:
    if order.ended_at is not None:
        return "ended"
    return "pending" if order.in_force_at is None else "in_force"


@bp.post("/<reference>/confirm")
@consoles.staff_required(Role.REVIEWER)
def confirm(reference: str) -> Response:
    """Let an order come into force, as the second officer."""
    order = standings.get(scope.db(), reference)
    impartial.require(order.member_id)
    standing_acts.confirm(
        scope.db(),
        order,
        by=scope.member_id(),
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )
    return redirect(url_for("doit_standing.one", reference=order.reference, done="stopped"), 303)


@bp.post("/<reference>/end")
@consoles.staff_required(Role.REVIEWER)
def end(reference: str) -> Response:
    """Lift an order, or drop a proposal, for a written reason."""
    order = standings.get(scope.db(), reference)
    stood = order.in_force_at is not None
    impartial.require(order.member_id)
    try:
        standing_acts.end(
            scope.db(),
            order,
            request.form.get("reason", ""),
            by=scope.member_id(),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Refused as refused:
        if refused.code != "standing.incomplete":
            raise
        title = refusal(refused.code).title.text(pages.language())
        return Response(_one(order, ("reason", title)), 422, mimetype="text/html")
    done = "lifted" if stood else "dropped"
    return redirect(url_for("doit_standing.index", done=done), 303)


def _waiting() -> int:
    return standings.waiting(scope.db())


consoles.register_menu(
    INDEX,
    Bilingual("帳號停用", "Standing"),
    icon="shield",
    roles=[Role.REVIEWER],
    waits=_waiting,
)
