"""Tie a carrier to an account online: who may not, at which place, and what the member is told."""

from dataclasses import dataclass
from uuid import UUID

from audit import footprint
from audit.lines import Kind
from carriers import bindings
from carriers.models import Binding, Place
from kernel.errors import Refused
from kernel.refusals import refusal
from web import notices, pages, scope
from web.mails import Mail


@dataclass(frozen=True, kw_only=True)
class Holder:
    """To whom a carrier is tied, where, how surely they are known, and by whom if not by them."""

    member_id: UUID
    where: Place
    acr: str
    actor: UUID | None = None


def visitor() -> Holder:
    """Return the member who ties a carrier to their own account, online."""
    return Holder(member_id=scope.member_id(), where=Place.ACCOUNT, acr=known_by())


def barred() -> str:
    """Return why this member may not add a carrier online, empty if they may (8(3))."""
    try:
        bindings.require_may_bind_online(scope.db(), scope.member_id())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


def place(kind: str) -> str:
    """Bind a question to this member's session: nobody else's may answer it."""
    visitor = scope.visitor()
    return f"bind-{kind}/{'' if visitor is None else visitor.session_id.hex}"


def known_by() -> str:
    """Return how surely the member is known now, as an acr value."""
    visitor = scope.visitor()
    return "" if visitor is None else visitor.acr


def tell(kind: Kind, mail: Mail, binding: Binding) -> None:
    """Write down what was done to a carrier, and write to its member."""
    session, now = scope.db(), scope.now()
    footprint.record(session, kind, member_id=binding.member_id, now=now, carrier=str(binding.id))
    notices.mail(session, mail, member_id=binding.member_id, language=pages.language(), now=now)
