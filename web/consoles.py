"""The frame of every console: who may come in, in which post they act, and what they find there.

Officers and clerks are members, signed in here as everybody is, with more than a password; what
they may do is looked up at every request (docs/decisions/0092).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from flask import g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from audit import footprint, trail
from clients import officers
from clients.officer_models import Role
from clients.officers import Post
from idp import acr
from kernel.errors import Refused
from kernel.wording import Bilingual
from web import account_confirm, cookies, pages, passkeys, scope, sessions

P = ParamSpec("P")
R = TypeVar("R")

SINCE_LOGIN = timedelta(hours=12)
SINCE_WORK = timedelta(minutes=15)
BUREAU = Bilingual("資訊局", "Department of Information Technology")
ROLES = {
    Role.REVIEWER: Bilingual("審核人員", "Reviewer"),
    Role.AUDITOR: Bilingual("稽核人員", "Auditor"),
    Role.OFFICER: Bilingual("機關承辦人", "Agency officer"),
    Role.MANAGER: Bilingual("機關主管", "Agency manager"),
    Role.ADMINISTRATOR: Bilingual("系統管理員", "System administrator"),
    Role.MERCHANT: Bilingual("商店承辦人", "Merchant officer"),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the menu: where it leads, and who finds it there."""

    endpoint: str
    label: Bilingual
    icon: str
    roles: frozenset[Role]
    may: Callable[[], bool] | None  # for those who have no post, as clerks
    waits: Callable[[], int] | None  # how much waits there


_MENU: list[Entry] = []
# Under which heading an entry stands, by its blueprint; what is not named comes first, under none.
GROUPS: tuple[tuple[Bilingual, tuple[str, ...]], ...] = (
    (Bilingual("櫃檯", "Desk"), ("clerk", "desk")),
    (
        Bilingual("會員", "Members"),
        ("doit_reviews", "doit_rules", "doit_changes", "doit_standing", "doit_sanctions"),
    ),
    (
        Bilingual("服務", "Services"),
        (
            "doit_services",
            "doit_imports",
            "doit_runs",
            "agency_services",
            "agency_counters",
            "agency_activations",
            "agency_eligibility",
            "agency_petitions",
            "agency_sanctions",
            "agency_imports",
            "agency_conflicts",
        ),
    ),
    (
        Bilingual("機關與商店", "Agencies and merchants"),
        ("doit_organisations", "doit_clients", "doit_merchants", "agency_clients"),
    ),
    (
        Bilingual("公告", "Published"),
        (
            "doit_publications",
            "doit_inventory",
            "doit_branding",
            "agency_annexes",
            "agency_content",
            "agency_inventory",
        ),
    ),
    (
        Bilingual("監督", "Oversight"),
        (
            "doit_audits",
            "doit_incidents",
            "doit_quality",
            "doit_terms",
            "doit_statistics",
            "doit_operations",
            "doit_controls",
            "agency_audits",
        ),
    ),
)
FEW = 9  # entries, that need no headings


def register_menu(
    endpoint: str,
    label: Bilingual,
    *,
    icon: str = "list",
    roles: Iterable[Role] = (),
    may: Callable[[], bool] | None = None,
    waits: Callable[[], int] | None = None,
) -> None:
    """Add a page to the menu of those with one of `roles`, or of whom `may` lets in."""
    _MENU.append(
        Entry(
            endpoint=endpoint, label=label, icon=icon, roles=frozenset(roles), may=may, waits=waits
        )
    )


