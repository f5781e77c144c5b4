"""Appoint and dismiss officers: administrators for the Bureau, managers for their own agency."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from clients import officers
from clients.models import Organisation
from clients.officer_models import OfficerPost, Role
from clients.officers import Post
from kernel.clock import TAIPEI, taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import leaving, register
from members.models import Member
from web import consoles, csrf, pages, scope

bp = Blueprint("console_officers", __name__, url_prefix="/console/officers")
INDEX = "console_officers.index"
APPOINTERS = (Role.ADMINISTRATOR, Role.MANAGER)
YEAR = timedelta(days=365)
TYPED = ("login_id", "role", "organisation", "until")


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One post in the list, and how to end it."""

    login: str
    words: Bilingual
    until: datetime
    is_idle: bool
    end_url: str


@bp.get("")
@consoles.staff_required(*APPOINTERS)
def index() -> str:
    """List the posts that are this officer's to give and take."""
    return _page()


def _page(error: tuple[str, str] | None = None) -> str:
    post, now = scope.post(), scope.now()
    agencies = _houses() if post.role is Role.ADMINISTRATOR else {}
    year = (taipei_day(now) + YEAR).isoformat()
    return consoles.page(
        "console/officers.html",
        current=INDEX,
        rows=_rows(agencies),
        roles=[(each, consoles.ROLES[each]) for each in sorted(officers.APPOINTS[post.role])],
        agencies=sorted(agencies.items(), key=lambda each: each[1]),
        typed={name: request.form.get(name, "")[:200] for name in TYPED} | _default(year),
        errors=[error] if error else [],
        flashes=_done(),
    )


def _default(year: str) -> dict[str, str]:
    return {} if request.form.get("until") else {"until": year}


def _houses() -> dict[UUID, Bilingual]:
    """Return the agencies and merchants whose posts an administrator gives."""
    found = scope.db().execute(
        select(Organisation.id, Organisation.name_zh, Organisation.name_en).where(
            Organisation.ended_at.is_(None)
        )
    )
    return {row.id: Bilingual(row.name_zh, row.name_en) for row in found}


def _rows(agencies: dict[UUID, Bilingual]) -> list[Row]:
    found = officers.given_by(scope.db(), scope.post(), now=scope.now())
    holders = {each.member_id for each in found}
    named = scope.db().execute(select(Member.id, Member.login).where(Member.id.in_(holders)))
    logins = {row.id: row.login for row in named}
    return [_row(each, agencies, logins[each.member_id]) for each in found]


def _row(each: OfficerPost, agencies: dict[UUID, Bilingual], login: str) -> Row:
    own = consoles.office_of(scope.post())
    house = own if each.organisation_id is None else agencies.get(each.organisation_id, own)
    role = consoles.ROLES[each.role]
    return Row(
        login=login,
        words=Bilingual(f"{house.zh} · {role.zh}", f"{house.en} · {role.en}"),
        until=each.ends_at,
        is_idle=officers.is_idle(each, now=scope.now()),
        end_url=url_for("console_officers.dismiss", post_id=each.id),
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "appointed": pages.say("已任命，對方下次進入工作台就生效。"),
            "dismissed": pages.say("已解除，對方馬上不能再用。"),
        }
    )


@bp.post("")
@consoles.staff_required(*APPOINTERS)
def appoint() -> Response:
    """Give the member who was named a post."""
    try:
        with scope.step():
            role = _role()
            post = officers.appoint(
                scope.db(),
                member_id=leaving.lock(scope.db(), _named()).id,
                organisation_id=_organisation(role),
                role=role,
                by=scope.member_id(),
                until=_until(),
                now=scope.now(),
            )
    except Refused as refused:
        entry = refusal(refused.code)
        field = "until" if refused.code == "officer.term_invalid" else "login_id"
        page = _page((field, entry.title.text(pages.language())))
        return Response(page, entry.status, mimetype="text/html")
    _record("officer.appointed", _named(), post.id, post.role)
    return redirect(url_for(INDEX, done="appointed"), 303)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise Refused("officer.not_yours_to_appoint") from None


def _named() -> UUID:
    found = register.find_by_login(scope.db(), request.form.get("login_id", "")[:128])
    if found is None:
        raise Refused("officer.nobody")
    return found.id


def _organisation(role: Role) -> UUID | None:
    post: Post = scope.post()
    if post.organisation_id is not None or role not in officers.OF_ORGANISATIONS:
        return post.organisation_id
    chosen = request.form.get("organisation", "")
    return next((each for each in _houses() if str(each) == chosen), None)


def _until() -> datetime:
    """Return the end of the day that was typed; a day that is none ends at once."""
    try:
        day = date.fromisoformat(request.form.get("until", ""))
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=TAIPEI)
    except (ValueError, OverflowError):
        return scope.now()


@bp.post("/<uuid:post_id>/dismiss")
@consoles.staff_required(*APPOINTERS)
def dismiss(post_id: UUID) -> Response:
    """End a post at once."""
    ended = officers.dismiss(scope.db(), post_id, by=scope.member_id(), now=scope.now())
    _record("officer.dismissed", ended.member_id, post_id, ended.role)
    return redirect(url_for(INDEX, done="dismissed"), 303)


def _record(event: str, member_id: UUID, post_id: UUID, role: Role) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=member_id,
        now=scope.now(),
        post=str(post_id),
        role=role.value,
    )


consoles.register_menu(INDEX, Bilingual("職務", "Posts"), icon="person", roles=APPOINTERS)
