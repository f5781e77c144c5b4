"""Offer the ways of signing in that need no page of their own: a form of the fields they name.

The password and the passkey have pages; every other adapter that works without a script gets one
from its capabilities, so a plug-in brings no template (docs/adapters.md).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from adapters.contract import Adapter, Held
from carriers import bindings
from carriers.models import CarrierKind
from idp import acr
from idp.interaction import LogIn, Step, StepUp
from kernel.wording import Bilingual
from members import recovery
from web import pages, scope
from web.card_ways import KINDS

PHONE = "phone"  # not an adapter: another device that is signed in already
HAVE_PAGES = frozenset({"password", "passkey"})
WITH_PASSWORD = frozenset({"smartcard"})  # whose page may ask for the password, too
LOGIN = "login"  # the field that is filled in where the member is known
LABELS = {
    LOGIN: Bilingual("帳號", "Account name"),
    "password": Bilingual("密碼", "Password"),
}


@dataclass(frozen=True)
class Way:
    """Another way of signing in, as the chooser of a page shows it."""

    label: str
    url: str
    icon: str = "key"
    posts: bool = False  # a button that does something at once


def ways(interaction_id: UUID, following: Step, *, essential: Iterable[str]) -> list[Way]:
    """Return the ways that lead on from this step and have no place on the page itself."""
    found = [
        Way(
            label=each.capabilities.label.text(pages.language()),
            url=_page_of(name, interaction_id),
            icon="card" if name in KINDS else "key",
        )
        for name, each in offered(following).items()
    ]
    if phone_wanted(following, essential) is not None:
        url = url_for("interactions.show_code", interaction_id=interaction_id)
        found.append(Way(pages.say("用手機登入"), url, icon="qr", posts=True))
    return found


def phone_wanted(following: Step, essential: Iterable[str]) -> str | None:
    """Return the acr a phone must bring here, empty if any will do, None if no phone can."""
    if isinstance(following, StepUp):
        if not _has_a_passkey():  # the phone would have nothing more to show than is here
            return None
        wanted = following.acr
    elif isinstance(following, LogIn):
        wanted = acr.weakest(essential)
    else:
        return None
    return wanted if acr.level(wanted) <= acr.level(acr.HANDED_OVER) else None


def _has_a_passkey() -> bool:
    visitor = scope.visitor()
    return visitor is not None and bindings.has_usable(
        scope.db(), visitor.member_id, CarrierKind.PASSKEY
    )


def at_account(*, onward: str | None) -> list[Way]:
    """Return the ways into the account itself that have a page of their own there."""
    return [
        Way(
            label=each.capabilities.label.text(pages.language()),
            url=url_for("account.card_login", kind=KINDS[name], next=onward),
            icon="card",
        )
        for name, each in for_login().items()
        if name in KINDS
    ]


def _page_of(name: str, interaction_id: UUID) -> str:
    if name in KINDS:
        return card_url("card_page", KINDS[name], interaction_id)
    return url_for("interactions.method_page", interaction_id=interaction_id, method=name)


def card_url(endpoint: str, kind: str, interaction_id: UUID) -> str:
    """Return the address of an interaction's page for this kind of card."""
    return url_for(f"interactions.{endpoint}", interaction_id=interaction_id, kind=kind)


def reached_by(member_id: UUID, amr: Collection[str]) -> frozenset[str]:
    """Return the acr values this member, known by `amr`, could reach with what they hold."""
    found: frozenset[str] = frozenset()
    for name, each in _held_by(member_id).items():
        known_by = _may_be_known_by(name, amr, member_id=member_id)
        found |= acr.reachable_from(each.capabilities, known_by=known_by)
    return found


def offered(following: Step) -> Mapping[str, Adapter]:
    """Return the adapters that bring a sign-in from this step to the next, by name."""
    visitor = scope.visitor()
    if isinstance(following, LogIn):
        return for_login()
    if isinstance(following, StepUp) and visitor is not None:
        return for_step_up(visitor.member_id, visitor.amr, wanted=following.acr)
    return {}


def for_login() -> Mapping[str, Adapter]:
    """Return the adapters whose proof is a login of its own."""
    return {name: each for name, each in _plain().items() if acr.reachable([each.capabilities])}


def for_step_up(
    member_id: UUID, amr: Collection[str], *, wanted: str = acr.ACR[1]
) -> Mapping[str, Adapter]:
    """Return the adapters with which this member, known by `amr`, could reach `wanted`."""
    return {
        name: each
        for name, each in _held_by(member_id).items()
        if wanted
        in acr.reachable_from(
            each.capabilities, known_by=_may_be_known_by(name, amr, member_id=member_id)
        )
    }


def _held_by(member_id: UUID) -> Mapping[str, Adapter]:
    return {
        name: each
        for name, each in _plain().items()
        if isinstance(each, Held) and each.is_held_by(scope.db(), member_id)
    }


def _may_be_known_by(name: str, amr: Collection[str], *, member_id: UUID) -> Collection[str]:
    """Return what else may be known; beside a restricted password nothing is worth more than it."""
    known_by = (*amr, "pwd") if name in WITH_PASSWORD else amr
    if "pwd" not in known_by:
        return known_by
    until = recovery.restricted_until(scope.db(), member_id)
    return () if recovery.is_restricted(until, now=scope.now()) else known_by


def _plain() -> Mapping[str, Adapter]:
    return {
        name: each
        for name, each in scope.rooms().adapters.items()
        if name in KINDS or (name not in HAVE_PAGES and not each.capabilities.needs_script)
    }


def label(name: str) -> str:
    """Return what an adapter calls itself, empty if it is not there any more."""
    adapter = scope.rooms().adapters.get(name)
    return "" if adapter is None else adapter.capabilities.label.text(pages.language())
