"""Sign in with a passkey: the question a page's script asks for, and the answer it brings back."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from adapters.contract import Adapter, Proof
from carriers import bindings
from carriers.models import CarrierKind
from kernel.errors import NotFound, Refused
from web import cookies, csrf, login, pages, proofs, scope
from web.login import LoginLocked

bp = Blueprint("passkeys", __name__, url_prefix="/passkey")
NAME = "passkey"
ACCOUNT = "account"  # the places that are no interaction
CONFIRM = "confirm"


@dataclass(frozen=True, kw_only=True)
class PasskeyForm:
    """What the template's button needs; its script does the rest."""

    action: str
    options_url: str
    place: str
    is_last: bool  # this browser's last way of signing in


def form(action: str, place: str) -> PasskeyForm | None:
    """Return what the template needs for the button, None if passkeys are not offered here."""
    if NAME not in scope.rooms().adapters:
        return None
    return PasskeyForm(
        action=action,
        options_url=url_for("passkeys.options"),
        place=place,
        is_last=cookies.method() == NAME,
    )


@bp.post("/options")
def options() -> Response:
    """Put a question to this browser: the same to everybody, nobody is known yet."""
    csrf.require()
    return answer(proofs.ask(_adapter()).public["options"])


def answer(body: str) -> Response:
    """Return options for the page's script; nobody keeps them."""
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def attempt(place: str, *, only: UUID | None = None) -> UUID:
    """Sign the person in by the passkey's answer in this form, and return the member's id.

    Raises what `proofs.attempt` raises.
    """
    return proofs.attempt(lambda: prove(place), method=NAME, only=only)


def prove(place: str) -> Proof:
    """Return what the answer in this form proves. Raises NotProven, or Refused."""
    adapter = _adapter()
    challenge = proofs.take(place, request.form.get("challenge", ""))
    sent = {"credential": request.form.get("credential", "")}
    return adapter.verify(scope.db(), proofs.context(), challenge, sent, now=scope.now())


def _adapter() -> Adapter:
    adapter = scope.rooms().adapters.get(NAME)
    if adapter is None:
        raise NotFound("carrier.not_found")
    return adapter


def is_offered() -> bool:
    """Say whether passkeys are taken here."""
    return NAME in scope.rooms().adapters


def has_one(member_id: UUID) -> bool:
    """Say whether the member could sign in with a passkey now."""
    return is_offered() and bindings.has_usable(scope.db(), member_id, CarrierKind.PASSKEY)


def failed_words(refused: Refused) -> str:
    """Say that it did not work; never why."""
    if refused.code == "challenge.expired":
        return pages.say("這一頁放太久了，請再按一次。")
    return pages.say("通行密鑰沒有通過，請再試一次，或改用密碼。")


def trouble(problem: LoginLocked | Refused) -> tuple[str, int]:
    """Return the words and the status for an attempt that failed."""
    if isinstance(problem, LoginLocked):
        return login.locked_words(problem), 429
    return failed_words(problem), 200
