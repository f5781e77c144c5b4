"""The page of a way of signing in that brings only fields: logs in, or adds what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response

from adapters.contract import Adapter, NotProven
from idp.interaction import StepUp
from kernel.errors import Refused
from members import register
from members.logins import normalise
from web import interactions, login, methods, pages, scope
from web.interactions import Open, Page, bp, still_open
from web.login import LoginLocked
from web.views import client_view

AUTOCOMPLETE = {
    "login": "username",
    "password": "current-password",  # what browsers call it
    "code": "one-time-code",
}
SECRET = frozenset({"password", "pin"})  # not to be read over a shoulder


@dataclass(frozen=True)
class Field:
    """One field as the template shows it."""

    name: str
    label: str
    autocomplete: str
    is_secret: bool


@bp.get("/by/<method>")
@still_open
def method_page(current: Open, method: str) -> Page:
    """Show the form of one way of signing in, if it leads on from here."""
    adapter = methods.offered(current.next()).get(method)
    if adapter is None:
        return redirect(current.url("step"), 303)
    return _show(current, adapter)


@bp.post("/by/<method>")
@still_open
def log_in_by_method(current: Open, method: str) -> Page:
    """Check the answer and go on, or show the form again with what to do."""
    adapter = methods.offered(current.next()).get(method)
    if adapter is None:
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        _attempt(adapter, known=_known(current))
    except LoginLocked as locked:
        return _show(current, adapter, login.locked_words(locked), 429)
    except Refused as refused:
        return _show(current, adapter, _failed_words(refused))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def _known(current: Open) -> UUID | None:
    """Return the member who adds to a session, None for who logs in."""
    return scope.member_id() if isinstance(current.next(), StepUp) else None


def _attempt(adapter: Adapter, *, known: UUID | None) -> None:
    answer = {name: request.form.get(name, "") for name in adapter.capabilities.fields}
    if known is not None:
        answer[methods.LOGIN] = register.get(scope.db(), known).login
    # Counted apart: a right password takes its own failures back, and must not take these.
    guessed = f"{adapter.name}/{normalise(answer.get(methods.LOGIN, ''))}"

    def admit(member_id: UUID) -> None:
        if known not in {None, member_id}:
            raise NotProven("login.other_member", member_id=known)
        login.admit_active(member_id)

    login.attempt_by(
        adapter.name,
        answer,
        guessed=guessed,
        admit=admit,
        shared_computer=_is_shared(),
        only=known,
    )


def _is_shared() -> bool:
    return request.form.get("shared_computer") == "yes"


def _failed_words(refused: Refused) -> str:
    if refused.code == "login.busy":
        return login.failed_words(refused)
    return pages.say("沒有通過。請再看一次，重新輸入。")


def _show(current: Open, adapter: Adapter, error: str = "", status: int = 200) -> Page:
    known = _known(current)
    fields = _fields(adapter, without={methods.LOGIN} if known else set())
    page = pages.page(
        "method.html",
        action=request.path,
        client=client_view(current.asked.client),
        person=pages.person() if known else None,
        label=adapter.capabilities.label,
        fields=fields,
        values={} if known else {methods.LOGIN: request.form.get(methods.LOGIN, "")[:128]},
        error=error,
        shared_computer=_is_shared(),
        other_ways=current.url("step"),
        cancel_url=current.url("give_up" if known else "cancel"),
    )
    return Response(page, status, mimetype="text/html")


def _fields(adapter: Adapter, *, without: set[str]) -> list[Field]:
    labels: Mapping[str, str] = {
        name: methods.LABELS.get(name, adapter.capabilities.label_of(name)).text(pages.language())
        for name in adapter.capabilities.fields
    }
    return [
        Field(name, label, AUTOCOMPLETE.get(name, "off"), name in SECRET)
        for name, label in labels.items()
        if name not in without
    ]