def staff_required(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let in who holds one of these posts now, and proved it with a passkey or a card.

    Others are sent to sign in or to prove more, and back; who holds none gets
    `officer.not_for_you`. Sets `scope.post()`.
    """

    def decorated(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            first = proof_needed()
            if first is not None:
                return first
            post = chosen(roles)
            if post is None:
                raise _refusal()
            if was_away():
                return confirm()
            mark_work()
            officers.mark_used(scope.db(), post, now=scope.now())
            scope.act_as(post)
            if post.role is Role.AUDITOR:
                _note_what_the_auditor_sees()
            return view(*args, **kwargs)

        return guarded

    return decorated


def _refusal() -> Refused:
    """Return what somebody without a fitting post is told."""
    audits = any(each.role is Role.AUDITOR for each in posts())
    if audits and request.method == "POST":
        return Refused("audit.read_only")  # they see much and change nothing (regulation 9)
    return Refused("officer.not_for_you")


def _note_what_the_auditor_sees() -> None:
    """Write which page an auditor opens or which step they take: who audits is audited as well."""
    trail.record(
        scope.db(),
        "auditor.viewed" if request.method == "GET" else "auditor.acted",
        actor=scope.member_id(),
        now=scope.now(),
        page=request.path[:200],
    )


def proof_needed() -> Response | None:
    """Return where the visitor must go first; None for who proved more than a password today.

    Raises Refused `officer.proof_too_weak` for who has nothing stronger.
    """
    visitor = scope.visitor()
    if visitor is None:
        return redirect(url_for("account.login", next=_here()), 303)
    if not acr.reaches(visitor.acr, acr.ACR[1:]):
        if not account_confirm.has_stronger(visitor.member_id):
            raise Refused("officer.proof_too_weak")
        return confirm()
    return confirm() if scope.now() - visitor.authenticated_at > SINCE_LOGIN else None


def was_away() -> bool:
    """Say whether nobody worked in this browser for a quarter of an hour, nor proved who they are.

    What the visitor does in another browser says nothing of who sits before this one.
    """
    visitor = scope.visitor()
    return visitor is None or scope.now() - visitor.present_at > SINCE_WORK


def mark_work() -> None:
    """Note that somebody works in this browser."""
    visitor = scope.visitor()
    if visitor is not None:
        sessions.mark_work(scope.db(), visitor, now=scope.now())


def confirm() -> Response:
    """Return the way to prove again who one is, and back."""
    return redirect(url_for("account.confirm", next=_here(), need=passkeys.NAME), 303)


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("console.front")


# Posts


def posts() -> tuple[Post, ...]:
    """Return the posts the visitor holds now, looked up once a request."""
    if "posts" not in g:
        g.posts = officers.roles_of(scope.db(), scope.member_id(), now=scope.now())
    return cast("tuple[Post, ...]", g.posts)


def chosen(roles: Collection[Role] = ()) -> Post | None:
    """Return the post among these roles that the visitor chose to act in, or the first."""
    fitting = [each for each in posts() if not roles or each.role in roles]
    wanted = cookies.post()
    return next((each for each in fitting if str(each.id) == wanted), next(iter(fitting), None))


def office_of(post: Post) -> Bilingual:
    """Return the name of the house a post belongs to."""
    return BUREAU if post.office is None else Bilingual(*post.office)


def post_words(post: Post) -> Bilingual:
    """Return a post in words: the house and the role."""
    office, role = office_of(post), ROLES[post.role]
    return Bilingual(f"{office.zh} · {role.zh}", f"{office.en} · {role.en}")


# Pages


def menu() -> list[Entry]:
    """Return what this visitor finds, in the post they act in."""
    post = g.get("post") or chosen()
    role = None if post is None else post.role
    return [each for each in _MENU if role in each.roles or (each.may is not None and each.may())]


def grouped(entries: Collection[Entry]) -> list[tuple[Bilingual | None, list[Entry]]]:
    """Return the entries under their headings, or all under none if they are few."""
    if len(entries) <= FEW:
        return [(None, list(entries))]
    named = {name for _, names in GROUPS for name in names}
    rest = [each for each in entries if _room_of(each) not in named]
    found: list[tuple[Bilingual | None, list[Entry]]] = [(None, rest)]
    for heading, names in GROUPS:
        own = [each for each in entries if _room_of(each) in names]
        found.append((heading, sorted(own, key=lambda each: names.index(_room_of(each)))))
    return [(heading, own) for heading, own in found if own]


def _room_of(entry: Entry) -> str:
    return entry.endpoint.partition(".")[0]


def page(template: str, **context: Any) -> str:  # whatever the template needs
    """Render a page of a console inside its frame."""
    post = g.get("post") or chosen()
    frame = {
        "menu": grouped(menu()),
        "acting": None if post is None else (str(post.id), post_words(post)),
        "posts": [(str(each.id), post_words(each)) for each in posts()],
        "person": pages.person(),
        "seat": g.get("seat"),
    }
    return pages.page(template, **frame, **context)


# Looking at people


def look(
    session: Session,
    member_id: UUID,
    *,
    actor: UUID,
    reason: str = "",
    case: str | None = None,
    claims: Iterable[str] = (),
    office: Bilingual | None = None,
    role: Bilingual | None = None,
) -> None:
    """Write that staff look at a member: in the member's footprint, and with who it was on record.

    The member reads the office, the role and the case or reason, never the officer's name. The
    words are those of the post acted in unless given. Raises Refused `view.without_reason`.
    """
    now = scope.now()
    if office is None or role is None:
        post = scope.post()
        office, role = office_of(post), ROLES[post.role]
    line = footprint.record_view(
        session,
        member_id=member_id,
        claims=claims,
        office=office,
        role=role,
        viewer="",
        case=case or "",
        reason=reason,
        now=now,
    )
    event = "record.viewed" if case else "record.viewed_without_case"
    trail.record(
        session, event, actor=actor, subject=member_id, now=now, line=str(line), case=case or ""
    )
